"""Ordinary JPEG files through libjpeg-turbo (simplejpeg): twice as fast as through Pillow, and the same pixels.

Ordinary means 8 bits, grey or colour without inks, and nothing in the file that libjpeg would warn of. Whatever else
begins like a JPEG file is left to Pillow, which takes it or refuses it, so that both decoders need not agree on damage.

A large photograph can be decoded at a fraction of its size (scaled DCT): libjpeg then computes only the coarse part of
each block, which is several times faster and needs a fraction of the memory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import simplejpeg

from facies.core.decoders.exif import exif_orientation
from facies.core.decoders.guards import check_pixels
from facies.core.decoders.pixels import Raster, RgbImage, orient

_ORDINARY_COLOURS = frozenset({"Gray", "YCbCr", "RGB"})
_REDUCTIONS = (8, 4, 2)
_START_OF_SCAN = 0xDA
_APP1 = 0xE1
_STANDALONE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers without a length; none of them belongs before the first scan."""
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})


class JpegFrame(NamedTuple):
    """What the header of an ordinary JPEG file declares: pixels as stored, EXIF, and the order of its scans."""

    width: int
    height: int
    orientation: int
    is_progressive: bool


def draft_reduction(width: int, height: int, draft_px: int | None) -> int:
    """By how much a JPEG file is reduced while it is decoded: 8, 4, 2, or 1 for not at all.

    It is the largest reduction that leaves the shorter side at least `draft_px` pixels. The rule decides which pixels
    the network sees, so it belongs to the fingerprint of vectors made with it and must never change by itself.

    >>> [draft_reduction(side, 5000, 256) for side in (511, 512, 1023, 1024, 2048, 5000)]
    [1, 2, 2, 4, 8, 8]
    >>> draft_reduction(5000, 5000, None)
    1
    """
    if draft_px is None:
        return 1
    shorter = min(width, height)
    return next((reduction for reduction in _REDUCTIONS if shorter >= reduction * draft_px), 1)


def read_jpeg_frame(data: bytes) -> JpegFrame | None:
    """Read the header of an ordinary JPEG file; None where the file is anything else.

    Source: ITU-T T.81, annex B; Exif 2.3, section 4.5.
    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    if colours not in _ORDINARY_COLOURS:
        return None
    exif, is_progressive, at = b"", False, 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in _STANDALONE:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker == _START_OF_SCAN:
            return JpegFrame(int(width), int(height), exif_orientation(exif), is_progressive)
        if marker == _APP1 and data[at + 4 : at + 10] == b"Exif\0\0":
            exif += data[at + 10 : end]  # a block of more than 64 KiB goes on in the next segment
        is_progressive |= marker in _PROGRESSIVE
        at = end
    return None


def decode_ordinary_jpeg(data: bytes, name: str, max_pixels: int, draft_px: int | None) -> Raster | None:
    """Decode an ordinary JPEG file, upright; None where it is left to Pillow.

    Args:
        data: the whole file.
        name: what to call it in errors.
        max_pixels: limit, compared with the header before decoding.
        draft_px: see `draft_reduction`.

    Raises:
        UnreadableImageError, ImageTooLargeError: see `check_pixels`.
    """
    frame = read_jpeg_frame(data)
    if frame is None:
        return None
    check_pixels(name, frame.width, frame.height, max_pixels)
    pixels = _decode(data, frame, draft_reduction(frame.width, frame.height, draft_px))
    if pixels is None:
        return None
    return Raster(
        orient(pixels, frame.orientation), "uint8", upright_size(frame.width, frame.height, frame.orientation)
    )


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Width and height after an EXIF orientation is applied: 5 to 8 lay the image on its side."""
    return (height, width) if orientation >= 5 else (width, height)


def _decode(data: bytes, frame: JpegFrame, reduction: int) -> RgbImage | None:
    size = -(-frame.height // reduction), -(-frame.width // reduction)
    try:
        # Strict: what libjpeg only warns of (damaged or missing data, filled in with grey) is an error here.
        pixels: RgbImage = simplejpeg.decode_jpeg(
            data,
            "RGB",
            min_height=0 if reduction == 1 else size[0],
            min_width=0 if reduction == 1 else size[1],
            min_factor=1 if reduction == 1 else 2,  # it knows eighths in between, which are slower
            strict=True,
        )
    except ValueError:
        return None
    return pixels if pixels.shape == (*size, 3) and pixels.dtype == np.uint8 else None
