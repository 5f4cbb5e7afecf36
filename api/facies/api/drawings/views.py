"""Drawings as the API shows them, and what may be changed of one."""

from __future__ import annotations

from urllib.parse import quote

from facies.api.drawings.kept import KeptDrawing, KeptPicture, table_of
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.strokes import check_classes
from facies.api.drawings.tiles import TILE_PX, count_levels
from facies.core.errors import StorageError
from facies.core.wire_drawings import DrawingChange, DrawingOut, PictureOut, RevisionOut, TilesOut


def drawing_out(store: DrawingStore, drawing: KeptDrawing) -> DrawingOut:
    """A drawing with the paths on the API where its parts are."""
    return DrawingOut(
        id=drawing.id,
        title=drawing.title,
        task=drawing.task,
        classes=drawing.classes,
        pictures=[_picture_out(store, drawing, one) for one in drawing.pictures],
        runs=drawing.runs,
        created_at=drawing.created_at,
        changed_at=drawing.changed_at,
        path=_path(drawing),
    )


def change_drawing(store: DrawingStore, drawing: str, change: DrawingChange) -> None:
    """Change title or classes.

    Raises:
        DrawingNotFoundError: there is no such drawing.
        ClassTableError: the classes make no table.
        DrawingError: there are strokes of a class that would go.
    """
    with store.changing(drawing) as found:
        if change.title is not None:
            found.title = change.title
        if change.classes is not None:
            check_classes(store, found, table_of(change.classes))
            found.classes = change.classes


def _path(drawing: KeptDrawing) -> str:
    return f"/v1/drawings/{quote(drawing.id, safe='')}"


def _picture_out(store: DrawingStore, drawing: KeptDrawing, one: KeptPicture) -> PictureOut:
    problem = None
    try:
        told = store.tell_strokes(drawing, one.id)
    except StorageError as error:  # one damaged file must not hide all the rest
        told, problem = RevisionOut(revision=0, strokes=0, by_class={}), error.message
    path = f"{_path(drawing)}/pictures/{quote(one.id, safe='')}"
    return PictureOut(
        **one.model_dump(),
        revision=told.revision,
        strokes=told.strokes,
        by_class=told.by_class,
        problem=problem,
        path=path,
        tiles=TilesOut(path=f"{path}/tiles", size=TILE_PX, levels=count_levels(one.width, one.height)),
    )
