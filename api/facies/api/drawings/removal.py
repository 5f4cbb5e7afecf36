"""What is taken away: pictures of drawings, and drawings. Not from under a job that reads them."""

from __future__ import annotations

from collections.abc import Iterable

from facies.api.drawings.store import DrawingStore
from facies.api.service import Service
from facies.core.errors import DrawingInUseError, JobNotFoundError
from facies.core.wire_drawings import RunOut


def remove_picture(service: Service, drawing: str, picture: str) -> None:
    """Take a picture with its strokes out of a drawing.

    Raises:
        DrawingNotFoundError, PictureNotFoundError: there is no such thing.
        DrawingInUseError: a job that reads the picture is not over.
        StorageError: the disk refuses.
    """
    store = DrawingStore.of(service.settings)
    with store.locked(drawing):
        found = store.get(drawing)
        place = store.place(found, picture)
        _check_unused(service, [run for run in found.runs if picture in run.revisions])
        found.pictures = [one for one in found.pictures if one.id != picture]
        store.keep(found)
        store.put_aside(place)
    store.sweep()


def delete_drawing(service: Service, drawing: str) -> None:
    """Delete a drawing with all that it has; jobs and their files stay.

    Raises:
        DrawingNotFoundError: there is none of this id.
        DrawingInUseError: a job that reads its pictures is not over.
        StorageError: the disk refuses.
    """
    store = DrawingStore.of(service.settings)
    with store.locked(drawing):
        _check_unused(service, store.get(drawing).runs)
        store.put_aside(store.folder(drawing))
    store.sweep()


def _check_unused(service: Service, runs: Iterable[RunOut]) -> None:
    """Jobs read the drawing's own copies of pictures, so these stay until the jobs are over.

    Raises:
        DrawingInUseError: names the job that is not.
    """
    for run in runs:
        try:
            job = service.workspace.catalog.job(run.job)
        except JobNotFoundError:
            continue
        if not job.is_over:
            raise DrawingInUseError(job.id, job.state)
