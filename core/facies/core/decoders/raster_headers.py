"""The few header fields of WebP, GIF and PNG that must be known, checked or dropped before Pillow opens a file."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from facies.core.errors import UnreadableImageError

MAX_JPEG_SCANS = 100
"""Encoders write about ten; thousands of tiny scans make a decoder go over the whole image thousands of times."""

_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
"""A marker among coded data, where 0xFF stands before 0x00, a restart or another 0xFF otherwise."""
_PNG_SIGNATURE_BYTES = 8
_PNG_FRAME_BYTES = 12
"""Length, kind and checksum around the content of a chunk."""
_CHECKED_CHUNKS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""The chunks that pixels follow from; a damaged comment is no reason to refuse an image."""
_ANIMATION_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})


def webp_size(data: bytes, name: str) -> tuple[int, int]:
    """Read width and height from the first chunk of a WebP file.

    Raises:
        UnreadableImageError: the first chunk is none that begins a WebP image.

    Source: RFC 9649 (WebP), sections 2.5 to 2.7; RFC 6386 (VP8), section 9.1.
    """
    kind, head = data[12:16], data[20:30]
    if len(head) == 10:
        if kind == b"VP8X":
            return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
        if kind == b"VP8L":
            bits = int.from_bytes(head[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 6)
            return width & 0x3FFF, height & 0x3FFF
    raise UnreadableImageError(name, f"its first WebP chunk is {kind!r}, expected VP8, VP8L or VP8X with a size")


def gif_size(data: bytes, name: str) -> tuple[int, int]:
    """Find the canvas of a GIF file's first frame: the declared screen, or more where the frame reaches beyond it.

    Raises:
        UnreadableImageError: the file ends before its first frame.

    Source: GIF89a specification (CompuServe, 1990), sections 17 to 25.
    """
    try:
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        at = 13 + _gif_palette_bytes(flags)
        while True:
            kind = data[at]
            if kind == 0x2C:
                left, top, across, down = struct.unpack_from("<HHHH", data, at + 1)
                return max(width, left + across), max(height, top + down)
            # An extension is one byte of label and blocks that say their own length; Pillow passes over other bytes.
            at = _after_gif_blocks(data, at + 2) if kind == 0x21 else at + 1
    except (IndexError, struct.error) as error:
        raise UnreadableImageError(name, "it ends before its first frame") from error


def _gif_palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_gif_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += 1 + data[at]
    return at + 1


def count_jpeg_scans(data: bytes) -> int:
    """Count the scans of a JPEG stream up to its end marker; thumbnails inside it and films behind it are not counted.

    Source: ITU-T T.81, annex B.
    """
    scans, at = 0, 2
    if data.count(b"\xff\xda") <= MAX_JPEG_SCANS:
        return data.count(b"\xff\xda")
    while found := _JPEG_MARKER.search(data, at):
        marker = data[found.start() + 1]
        if marker == 0xD9:
            break
        scans += marker == 0xDA
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return scans


def png_chunks(data: bytes, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Walk over the whole chunks of a PNG file, and check those of pixels: kind, start and end of each.

    Pillow and libpng both take pixels whose checksum is wrong.

    Raises:
        UnreadableImageError: the first chunk is no header, or such a chunk does not fit its checksum.

    Source: PNG specification, third edition (W3C, 2025), sections 5.3, 5.4 and 11.3.6.
    """
    if data[12:16] != b"IHDR":
        raise UnreadableImageError(name, f"its first PNG chunk is {data[12:16]!r}, expected IHDR")
    view, at = memoryview(data), _PNG_SIGNATURE_BYTES
    while at + _PNG_FRAME_BYTES <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + _PNG_FRAME_BYTES + length
        if end > len(data):
            return
        if kind in _CHECKED_CHUNKS and zlib.crc32(view[at + 4 : end - 4]).to_bytes(4) != data[end - 4 : end]:
            raise UnreadableImageError(name, f"its {kind.decode()} chunk at byte {at:,} is damaged (wrong checksum)")
        yield kind, at, end
        at = end


def still_png(data: bytes, name: str) -> bytes:
    """Check a PNG file's chunks, and drop its animation, of which Pillow warns where it is damaged.

    The still image is also Pillow's first frame.

    Raises:
        UnreadableImageError: see `png_chunks`.
    """
    kept, end = [data[:_PNG_SIGNATURE_BYTES]], _PNG_SIGNATURE_BYTES
    for kind, start, end in png_chunks(data, name):
        if kind not in _ANIMATION_CHUNKS:
            kept.append(data[start:end])
    return b"".join([*kept, data[end:]])
