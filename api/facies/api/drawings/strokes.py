"""Strokes of a picture: changed, brought in from a file, and given as one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from facies.api.drawings.kept import KeptDrawing, KeptPicture
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.drawings.stroke_files import tell
from facies.core.errors import ClassTableError, DrawingError, LabelsError
from facies.core.segmentation import ClassTable
from facies.core.segmentation.class_colours import colour_of, format_colour
from facies.core.wire_drawings import DrawingClass, RevisionOut, StrokeBody, StrokeChange, StrokeFileBody, StrokesOut
from facies.indexer.segmentation.labelled_pixels import UNLABELLED
from facies.indexer.segmentation.strokes import (
    MAX_POINTS,
    MAX_STROKES,
    Stroke,
    StrokeFile,
    draw_strokes,
    find_misfits,
    parse_strokes,
)


def change_strokes(store: DrawingStore, drawing: str, picture: str, change: StrokeChange) -> RevisionOut:
    """Take strokes away and add others; they are on the disk when this returns.

    A stroke that is there under the same id is replaced, one that is gone is not missed: a change may come twice.

    Raises:
        DrawingNotFoundError, PictureNotFoundError: there is no such thing.
        UnknownClassError: a stroke is of a class that the drawing lacks.
        LabelsError: a stroke leaves the picture, or there are too many.
        StorageError: the disk is full, or refuses; the strokes are as they were.
    """
    with store.locked(drawing):
        found = store.get(drawing)
        before = store.strokes(found, picture)
        check_strokes(found, find_picture(found, picture), change.add)
        gone = {*change.remove, *(one.id for one in change.add)}
        strokes = [one for one in before.strokes if one.id not in gone] + change.add
        after = StrokesOut(revision=before.revision + 1, strokes=strokes)
        _check_room(before, after)
        _write(store, found, picture, after)
    return tell(after)


def load_strokes(store: DrawingStore, drawing: str, picture: str, body: StrokeFileBody) -> None:
    """Add the strokes of a file, and those classes that it names and the drawing lacks.

    Raises:
        LabelsError, ClassTableError, UnknownClassError: the file cannot be used; nothing was changed.
        DrawingNotFoundError, PictureNotFoundError, StorageError: as `change_strokes`.
    """
    file = parse_strokes(json.dumps(body.model_dump(mode="json")).encode(), "the file")
    with store.locked(drawing):
        found = store.get(drawing)
        before = store.strokes(found, picture)
        free = _free_ids({one.id for one in before.strokes})
        added = [_body_of(found, file, one, next(free)) for one in file.strokes]
        check_strokes(found, find_picture(found, picture), added)
        after = StrokesOut(revision=before.revision + 1, strokes=before.strokes + added)
        _check_room(before, after)
        _write(store, found, picture, after)


def check_strokes(drawing: KeptDrawing, picture: KeptPicture, strokes: Sequence[StrokeBody]) -> None:
    """Refuse strokes that do not fit.

    Raises:
        UnknownClassError: of classes that the drawing lacks.
        LabelsError: they leave the picture, or two have one id.
    """
    table = drawing.table()
    unknown = sorted({one.class_id for one in strokes} - set(table.ids.tolist()))
    if unknown:
        raise table.unknown("the strokes", unknown)
    faults = [fault for one in strokes for fault in find_misfits(_stroke(one), (picture.height, picture.width))]
    twice = [str(number) for number, times in Counter(one.id for one in strokes).items() if times > 1]
    if twice:
        faults.append(f"several strokes have the same id: {', '.join(twice[:5])}")
    if faults:
        raise LabelsError(picture.name, faults, "Are these strokes of this picture, in its own pixels?")


def check_classes(store: DrawingStore, drawing: KeptDrawing, table: ClassTable) -> None:
    """Refuse a table that lacks a class of which there are strokes.

    Raises:
        DrawingError: names the class.
    """
    kept = set(table.ids.tolist())
    for picture in drawing.pictures:
        for number, many in store.tell_strokes(drawing, picture.id).by_class.items():
            if number not in kept:
                name = next((one.name for one in drawing.classes if one.id == number), str(number))
                raise DrawingError(
                    f"{many} strokes on {picture.name} are of the class {name!r}; erase them first, then the class "
                    "can go"
                )


def stroke_file(drawing: KeptDrawing, picture: KeptPicture, strokes: StrokesOut) -> StrokeFile:
    """Strokes as files have them, with the classes."""
    return StrokeFile(picture.name, tuple(_stroke(one) for one in strokes.strokes), drawing.table())


def paint_strokes(drawing: KeptDrawing, picture: KeptPicture, strokes: StrokesOut) -> NDArray[np.uint8]:
    """Strokes as a label image (height, width) of class ids; 255 where nothing is drawn.

    Raises:
        NoLabelsError: there are none.
    """
    file = stroke_file(drawing, picture, strokes)
    return draw_strokes(file, (picture.height, picture.width), drawing.table(), picture.name).image()


def _check_room(before: StrokesOut, after: StrokesOut) -> None:
    """Refuse more than a picture may have and a job would take; what makes it less is never refused.

    Raises:
        LabelsError: there would be too many strokes, or points.
    """
    faults = [
        f"it would have {now:,} {what}, expected at most {most:,}"
        for what, most, then, now in (
            ("strokes", MAX_STROKES, len(before.strokes), len(after.strokes)),
            ("points", MAX_POINTS, _count_points(before), _count_points(after)),
        )
        if now > max(most, then)
    ]
    if faults:
        raise LabelsError("the picture", faults, "Take some strokes away first.")


def _write(store: DrawingStore, drawing: KeptDrawing, picture: str, strokes: StrokesOut) -> None:
    """Keep a drawing with the strokes of one of its pictures; the caller holds the lock.

    The drawing goes first: a class without strokes does no harm where the power goes in between, strokes without their
    class would.
    """
    store.keep(drawing)
    store.write_strokes(drawing, picture, strokes)


def _count_points(strokes: StrokesOut) -> int:
    return sum(len(one.points) for one in strokes.strokes)


def _stroke(one: StrokeBody) -> Stroke:
    return Stroke(one.id, one.class_id, one.width, np.array(one.points, np.float64))


def _points(one: Stroke) -> list[tuple[float, float]]:
    return [(round(float(x), 2), round(float(y), 2)) for x, y in one.points]


def _body_of(drawing: KeptDrawing, file: StrokeFile, one: Stroke, number: int) -> StrokeBody:
    """A stroke of a file as drawings have it, under another number; its class becomes one of the drawing's.

    Raises:
        LabelsError: no drawing takes such a stroke, or such a class.
        UnknownClassError, ClassTableError: as `_class_of`.
    """
    try:
        class_id = _class_of(drawing, file, one.word)
        return StrokeBody(id=number, class_id=class_id, width=one.width, points=_points(one))
    except ValidationError as error:
        faults = [f"stroke {one.id}, {found['loc'][0]}: {found['msg']}" for found in error.errors()]
        raise LabelsError("the file", faults) from error


def _free_ids(used: set[int]) -> Iterator[int]:
    return (number for number in count() if number not in used)


def _class_of(drawing: KeptDrawing, file: StrokeFile, word: int | str) -> int:
    """The id of the drawing's class that a file means by a word, which becomes one of them where it is none.

    Names decide where the file has them, since ids are numbered anew by every tool.

    Raises:
        UnknownClassError: the file has a table of classes, and the word is not in it.
        ClassTableError: there would be more classes than ids.
    """
    meant = None if file.table is None else file.table.classes[file.table.resolve(word, "the file")]
    table = drawing.table()
    known = table.find(word if meant is None else meant.name)
    if known is not None:
        return table.classes[known].id
    number = next(_free_ids({one.id for one in drawing.classes}))
    if number >= UNLABELLED:
        raise ClassTableError(f"the file brings more classes than the {UNLABELLED} that a drawing may have")
    taken = {one.colour for one in drawing.classes}
    wanted = [] if meant is None else [format_colour(meant.colour)]
    colours = chain(wanted, (format_colour(colour_of(at)) for at in count(number)))
    name = str(word) if meant is None else meant.name
    drawing.classes.append(DrawingClass(id=number, name=name, colour=next(one for one in colours if one not in taken)))
    return number
