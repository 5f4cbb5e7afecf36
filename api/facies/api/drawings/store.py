"""Drawings on the disk: a folder each. Every file is complete or absent, and safe when it is acknowledged.

::

    drawings/<id>/drawing.json
    drawings/<id>/pictures/<id>/original/<name>     a copy, so that nothing of the outside can take it away
    drawings/<id>/pictures/<id>/strokes.json
    drawings/<id>/pictures/<id>/view/               tiles and pixels; made again where they are missing
    drawings/.part-<random>/                        a picture that is being put together
    drawings/.gone-<random>/                        what was deleted, until its files are removed

Who changes something holds the drawing's lock, a file, which counts for all threads and processes. What is deleted is
renamed first, so that it is gone at once, whatever somebody still writes in it, and whenever the power goes.
"""

from __future__ import annotations

import fcntl
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from facies.api.drawings.kept import KeptDrawing, KeptPicture, first_classes
from facies.api.drawings.stroke_files import StrokeReader, StrokesRead
from facies.core.errors import DrawingNotFoundError, PictureNotFoundError, StorageError
from facies.core.flushing import flush
from facies.core.folders import make_folder
from facies.core.new_files import new_file
from facies.core.settings import Settings
from facies.core.wire_drawings import DrawingBody, RevisionOut, StrokesOut

DRAWINGS: Final = "drawings"
_ID: Final = re.compile(r"[0-9a-f]{12}")
_HEAD: Final = "drawing.json"
_STROKES: Final = "strokes.json"
_LOCK: Final = ".lock"
_GONE: Final = ".gone-"
_PART: Final = ".part-"
_DAY_S: Final = 24 * 3600.0
_reader: Final = StrokeReader()


