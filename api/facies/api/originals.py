"""Originals of indexed images: read again, and proven to be what was indexed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from facies.core.errors import OriginalMissingError, UnreadableImageError
from facies.core.images import DecodedImage, content_hash, decode_image
from facies.core.records import ImageRecord
from facies.indexer.originals import explain, is_url, read_original


def read_checked(record: ImageRecord, *, max_bytes: int) -> bytes:
    """The bytes of an image's file.

    Raises:
        OriginalMissingError: it is gone, or another file has taken its place.
        ImageTooLargeError, UnreadableImageError: see `facies.indexer.originals.read_original`.
    """
    data = read_original(record.uri, max_bytes=max_bytes)
    if content_hash(data) != record.sha256:
        raise OriginalMissingError(record.uri)
    return data


def find_local_original(record: ImageRecord) -> Path | None:
    """The image's file where it lies on a local disk, read once to prove its content; None where it does not.

    Raises:
        OriginalMissingError: it is gone, or another file has taken its place.
        UnreadableImageError: it is there and cannot be read.
    """
    if is_url(record.uri):
        return None
    path = Path(record.uri)
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OriginalMissingError(record.uri) from error
    except OSError as error:
        raise UnreadableImageError(record.uri, explain(error)) from error
    if digest != record.sha256:
        raise OriginalMissingError(record.uri)
    return path


def decode_original(
    record: ImageRecord, *, max_pixels: int, max_bytes: int, draft_px: int | None = None
) -> DecodedImage:
    """The pixels of an image, from its original; ``draft_px`` as `facies.core.images.decode_image` takes it.

    Raises:
        OriginalMissingError, ImageTooLargeError, UnreadableImageError: see `read_checked`.
    """
    data = read_checked(record, max_bytes=max_bytes)
    return decode_image(data, record.uri, max_pixels=max_pixels, page=record.page, draft_px=draft_px)
