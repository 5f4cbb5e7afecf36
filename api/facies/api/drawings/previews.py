"""Previews while somebody draws: a window by the strokes that are kept, as a small picture."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from facies.api.drawings.kept import KeptDrawing
from facies.api.drawings.pictures import open_picture
from facies.api.drawings.store import DrawingStore, find_picture
from facies.api.drawings.strokes import stroke_file
from facies.api.service import Service
from facies.core.renditions import encode_png
from facies.core.segmentation import ClassTable
from facies.core.wire_drawings import PreviewBody, PreviewOut, WindowBody
from facies.indexer.segmentation.preview import NamedWindow, PreviewOrder, StrokedPicture, Window


def preview(service: Service, drawing: str, picture: str, body: PreviewBody) -> tuple[PreviewOut, bytes]:
    """Name a window by the strokes that are kept.

    Returns:
        what is said of it, and a PNG file: ids of classes in red, uncertainty in green.

    Raises:
        DrawingNotFoundError, PictureNotFoundError: there is no such thing.
        FaciesError: as `facies.api.drawings.desk.PreviewDesk.name`.
    """
    begun = time.monotonic()
    store = DrawingStore.of(service.settings)
    found = store.get(drawing)
    shown = find_picture(found, picture)
    lessons, hashes = _lessons(service, store, found)
    asked = body.window
    order = PreviewOrder(
        picture=open_picture(service, store, found, shown),
        window=Window(asked.x, asked.y, asked.width, asked.height),
        lessons=lessons,
        table=found.table(),
        version=(found.id, hashes, tuple(one.id for one in found.classes)),
        task=found.task,
        kind=body.kind,
        smoothing_px=body.smoothing_px,
    )
    named = service.previews.name(service.settings, order, body.client, body.turn)
    told = PreviewOut(
        window=WindowBody(x=named.window.x, y=named.window.y, width=named.window.width, height=named.window.height),
        step=body.step,
        fractions=count_fractions(named.classes, order.table),
        uncertainty=round(float(named.uncertainty.mean()), 4),
        notes=[note[:300] for note in named.notes[:5]],
        seconds=round(time.monotonic() - begun, 3),
    )
    return told, picture_of(named, order.table, body.step)


def count_fractions(classes: NDArray[np.uint8], table: ClassTable) -> dict[int, float]:
    """Shares of the classes by id; those of which there is nothing are left out."""
    counts = np.bincount(classes.ravel(), minlength=len(table))
    shares = zip(table.ids.tolist(), (counts / classes.size).tolist(), strict=True)
    return {number: round(share, 5) for number, share in shares if share > 0}


def picture_of(named: NamedWindow, table: ClassTable, step: int) -> bytes:
    """Every so many pixels of a window as a PNG file: ids in red, uncertainty in green, 0 to 255."""
    classes, doubt = named.classes[::step, ::step], named.uncertainty[::step, ::step]
    pixels = np.full((*classes.shape, 3), 255, np.uint8)
    pixels[..., 0] = table.ids_of(classes)
    pixels[..., 1] = np.round(doubt * 255).clip(0, 255)
    return encode_png(pixels)


def _lessons(
    service: Service, store: DrawingStore, drawing: KeptDrawing
) -> tuple[list[StrokedPicture], tuple[tuple[str, str], ...]]:
    """All pictures with strokes, and the hashes of these: revisions begin anew with a picture that is added again."""
    lessons, hashes = [], []
    for one in drawing.pictures:
        read = store.read_strokes(drawing, one.id)
        if read.strokes.strokes:
            picture = open_picture(service, store, drawing, one)
            lessons.append(StrokedPicture(picture, stroke_file(drawing, one, read.strokes)))
            hashes.append((one.id, read.sha256))
    return lessons, tuple(hashes)
