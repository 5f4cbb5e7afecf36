"""Labelled points in CSV: `row,column,class` or `x,y,class`, with a column `stroke` where points belong together."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import LabelsError, NoLabelsError, TaxonomyError
from facies.core.segmentation import ClassTable
from facies.core.taxonomy.table import read_rows
from facies.indexer.segmentation.labelled_pixels import LabelledPixels, collect_pixels

MAX_POINTS: Final = 2_000_000
_COLUMNS: Final = frozenset({"row", "column", "x", "y", "class", "stroke"})
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, eq=False)
class PointFile:
    """Labelled points of one image.

    Attributes:
        places: (n, 2) float64, row and column; whole numbers are centres of pixels.
        words: name or id of the class of each.
        strokes: (n,) int32; where the file has none, each point is a stroke of its own.
        lines: the line of the file that each stands in.
    """

    places: NDArray[np.float64]
    words: tuple[str, ...]
    strokes: NDArray[np.int32]
    lines: tuple[int, ...]


def parse_points(data: bytes, where: str) -> PointFile:
    """Read points from the bytes of a CSV file; all faults are found at once.

    Raises:
        LabelsError: it is not such a file.
        NoLabelsError: it has no points.
    """
    try:
        rows = list(read_rows(data, where, needs="class")[1])
    except TaxonomyError as error:
        raise LabelsError(where, [error.message], "Expected columns row,column,class or x,y,class.") from error
    if len(rows) > MAX_POINTS:
        raise LabelsError(where, [f"it has {len(rows):,} points, expected at most {MAX_POINTS:,}"], "Leave some out.")
    if not rows:
        raise NoLabelsError(where, "it has a header and no points")
    present = {column for _, row in rows for column in row}
    axes = ("row", "column") if present & {"row", "column"} else ("y", "x")
    faults = [f"the column {column!r} means nothing here" for column in sorted(present - _COLUMNS)]
    if present & {"x", "y"} and present & {"row", "column"}:
        faults.append("it has row and column beside x and y, expected one of the pairs")
    places = np.array([[_number(row.get(axis)) for axis in axes] for _, row in rows], np.float64)
    for at in np.flatnonzero(~np.isfinite(places).all(1)):
        number, row = rows[at]
        faults.append(f"line {number} has {axes[0]} {row.get(axes[0])!r} and {axes[1]} {row.get(axes[1])!r}")
    faults += [f"line {number} has no class" for number, row in rows if "class" not in row]
    strokes = [row.get("stroke", str(at)) for at, (_, row) in enumerate(rows)]
    faults += [
        f"line {number} has the stroke {stroke!r}, expected a whole number of 0 or more"
        for (number, _), stroke in zip(rows, strokes, strict=True)
        if not _NUMBER.fullmatch(stroke)
    ]
    if "stroke" in present and any("stroke" not in row for _, row in rows):
        faults.append("some points have a stroke and some have none")
    if faults:
        raise LabelsError(where, faults)
    words = tuple(row["class"] for _, row in rows)
    return PointFile(places, words, np.array(strokes, np.int32), tuple(number for number, _ in rows))


def mark_points(file: PointFile, shape: tuple[int, int], table: ClassTable, where: str) -> LabelledPixels:
    """Label the pixel that each point lies on.

    Args:
        file: the points.
        shape: height and width of the image in pixels.
        table: the classes.
        where: what the file is called.

    Raises:
        UnknownClassError: points are of classes that the table lacks; all are named.
        LabelsError: points lie outside the image; all are listed.
    """
    unknown = sorted({word for word in file.words if table.find(word) is None})
    if unknown:
        raise table.unknown(where, unknown)
    limits = np.array(shape, np.float64)
    outside = np.flatnonzero(((file.places < -0.5) | (file.places > limits)).any(1))
    if len(outside):
        faults = [
            f"line {file.lines[at]} is outside the image: row {file.places[at, 0]:g}, column {file.places[at, 1]:g}, "
            f"the image has {shape[0]} rows and {shape[1]} columns"
            for at in outside
        ]
        raise LabelsError(where, faults, "Are these the points of this image, in its own pixels?")
    pixels = np.clip(np.floor(file.places + 0.5), 0, limits - 1).astype(np.int64)
    index = {word: table.resolve(word) for word in set(file.words)}
    classes = np.array([index[word] for word in file.words], np.int32)
    return collect_pixels(pixels[:, 0] * shape[1] + pixels[:, 1], classes, file.strokes, table, shape, where=where)


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return math.nan
