"""Images from bytes: what they are, their identity, their pixels, safely.

Whatever the bytes are, the outcome is pixels of the whole image or an `ImageError` with a reason. The kind of file is
decided by its content, never by its name; the size is checked before anything of that size is allocated; a truncated
file is refused, never half decoded. Every function may be called from several threads at once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.decoders.footprint import estimate_peak_bytes
from facies.core.decoders.pixels import RgbImage
from facies.core.decoders.rasters import decode_raster
from facies.core.decoders.signatures import describe_foreign, sniff_format
from facies.core.decoders.tiff import decode_tiff_page
from facies.core.decoders.tiff_directory import Directory, read_directories
from facies.core.errors import UnreadableImageError
from facies.core.renditions import crop_image, encode_png, make_thumbnail

__all__ = [
    "DecodedImage",
    "RgbImage",
    "content_hash",
    "crop_image",
    "decode_image",
    "decode_pages",
    "encode_png",
    "estimate_memory",
    "image_id",
    "make_thumbnail",
    "sniff_format",
]

_NAMESPACE = uuid.UUID("5f0c2b8e-6d7a-5b43-9c61-0e4f1f7d2a90")
"""Fixed for ever: the ids of all images follow from it."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """One decoded image.

    Attributes:
        pixels: (height, width, 3) uint8, upright, alpha laid over white; fewer in each direction where a large JPEG
            file was decoded at a fraction of its size.
        sha256: hash of the file's bytes, 64 hexadecimal digits.
        page: zero-based page in a file of several; None where the file holds one image.
        format: JPEG, PNG, TIFF, WEBP, GIF or BMP.
        scaling: the rule that brought the values to 8 bits, e.g. ``uint8`` or ``uint16 / 65535``.
        width: of the image in the file, from left to right after orientation, in pixels.
        height: of the image in the file, from top to bottom after orientation, in pixels.
        clear: (height, width) bool, upright, the pixels that are wholly transparent; None where there are none.
    """

    pixels: RgbImage
    sha256: str
    page: int | None
    format: str
    scaling: str
    width: int
    height: int
    clear: NDArray[np.bool_] | None = None

    @property
    def id(self) -> str:
        """The image's id, see `image_id`."""
        return image_id(self.sha256, self.page)


def content_hash(data: bytes) -> str:
    """SHA-256 of the bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def image_id(sha256: str, page: int | None = None) -> str:
    """The id of an image: a UUIDv5 that follows from the content alone, so the same bytes have the same id everywhere.

    Args:
        sha256: hash of the file's bytes.
        page: zero-based page in a file of several; None where the file holds one image.

    Example:
        >>> image_id("0" * 64) == image_id("0" * 64), image_id("0" * 64) == image_id("0" * 64, page=0)
        (True, False)
    """
    return str(uuid.uuid5(_NAMESPACE, sha256 if page is None else f"{sha256}#{page}"))


def decode_pages(
    data: bytes, name: str, *, max_pixels: int, draft_px: int | None = None, sha256: str | None = None
) -> Iterator[DecodedImage]:
    """Decode every image of a file, one at a time as they are asked for.

    Only TIFF holds several; of an animation the first frame is taken. Reduced copies and masks inside a TIFF are no
    images of their own and are passed over; pages keep their number in the file.

    Args:
        data: the whole file.
        name: what to call it in errors.
        max_pixels: limit for each image, compared with the headers of all pages before the first is decoded.
        draft_px: a JPEG file whose shorter side has at least twice as many pixels is decoded at 1/2, 1/4 or 1/8 of its
            size, the smallest of them that leaves the shorter side so many; None decodes everything whole.
        sha256: `content_hash` of the file, where the caller has it.

    Yields:
        the images in the order of the file, at least one.

    Raises:
        UnreadableImageError: not an image of a known format, damaged, truncated, or of a kind that is not read.
        ImageTooLargeError: a header declares more than `max_pixels` pixels.
    """
    for page in _list_pages(data, name, max_pixels, sha256):
        yield _decode_page(data, name, page, max_pixels, draft_px)


def estimate_memory(data: bytes, *, draft_px: int | None = None) -> int:
    """Bytes that decoding the largest image of a file takes beside the file itself, from its headers; rather too many.

    Args:
        data: the whole file; of one that is no image the answer is 0.
        draft_px: as `decode_pages`.
    """
    fmt = sniff_format(data[:32])
    return 0 if fmt is None else estimate_peak_bytes(data, fmt, draft_px)


def decode_image(
    data: bytes, name: str, *, max_pixels: int, page: int | None = None, draft_px: int | None = None
) -> DecodedImage:
    """Decode one image of a file.

    Args:
        data: the whole file.
        name: what to call it in errors.
        max_pixels: limit, compared with the header before decoding.
        page: zero-based page in a file of several; None takes the first image.
        draft_px: as `decode_pages`.

    Raises:
        UnreadableImageError: as `decode_pages`, or the file has no such page.
        ImageTooLargeError: as `decode_pages`.
    """
    pages = _list_pages(data, name, max_pixels)
    if page is None:
        return _decode_page(data, name, pages[0], max_pixels, draft_px)
    for listed in pages:
        if listed.number == page or (listed.number is None and page == 0):
            return _decode_page(data, name, listed, max_pixels, draft_px)
    raise UnreadableImageError(name, f"it has no page {page}; its {len(pages)} images count from page 0")


@dataclass(frozen=True, slots=True)
class _Page:
    """One image of a file: its format, its number as ids carry it, and for TIFF its directory."""

    format: str
    sha256: str
    number: int | None = None
    directory: Directory | None = None


def _list_pages(data: bytes, name: str, max_pixels: int, sha256: str | None = None) -> list[_Page]:
    """Find the images of a file, from its headers alone; at least one."""
    fmt = sniff_format(data[:32])
    if fmt is None:
        raise UnreadableImageError(name, describe_foreign(data[:32]))
    sha256 = sha256 or content_hash(data)
    if fmt != "TIFF":
        return [_Page(fmt, sha256)]
    numbered = list(enumerate(read_directories(data, name, max_pixels)))
    images = [pair for pair in numbered if pair[1].is_image] or numbered
    if len(images) == 1:
        return [_Page(fmt, sha256, directory=images[0][1])]
    return [_Page(fmt, sha256, number, directory) for number, directory in images]


def _decode_page(data: bytes, name: str, page: _Page, max_pixels: int, draft_px: int | None) -> DecodedImage:
    label = name if page.number is None else f"page {page.number} of {name}"
    if page.directory is None:
        raster = decode_raster(data, label, page.format, max_pixels, draft_px)
    else:
        raster = decode_tiff_page(data, label, page.directory, max_pixels)
    height, width = raster.pixels.shape[:2]
    width, height = raster.size or (width, height)
    return DecodedImage(
        raster.pixels, page.sha256, page.number, page.format, raster.scaling, width, height, raster.clear
    )
