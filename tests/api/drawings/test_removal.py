"""What is taken away is gone, whatever comes in between; and nothing goes from under a job."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from facies.api.drawings import pictures
from facies.api.drawings.pictures import keep_picture
from facies.api.drawings.removal import delete_drawing, remove_picture
from facies.api.drawings.runs import start_run
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.tiles import lay_out
from facies.api.jobs import cancel_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import DrawingInUseError, DrawingNotFoundError, PictureNotFoundError, QueryError, StorageError
from facies.core.images import RgbImage
from facies.core.wire_drawings import RunBody


def left(store: DrawingStore) -> list[Path]:
    """What lies beside the drawings."""
    return [path for path in store.root.iterdir() if path.name.startswith(".")]


def once(act: Callable[[], None]) -> Callable[[], None]:
    acts = [act]
    return lambda: acts.pop()() if acts else None


@pytest.mark.parametrize("killed_before", ["put_aside", "sweep"])
def test_strokes_do_not_come_back_with_a_picture_that_is_added_again(
    *,
    service: Service,
    store: DrawingStore,
    drawing: str,
    picture: str,
    png: bytes,
    monkeypatch: pytest.MonkeyPatch,
    killed_before: str,
) -> None:
    """The power goes when the drawing is written, and its files are not yet removed."""
    with monkeypatch.context() as patched:
        patched.setattr(DrawingStore, "sweep", lambda self: None)
        if killed_before == "put_aside":
            patched.setattr(DrawingStore, "put_aside", lambda self, folder: None)
        remove_picture(service, drawing, picture)
    assert store.get(drawing).pictures == []
    keep_picture(service, drawing, "core.png", png)
    assert store.strokes(store.get(drawing), picture).strokes == []
    assert left(store) == []


def test_a_picture_that_is_added_again_meanwhile_stays(
    *,
    service: Service,
    store: DrawingStore,
    drawing: str,
    picture: str,
    png: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweep = DrawingStore.sweep
    add_again = once(lambda: keep_picture(service, drawing, "core.png", png))

    def sweep_late(self: DrawingStore) -> None:
        add_again()
        sweep(self)

    monkeypatch.setattr(DrawingStore, "sweep", sweep_late)
    remove_picture(service, drawing, picture)
    found = store.get(drawing)
    assert store.original(found, found.pictures[0]).read_bytes() == png


def test_a_drawing_that_is_deleted_meanwhile_gets_no_picture(
    *, service: Service, store: DrawingStore, drawing: str, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:

    def delete_first(pixels: RgbImage, folder: Path) -> None:
        delete_drawing(service, drawing)
        lay_out(pixels, folder)

    monkeypatch.setattr(pictures, "lay_out", delete_first)
    with pytest.raises(DrawingNotFoundError):
        keep_picture(service, drawing, "core.png", png)
    assert list(store.root.iterdir()) == []


def test_a_picture_too_many_leaves_no_files(
    *,
    service: Service,
    store: DrawingStore,
    drawing: str,
    picture: str,
    gallery: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "MOST_PICTURES", 1)
    other = next(gallery.rglob("*.png")).read_bytes()
    with pytest.raises(QueryError, match="at most 1 pictures"):
        keep_picture(service, drawing, "other.png", other)
    monkeypatch.setattr(pictures, "MOST_PICTURES", 2)

    def refuse(self: DrawingStore, drawing: object) -> None:
        raise StorageError(self.root, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(DrawingStore, "keep", refuse)
        with pytest.raises(StorageError):
            keep_picture(service, drawing, "other.png", other)
    store.sweep()
    assert [path.name for path in (store.folder(drawing) / "pictures").iterdir()] == [picture]
    assert left(store) == []


def test_nothing_is_taken_from_a_job_that_is_not_over(
    service: Service, store: DrawingStore, drawing: str, picture: str
) -> None:
    job = start_run(service, drawing, RunBody(), Actor("Ann"))
    for take in (partial(remove_picture, service, drawing, picture), partial(delete_drawing, service, drawing)):
        with pytest.raises(DrawingInUseError, match=rf"{job.id} reads it and is queued"):
            take()
    found = store.get(drawing)
    assert store.original(found, found.pictures[0]).is_file()
    cancel_job(service, job.id)
    remove_picture(service, drawing, picture)
    with pytest.raises(PictureNotFoundError):
        remove_picture(service, drawing, picture)
    delete_drawing(service, drawing)
    assert list(store.root.iterdir()) == []
