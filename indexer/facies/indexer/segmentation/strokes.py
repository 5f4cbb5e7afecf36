"""Strokes in JSON: `{image, strokes: [{class, width, points}]}`, in pixels of the image."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import LabelsError, NoLabelsError
from facies.core.segmentation import ClassTable
from facies.core.segmentation.class_files import check_colours, class_table_of, list_classes
from facies.indexer.segmentation.labelled_pixels import LabelledPixels, collect_pixels
from facies.indexer.segmentation.stroke_drawing import cover_stroke

MAX_STROKES: Final = 20_000
MAX_POINTS: Final = 500_000
_FAR: Final = 1e9
"""No image reaches so far; what JSON writes as NaN or Infinity does not pass it either."""
_SHOWN: Final = 5
"""Ids that a message lists."""
_KEYS: Final = frozenset({"image", "strokes", "classes"})
_STROKE_KEYS: Final = frozenset({"id", "class", "width", "points"})


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One stroke of a brush.

    Attributes:
        id: its number, by which every message names it; where the file has none, its place in the file from 0.
        word: name or id of its class, as the file has it.
        width: of the brush, in pixels.
        points: (n, 2) float64, x from the left and y from the top; whole numbers are centres of pixels.
    """

    id: int
    word: int | str
    width: float
    points: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StrokeFile:
    """The strokes of one image.

    Attributes:
        image: what the image is called; empty where the file does not say.
        strokes: in the order of the file.
        table: the classes that the file itself brings, None where it brings none.
    """

    image: str
    strokes: tuple[Stroke, ...]
    table: ClassTable | None = None

    @property
    def words(self) -> set[int | str]:
        """The names and ids that strokes have."""
        return {stroke.word for stroke in self.strokes}