class DrawingStore:
    """The drawings of one data folder. Safe for several threads and processes."""

    def __init__(self, root: Path) -> None:
        """Take the folder; it is made with the first drawing."""
        self.root = root

    @classmethod
    def of(cls, settings: Settings) -> DrawingStore:
        """That of a service."""
        return cls(settings.data_dir / DRAWINGS)

    def make(self, body: DrawingBody) -> KeptDrawing:
        """Keep a drawing without pictures.

        Raises:
            ClassTableError: its classes make no table.
            StorageError: the disk is full, or refuses.
        """
        now = datetime.now(UTC)
        drawing = KeptDrawing(
            id=secrets.token_hex(6),
            title=body.title,
            task=body.task,
            classes=body.classes or first_classes(body.task),
            created_at=now,
            changed_at=now,
        )
        drawing.table()
        make_folder(self.folder(drawing.id))
        _write(self.folder(drawing.id) / _HEAD, drawing)
        with _os_errors(self.root):  # the names of new folders: without them all in them may be lost with the power
            flush(self.root)
            flush(self.root.parent)
        return drawing

    def list(self) -> list[KeptDrawing]:
        """All of them, the one that was changed last first."""
        found = [self._read(path.parent.name) for path in self.root.glob(f"*/{_HEAD}")]
        return sorted((one for one in found if one is not None), key=lambda one: one.changed_at, reverse=True)

    def get(self, drawing: str) -> KeptDrawing:
        """One of them.

        Raises:
            DrawingNotFoundError: there is none of this id, or its file is damaged.
        """
        found = self._read(drawing)
        if found is None:
            raise DrawingNotFoundError(drawing)
        return found

    @contextmanager
    def changing(self, drawing: str) -> Iterator[KeptDrawing]:
        """Hold a drawing's lock, and keep what it was changed to when the context ends well.

        Raises:
            DrawingNotFoundError: there is none of this id.
            StorageError: the disk is full, or refuses; nothing was changed.
        """
        with self.locked(drawing):
            found = self.get(drawing)
            yield found
            self.keep(found)

    def keep(self, drawing: KeptDrawing) -> None:
        """Keep what a drawing was changed to; the caller holds the lock.

        Raises:
            StorageError: the disk is full, or refuses; nothing was changed.
        """
        drawing.changed_at = datetime.now(UTC)
        _write(self.folder(drawing.id) / _HEAD, drawing)

    @contextmanager
    def locked(self, drawing: str) -> Iterator[None]:
        """Hold a drawing's lock.

        Raises:
            DrawingNotFoundError: there is none of this id.
        """
        try:
            lock = (self.folder(drawing) / _LOCK).open("wb")
        except OSError as error:
            raise DrawingNotFoundError(drawing) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield  # closing the file lets go of it

    @contextmanager
    def new_place(self) -> Iterator[Path]:
        """Give a new folder to put something together in; what was not moved out of it goes at the end.

        Raises:
            StorageError: the disk is full, or refuses.
        """
        part = self.root / f"{_PART}{secrets.token_hex(6)}"
        try:
            with _os_errors(part):
                part.mkdir()
                yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def put_aside(self, folder: Path) -> None:
        """Take a folder away, if it is there; the caller holds the lock, and sweeps when it has let go of it.

        Raises:
            StorageError: the system refuses.
        """
        with _os_errors(folder), suppress(FileNotFoundError):
            folder.rename(self.root / f"{_GONE}{secrets.token_hex(6)}")
            flush(folder.parent)

    def sweep(self) -> None:
        """Remove what was put aside, and what kills have left; what cannot be removed waits for the next time."""
        yesterday = time.time() - _DAY_S
        for left in [*self.root.glob(f"{_GONE}*"), *self.root.glob(f"{_PART}*")]:
            with suppress(OSError):
                if left.name.startswith(_GONE) or left.stat().st_mtime < yesterday:
                    shutil.rmtree(left, ignore_errors=True)

    def folder(self, drawing: str) -> Path:
        """Where a drawing lies, whether it is there or not.

        Raises:
            DrawingNotFoundError: the id is none.
        """
        if not _ID.fullmatch(drawing):
            raise DrawingNotFoundError(drawing[:40])
        return self.root / drawing

    def place(self, drawing: KeptDrawing, picture: str) -> Path:
        """The folder of a picture that the drawing has."""
        return self.folder(drawing.id) / "pictures" / find_picture(drawing, picture).id

    def original(self, drawing: KeptDrawing, picture: KeptPicture) -> Path:
        """The copy of a picture's file."""
        return self.place(drawing, picture.id) / "original" / picture.name

    def strokes(self, drawing: KeptDrawing, picture: str) -> StrokesOut:
        """The strokes of a picture.

        Raises:
            PictureNotFoundError: the drawing has no such picture.
            StorageError: the file is damaged; nothing is taken for empty that is not.
        """
        return self.read_strokes(drawing, picture).strokes

    def read_strokes(self, drawing: KeptDrawing, picture: str) -> StrokesRead:
        """The strokes of a picture, with their hash.

        Raises:
            PictureNotFoundError, StorageError: as `strokes`.
        """
        return _reader.read(self.place(drawing, picture) / _STROKES)

    def tell_strokes(self, drawing: KeptDrawing, picture: str) -> RevisionOut:
        """How many strokes a picture has.

        Raises:
            PictureNotFoundError, StorageError: as `strokes`.
        """
        return _reader.tell(self.place(drawing, picture) / _STROKES)

    def write_strokes(self, drawing: KeptDrawing, picture: str, strokes: StrokesOut) -> None:
        """Keep the strokes of a picture; the caller holds the lock.

        Raises:
            StorageError: the disk is full, or refuses; those before are kept.
        """
        _write(self.place(drawing, picture) / _STROKES, strokes)

    def _read(self, drawing: str) -> KeptDrawing | None:
        try:
            return KeptDrawing.model_validate_json((self.folder(drawing) / _HEAD).read_bytes())
        except (OSError, ValidationError, DrawingNotFoundError):
            return None


def find_picture(drawing: KeptDrawing, picture: str) -> KeptPicture:
    """A picture of a drawing.

    Raises:
        PictureNotFoundError: it has none of this id.
    """
    for one in drawing.pictures:
        if one.id == picture:
            return one
    raise PictureNotFoundError(drawing.id, picture[:40], [one.id for one in drawing.pictures])


@contextmanager
def _os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def _write(path: Path, content: BaseModel) -> None:
    with new_file(path) as part:
        part.write_text(content.model_dump_json(), encoding="utf-8")
