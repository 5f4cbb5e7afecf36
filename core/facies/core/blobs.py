"""The small files beside the catalogue: thumbnails by image id, and copies of uploaded originals by content hash.

A file is complete or absent: it is written under another name, flushed to the disk, and renamed into place. Names
follow from the content, so writing the same thing twice changes nothing, and two processes may do so at once.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facies.core.errors import StorageError

_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp"}
_IMAGE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """Files under one root: ``thumbnails/<2 digits>/<image id>.webp`` and ``uploads/<2 digits>/<sha256>.<suffix>``.

    Nothing is created before the first write. Safe to use from several threads and processes.
    """

    def __init__(self, root: Path) -> None:
        self._thumbnails = root / "thumbnails"
        self._uploads = root / "uploads"

    def put_thumbnail(self, image_id: str, data: bytes) -> None:
        """Store the thumbnail of an image, in place of an earlier one.

        Raises:
            ValueError: `image_id` is not a UUID.
            StorageError: the disk is full or the folder cannot be written.
        """
        _write(self._thumbnail_path(image_id), data)

    def thumbnail(self, image_id: str) -> Path | None:
        """Path of the image's thumbnail; None where there is none, or where `image_id` is no id at all."""
        if not _IMAGE_ID.fullmatch(image_id):
            return None
        path = self._thumbnail_path(image_id)
        return path if path.is_file() else None

    def remove_thumbnail(self, image_id: str) -> None:
        """Remove the thumbnail of an image; there need not be one.

        Raises:
            ValueError: `image_id` is not a UUID.
            StorageError: the folder cannot be written.
        """
        _remove(self._thumbnail_path(image_id))

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
        if not (path.is_file() and path.stat().st_size == len(data)):
            _write(path, data)
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

    def _thumbnail_path(self, image_id: str) -> Path:
        if not _IMAGE_ID.fullmatch(image_id):
            raise ValueError(f"expected a UUID in lower case as the id of an image, got {image_id!r}")
        return self._thumbnails / image_id[:2] / f"{image_id}.webp"


def _write(path: Path, data: bytes) -> None:
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            # Interrupted or out of space: the half-written file must not stay and take up what is left.
            with suppress(OSError):
                Path(temporary).unlink()
            raise


def _remove(path: Path) -> None:
    with _storage_errors(path):
        path.unlink(missing_ok=True)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
