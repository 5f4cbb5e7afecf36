"""Small pictures of the images that a report shows: made from originals, or read from a collection."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

from facies.core.errors import ImageError
from facies.core.images import decode_pages, make_thumbnail, sniff_format

if TYPE_CHECKING:
    from facies.core.blobs import BlobStore
    from facies.indexer.limits import Limits
    from facies.indexer.sources import SourceItem

THUMBNAIL_PX = 144
ReadThumbnail: TypeAlias = Callable[[str], bytes | None]
"""Gives the encoded picture of an image by its key, or None."""


def original_thumbnails(items: Mapping[str, SourceItem], limits: Limits) -> ReadThumbnail:
    """Make thumbnails from the files themselves, given by key; ``KEY#n`` is the n-th image of a file."""

    def read(key: str) -> bytes | None:
        file, _, page = (key, "", "") if key in items else key.rpartition("#")
        with suppress(ImageError, OSError):
            item = items[file]
            data = item.read_up_to(limits.max_file_bytes)
            pages = decode_pages(data, item.name, max_pixels=limits.max_pixels, draft_px=THUMBNAIL_PX)
            for image in islice(pages, int(page or 0), None):
                return make_thumbnail(image.pixels, THUMBNAIL_PX)
        return None

    return read


def stored_thumbnails(blobs: BlobStore) -> ReadThumbnail:
    """Read the thumbnails of a collection; a key is the id of an image."""

    def read(key: str) -> bytes | None:
        path = blobs.thumbnail(key)
        return None if path is None else path.read_bytes()

    return read


def to_data_uri(picture: bytes) -> str:
    """Put an encoded picture into an address of its own, so that a page needs no other file."""
    kind = (sniff_format(picture[:32]) or "JPEG").lower()
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
