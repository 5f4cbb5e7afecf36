"""Every strip and tile of a TIFF page accounted for before one is decoded."""

from __future__ import annotations

import math
from typing import Any

from facies.core.decoders.guards import check_pixels
from facies.core.decoders.raster_headers import MAX_JPEG_SCANS, count_jpeg_scans
from facies.core.decoders.tiff_layout import JPEG, UNCOMPRESSED
from facies.core.errors import ImageTooLargeError, UnreadableImageError

_MAX_SAMPLE_BYTES = 8
"""Bytes per pixel of the limit, for all samples together: four of 16 bits each in the largest image allowed."""
_SMALLEST_TILE_LIMIT = 1 << 20
_JPEG_PADDING_PX = 16
"""A JPEG strip or tile may be larger than its place by the padding of one block of subsampled colour."""


def check_memory(page: Any, name: str, max_pixels: int) -> None:
    """Refuse tiles and samples that need far more memory than the pixels of the page."""
    if page.is_tiled:
        check_pixels(f"a tile of {name}", page.tilewidth, page.tilelength, max(max_pixels, _SMALLEST_TILE_LIMIT))
        if page.tiledepth != 1:
            raise UnreadableImageError(name, f"its tiles are {page.tiledepth} slices deep, expected 1")
    elif page.rowsperstrip < 1:
        raise UnreadableImageError(name, "its strips have no rows")
    size = page.imagewidth * page.imagelength * page.samplesperpixel * page.dtype.itemsize
    limit = max_pixels * _MAX_SAMPLE_BYTES
    if size > limit:
        raise ImageTooLargeError(name, size, limit, unit="bytes of samples")


def check_segments(page: Any, name: str, data: bytes) -> None:
    """Account for every strip or tile: all there, all inside the file, none missing."""
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    samples = 1 if page.planarconfig == 2 else page.samplesperpixel
    if page.is_tiled:
        width, height = page.tilewidth, page.tilelength
        expected = math.ceil(page.imagewidth / width) * math.ceil(page.imagelength / height)
    else:
        width, height = page.imagewidth, min(page.rowsperstrip, page.imagelength)
        expected = math.ceil(page.imagelength / height)
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) != expected * planes or len(counts) != expected * planes:
        raise UnreadableImageError(
            name, f"it lists {min(len(offsets), len(counts))} strips or tiles, expected {expected * planes}"
        )
    for index, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        needed = count
        if page.compression == UNCOMPRESSED:
            # Writers are known to round the count of the last strip up; what counts is that its rows are there.
            rows = height if page.is_tiled else min(height, page.imagelength - index % expected * height)
            needed = rows * math.ceil(width * samples * page.bitspersample / 8)
        if offset < 1 or count < 1:
            raise UnreadableImageError(name, f"strip or tile {index} is missing")
        if offset + needed > len(data):
            raise UnreadableImageError(
                name,
                f"it is truncated: strip or tile {index} ends at byte {offset + needed:,}, the file at {len(data):,}",
            )
        if page.compression == JPEG:
            _check_jpeg(data[offset : offset + count], name, index, width, height)


def _check_jpeg(segment: bytes, name: str, index: int, width: int, height: int) -> None:
    """Refuse a JPEG strip or tile that is cut short or larger than its place: libjpeg would fill it in with grey."""
    if b"\xff\xd9" not in segment:
        raise UnreadableImageError(name, f"strip or tile {index} is a truncated JPEG stream")
    if count_jpeg_scans(segment) > MAX_JPEG_SCANS:
        raise UnreadableImageError(name, f"strip or tile {index} holds more than {MAX_JPEG_SCANS} scans")
    got_width, got_height = _jpeg_frame(segment)
    if not (0 < got_width <= width + _JPEG_PADDING_PX and 0 < got_height <= height + _JPEG_PADDING_PX):
        raise UnreadableImageError(
            name, f"strip or tile {index} is a JPEG stream of {got_width} x {got_height}, expected {width} x {height}"
        )


def _jpeg_frame(segment: bytes) -> tuple[int, int]:
    """Width and height of the frame in a JPEG stream; (0, 0) where it has none of the kinds that libjpeg decodes."""
    at = 2
    while at + 9 <= len(segment) and segment[at] == 0xFF:
        marker = segment[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width = int.from_bytes(segment[at + 5 : at + 7]), int.from_bytes(segment[at + 7 : at + 9])
            return width, height
        at += 2 + int.from_bytes(segment[at + 2 : at + 4])
    return 0, 0
