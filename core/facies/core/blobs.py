"""The small files beside the catalogue: thumbnails by image id, and copies of uploaded originals by content hash.

A file is complete or absent: it is written under another name and renamed into place. Names follow from the content, so
writing the same thing twice changes nothing, and two processes may do so at once. An upload is flushed to the disk, and
its name after it, since it may be the only copy. A thumbnail is not, since flushing takes longer than making it again:
a power cut can leave it empty, and an empty one counts as absent.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facies.core.errors import StorageError
from facies.core.flushing import flush

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp"}
_IMAGE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_THUMBNAIL, _OLD_THUMBNAIL = ".jpg", ".webp"
"""Suffix of the thumbnails that are written, and of those that older releases wrote; both are read."""
_PART = ".part-"
"""Begins the name of a file that is being written."""
_numbers = itertools.count()
"""Tells apart the files that the threads of this process write at the same moment."""


class BlobStore:
    """Files under one root: ``thumbnails/<2 digits>/<image id>.jpg`` and ``uploads/<2 digits>/<sha256>.<suffix>``.

    Nothing is created before the first write. Safe to use from several threads and processes.
    """

    def __init__(self, root: Path) -> None:
        self._thumbnails = root / "thumbnails"
        self._uploads = root / "uploads"

    def put_thumbnail(self, image_id: str, data: bytes) -> None:
        """Store the thumbnail of an image, a JPEG file, in place of an earlier one.

        Raises:
            ValueError: `image_id` is not a UUID.
            StorageError: the disk is full or the folder cannot be written.
        """
        _write(self._thumbnail_path(image_id), data, flush=False)

    def thumbnail(self, image_id: str) -> Path | None:
        """Path of the image's thumbnail; None where there is none, or where `image_id` is no id at all.

        It ends in ``.jpg``, or in ``.webp`` where an older release wrote it.
        """
        if not _IMAGE_ID.fullmatch(image_id):
            return None
        path = self._thumbnail_path(image_id)
        return next((one for one in (path, path.with_suffix(_OLD_THUMBNAIL)) if _is_filled(one)), None)

    def remove_thumbnail(self, image_id: str) -> None:
        """Remove the thumbnail of an image; there need not be one.

        Raises:
            ValueError: `image_id` is not a UUID.
            StorageError: the folder cannot be written.
        """
        path = self._thumbnail_path(image_id)
        _remove(path)
        _remove(path.with_suffix(_OLD_THUMBNAIL))

    def put_upload(self, sha256: str, format: str, data: bytes) -> Path:
        """Keep a copy of an uploaded original; return where it lies. The same bytes are kept once.

        Args:
            sha256: hash of `data`, 64 hexadecimal digits.
            format: as decoded from the content: JPEG, PNG, TIFF, WEBP, GIF or BMP.
            data: the whole file.

        Raises:
            ValueError: `sha256` is not a hash, or `format` is none of these.
            StorageError: the disk is full or the folder cannot be written.
        """
        if not _SHA256.fullmatch(sha256) or format not in _SUFFIXES:
            raise ValueError(f"expected a SHA-256 and one of {', '.join(_SUFFIXES)}, got {sha256!r} and {format!r}")
        path = self._uploads / sha256[:2] / f"{sha256}{_SUFFIXES[format]}"
        if path.is_file() and path.stat().st_size == len(data):
            with _storage_errors(path):
                os.utime(path)  # whoever clears away old copies sees that this one is wanted again
        else:
            _write(path, data, flush=True)
            _flush_names(path, self._uploads.parent)
        return path

    def is_upload(self, path: Path) -> bool:
        """Whether a path lies among the uploads, so that it is ours to remove."""
        return path.resolve().is_relative_to(self._uploads.resolve())

    def remove_upload(self, path: Path) -> None:
        """Remove a copy that `put_upload` made; it need not be there any more.

        Raises:
            ValueError: the path lies outside the uploads; other people's originals are never removed.
            StorageError: the folder cannot be written.
        """
        if not self.is_upload(path):
            raise ValueError(f"{path} is not under {self._uploads}: only copies of uploads are removed")
        _remove(path)

    def old_thumbnails(self, older_than_s: float) -> Iterator[str]:
        """Ids of the images whose thumbnail was written at least so long ago."""
        for path in _old(self._thumbnails.glob("??/*"), older_than_s):
            if _IMAGE_ID.fullmatch(path.stem) and path.suffix in {_THUMBNAIL, _OLD_THUMBNAIL}:
                yield path.stem

    def old_uploads(self, older_than_s: float) -> Iterator[tuple[str, Path]]:
        """Copies of uploads that were last put at least so long ago, each with the hash of its content."""
        for path in _old(self._uploads.glob("??/*"), older_than_s):
            if _SHA256.fullmatch(path.stem) and path.suffix in _SUFFIXES.values():
                yield path.stem, path

    def remove_old_parts(self, older_than_s: float) -> int:
        """Remove half-written files that a kill left at least so long ago; give their number.

        Raises:
            StorageError: the folder cannot be written.
        """
        removed = 0
        for folder in (self._thumbnails, self._uploads):
            for path in list(_old(folder.glob(f"??/{_PART}*"), older_than_s)):
                _remove(path)
                removed += 1
        return removed

    def _thumbnail_path(self, image_id: str) -> Path:
        if not _IMAGE_ID.fullmatch(image_id):
            raise ValueError(f"expected a UUID in lower case as the id of an image, got {image_id!r}")
        return self._thumbnails / image_id[:2] / f"{image_id}{_THUMBNAIL}"


def _write(path: Path, data: bytes, *, flush: bool) -> None:
    temporary = path.with_name(f"{_PART}{os.getpid()}-{next(_numbers)}-{time.monotonic_ns()}")
    with _storage_errors(path):
        try:
            handle = _create(temporary)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if flush:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            # Interrupted or out of space: the half-written file must not stay and take up what is left.
            with suppress(OSError):
                temporary.unlink()
            raise


def _create(path: Path) -> int:
    """Open a new file for writing, in a folder that is made where it is missing; most of the time it is there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _is_filled(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size > 0


def _flush_names(path: Path, top: Path) -> None:
    """Flush the folders from the one that holds a file up to ``top``: a new name survives a power cut only then."""
    with _storage_errors(path):
        for folder in path.parents:
            flush(folder)
            if folder == top:
                return


def _old(paths: Iterable[Path], older_than_s: float) -> Iterator[Path]:
    """Of these paths the files that nobody has written or touched for so long."""
    latest = time.time() - older_than_s
    return (path for path in paths if _last_touched(path) <= latest)


def _last_touched(path: Path) -> float:
    """When a file was last written or touched, in seconds; infinity for what is no file, or just went away."""
    with _storage_errors(path):
        try:
            status = path.stat()
        except FileNotFoundError:
            return math.inf
        return status.st_mtime if stat.S_ISREG(status.st_mode) else math.inf


def _remove(path: Path) -> None:
    with _storage_errors(path):
        path.unlink(missing_ok=True)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
