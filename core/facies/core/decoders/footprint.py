"""How much memory decoding a file takes, estimated from its headers before anything is decoded."""

from __future__ import annotations

import struct

from facies.core.decoders.jpeg import draft_reduction, read_jpeg_frame
from facies.core.decoders.raster_headers import gif_size, webp_size
from facies.core.decoders.tiff_directory import read_directories
from facies.core.errors import ImageError

_PIXEL_BYTES = 3
_COEFFICIENT_BYTES = 6
"""Of a progressive JPEG file libjpeg holds all coefficients, three of two bytes for each pixel, until the last scan."""
_DECODER_BYTES = 16
"""For each pixel, of everything but ordinary JPEG: the decoder's own samples, a copy of them, and the result."""


def estimate_peak_bytes(data: bytes, fmt: str, draft_px: int | None) -> int:
    """What decoding the largest image of a file holds at its peak, beside the file itself; rather too much.

    Nothing is checked here: 0 where the header cannot be read, since decoding refuses such a file before it begins.

    Args:
        data: the whole file.
        fmt: JPEG, PNG, TIFF, WEBP, GIF or BMP.
        draft_px: as the file will be decoded, see `facies.core.decoders.jpeg.draft_reduction`.
    """
    if fmt == "JPEG":
        frame = read_jpeg_frame(data)
        if frame is not None:
            pixels = frame.width * frame.height
            reduction = draft_reduction(frame.width, frame.height, draft_px)
            copies = 2 if frame.orientation > 1 else 1
            kept = _COEFFICIENT_BYTES * pixels if frame.is_progressive else 0
            return kept + copies * _PIXEL_BYTES * pixels // reduction**2
    try:
        return _DECODER_BYTES * _largest_pixels(data, fmt)
    except (ImageError, struct.error):
        return 0


def _largest_pixels(data: bytes, fmt: str) -> int:
    match fmt:
        case "TIFF":
            return max(page.width * page.height for page in read_directories(data, "", 1 << 62))
        case "PNG":
            width, height = struct.unpack_from(">II", data, 16)
        case "WEBP":
            width, height = webp_size(data, "")
        case "GIF":
            width, height = gif_size(data, "")
        case "BMP" if data[14] == 12:
            width, height = struct.unpack_from("<HH", data, 18)
        case "BMP":
            width, height = struct.unpack_from("<ii", data, 18)
        case _:
            width, height = _jpeg_size(data)
    return abs(int(width) * int(height))


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """The size in the first frame header of a JPEG file that is no ordinary one, wherever it may stand."""
    at = 2
    while (at := data.find(b"\xff", at, 1 << 20)) >= 0:
        if data[at + 1 : at + 2] in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 1
    return 0, 0


_FRAME_MARKERS = frozenset(bytes([marker]) for marker in range(0xC0, 0xD0) if marker not in {0xC4, 0xC8, 0xCC})