def parse_strokes(data: bytes, where: str) -> StrokeFile:
    """Read strokes from the bytes of a JSON file; all faults are found at once.

    Each stroke has a ``class`` (its name or id), a ``width`` in pixels and ``points`` [[x, y], ...]; it may have an
    ``id`` of its own. Beside ``strokes`` may stand ``image`` and ``classes``, a table of classes.

    Raises:
        LabelsError: it is not such a file.
        NoLabelsError: it has no strokes.
        ClassTableError: the classes that it brings are no table.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LabelsError(where, [f"it is not JSON ({error})"], "Export the strokes again.") from error
    if not isinstance(content, dict) or not isinstance(content.get("strokes"), list):
        raise LabelsError(
            where, ["it has no list `strokes`"], "Expected {image, strokes: [{class, width, points}, ...]}."
        )
    listed = content["strokes"]
    faults = [f"the key {key!r} means nothing here" for key in content if key not in _KEYS]
    if len(listed) > MAX_STROKES:
        raise LabelsError(where, [f"it has {len(listed):,} strokes, expected at most {MAX_STROKES:,}"])
    strokes = [_parse_stroke(one, at, faults) for at, one in enumerate(listed)]
    good = [stroke for stroke in strokes if stroke is not None]
    ids = [stroke.id for stroke in good]
    twice = [str(number) for number, count in Counter(ids).items() if count > 1]
    if twice:
        faults.append(
            f"several strokes have the same id: {', '.join(twice[:_SHOWN])}; one without has its place from 0"
        )
    if sum(len(stroke.points) for stroke in good) > MAX_POINTS:
        faults.append(f"it has more than {MAX_POINTS:,} points")
    image = content.get("image") or ""
    if not isinstance(image, str):
        faults.append(f"the image is {image!r}, expected its name")
    if faults:
        raise LabelsError(where, faults)
    if not good:
        raise NoLabelsError(where, "the list of strokes is empty")
    table = class_table_of(content["classes"], f"{where}, classes") if content.get("classes") else None
    if table is not None:
        check_colours(table, f"{where}, classes")
    return StrokeFile(image, tuple(good), table)


def draw_strokes(file: StrokeFile, shape: tuple[int, int], table: ClassTable, where: str) -> LabelledPixels:
    """Find the pixels under strokes, see `cover_stroke` and `collect_pixels` for the rules.

    Args:
        file: the strokes.
        shape: height and width of the image in pixels.
        table: the classes.
        where: what the file is called.

    Raises:
        UnknownClassError: strokes are of classes that the table lacks; all are named.
        LabelsError: strokes leave the image, or are wider than it; all are listed.
    """
    unknown = sorted({word for word in file.words if table.find(word) is None}, key=str)
    if unknown:
        raise table.unknown(where, unknown)
    faults = [fault for stroke in file.strokes for fault in find_misfits(stroke, shape)]
    if faults:
        raise LabelsError(where, faults, "Are these the strokes of this image, in its own pixels?")
    covered = [
        cover_stroke(stroke.points, stroke.width, shape, f"{where}, stroke {stroke.id}") for stroke in file.strokes
    ]
    counts = [len(places) for places in covered]
    classes = np.repeat(np.array([table.resolve(stroke.word) for stroke in file.strokes], np.int32), counts)
    strokes = np.repeat(np.array([stroke.id for stroke in file.strokes], np.int32), counts)
    return collect_pixels(np.concatenate(covered), classes, strokes, table, shape, where=where)


def write_strokes(file: StrokeFile, *, decimals: int = 2) -> str:
    """Write strokes as JSON, of which `parse_strokes` makes the same strokes, with points to so many decimals."""
    content: dict[str, Any] = {"image": file.image}
    if file.table is not None:
        content["classes"] = list_classes(file.table)
    content["strokes"] = [
        {"id": one.id, "class": one.word, "width": one.width, "points": one.points.round(decimals).tolist()}
        for one in file.strokes
    ]
    return json.dumps(content, ensure_ascii=False) + "\n"


def _parse_stroke(one: object, at: int, faults: list[str]) -> Stroke | None:
    if not isinstance(one, Mapping):
        faults.append(f"stroke {at} is no object with class, width and points")
        return None
    before = len(faults)
    number = one.get("id", at)
    has_id = type(number) is int and 0 <= number < 2**31
    place = f"stroke {number if has_id else at}"
    faults += [f"{place} has the key {key!r}, which means nothing here" for key in one if key not in _STROKE_KEYS]
    word, width = one.get("class"), one.get("width")
    if not has_id:
        faults.append(f"{place} has the id {number!r}, expected a whole number of 0 or more")
    if type(word) not in {int, str} or word == "":
        faults.append(f"{place} has the class {word!r}, expected a name or an id")
    if not isinstance(width, int | float) or isinstance(width, bool) or not 0 < width < _FAR:
        faults.append(f"{place} has the width {width!r}, expected more than 0 and less than {_FAR:,.0f} pixels")
    points = _parse_points(one.get("points"))
    if isinstance(points, str):
        faults.append(f"{place} {points}")
    if len(faults) > before or isinstance(points, str):
        return None
    return Stroke(int(number), word if isinstance(word, str) else int(word or 0), float(width or 0), points)


def _parse_points(listed: object) -> NDArray[np.float64] | str:
    """The points as an array, or what is wrong with them."""
    if not isinstance(listed, list) or not listed:
        return "has no points, expected [[x, y], ...]"
    for point in listed:
        if not isinstance(point, list) or len(point) != 2:
            return f"has the point {point!r}, expected [x, y]"
        if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in point):
            return f"has the point {point!r}, expected two numbers"
        if not all(abs(value) < _FAR for value in point):
            return f"has the point {point!r}, which lies nowhere"
    return np.array(listed, np.float64)


def find_misfits(stroke: Stroke, shape: tuple[int, int]) -> list[str]:
    """What of a stroke does not fit an image of a height and width, as sentences; nothing where all of it does."""
    height, width = shape
    left, top = stroke.points.min(0)
    right, bottom = stroke.points.max(0)
    found = []
    # The edges of pixels are at -0.5 where centres are whole numbers and at 0 where corners are: both are let through.
    if left < -0.5 or top < -0.5 or right > width or bottom > height:
        wholly = right < 0 or bottom < 0 or left > width or top > height
        found.append(
            f"stroke {stroke.id} lies {'' if wholly else 'partly '}outside the image: x {left:g} to {right:g}, y "
            f"{top:g} to {bottom:g}, the image has {width} x {height} pixels"
        )
    if stroke.width > max(shape):
        found.append(f"stroke {stroke.id} is {stroke.width:g} pixels wide, the image has {width} x {height}")
    return found
