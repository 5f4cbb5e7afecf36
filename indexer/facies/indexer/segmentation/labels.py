"""Labels from a file of any of the three forms, alone or for several images under one table of classes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from facies.core.errors import ClassTableError, LabelsError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.label_image import label_image_pixels, read_label_ids
from facies.indexer.segmentation.label_points import mark_points, parse_points
from facies.indexer.segmentation.labelled_pixels import UNLABELLED, LabelledPixels
from facies.indexer.segmentation.strokes import draw_strokes, parse_strokes

MAX_TEXT_BYTES: Final = 64 * 2**20
"""Of a file of strokes or points: hours of drawing fill a hundredth of it."""
FORMS: Final = (".json", ".png", ".csv")
_ID: Final = re.compile(r"[0-9]{1,3}")


def read_labels(
    path: Path, shape: tuple[int, int], *, unlabelled: int = UNLABELLED, table: ClassTable | None = None
) -> LabelledPixels:
    """Read the labels of one image; strokes in ``.json``, a label image in ``.png``, points in ``.csv``.

    Args:
        path: of the file; its suffix says what it is.
        shape: height and width of the image in pixels.
        unlabelled: the value of label images that says nothing.
        table: the classes; without one they follow from the file, see `find_table`.

    Raises:
        LabelsError: the file cannot be used; what is wrong is listed at once.
        NoLabelsError: it labels nothing.
        UnknownClassError: it has classes that the table lacks.
        ClassTableError: no table was given and none follows from the file.
        MaskError, ImageError: a label image is no PNG of ids, or damaged.
        MaskSizeError: a label image is of another size than the image.
    """
    table = table or find_table([path], unlabelled=unlabelled)
    data, form, where = _read(path), _form(path), path.name
    if form == ".png":
        ids = read_label_ids(data, where, unlabelled=unlabelled, table=table)
        return label_image_pixels(ids, shape, table, where, unlabelled=unlabelled)
    if form == ".csv":
        return mark_points(parse_points(data, where), shape, table, where)
    return draw_strokes(parse_strokes(data, where), shape, table, where)


def find_table(paths: Iterable[Path], *, unlabelled: int = UNLABELLED) -> ClassTable:
    """Find the classes that files of labels speak of together, where nobody gave a table.

    A table that a file of strokes brings counts for all. Otherwise ids become classes in rising order, or names in
    the order of letters with ids from 0; a number in quotes is an id.

    Raises:
        ClassTableError: files bring different tables, or have names and ids side by side.
        LabelsError, MaskError, ImageError: a file cannot be read.
    """
    tables: list[ClassTable] = []
    words: set[int | str] = set()
    for path in paths:
        data, form = _read(path), _form(path)
        if form == ".png":
            values = np.unique(read_label_ids(data, path.name, unlabelled=unlabelled))
            words |= {int(value) for value in values if value != unlabelled}
        elif form == ".csv":
            words |= set(parse_points(data, path.name).words)
        else:
            file = parse_strokes(data, path.name)
            words |= file.words
            tables += [file.table] if file.table is not None else []
    if tables:
        if any(table != tables[0] for table in tables):
            raise ClassTableError("the files of labels bring different tables of classes; give one that counts for all")
        return tables[0]
    ids = {int(word) for word in words if isinstance(word, int) or _ID.fullmatch(word)}
    names = {word for word in words if isinstance(word, str) and not _ID.fullmatch(word)}
    if ids and names:
        raise ClassTableError(
            f"labels have ids ({_few(ids)}) and names ({_few(names)}) side by side; give a table of classes that says "
            "which name has which id"
        )
    return ClassTable.of_names(sorted(names)) if names else ClassTable.of_ids(ids)


def _form(path: Path) -> str:
    form = path.suffix.lower()
    if form not in FORMS:
        raise LabelsError(
            path.name,
            [f"labels are read from {', '.join(FORMS)}, not from {form or 'a file without a suffix'}"],
            "Export strokes as JSON, a label image as PNG, or points as CSV.",
        )
    return form


def _read(path: Path) -> bytes:
    limit = MAX_TEXT_BYTES if _form(path) != ".png" else 16 * MAX_TEXT_BYTES
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise LabelsError(path.name, [f"it cannot be read ({error.strerror or error})"]) from error
    if len(data) > limit:
        raise LabelsError(path.name, [f"it has more than {limit:,} bytes"], "Divide it.")
    return data


def _few(words: Iterable[int | str]) -> str:
    every = sorted(words, key=str)
    return ", ".join(map(str, every[:5])) + (" ..." if len(every) > 5 else "")
