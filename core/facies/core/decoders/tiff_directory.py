"""The chain of directories of a TIFF file: one per page, read in a few lines before any library touches the file.

It gives the declared size of every page ahead of decoding the first, and refuses what a decoder would follow for ever
or overlook: chains that loop, chains that lead out of the file, more pages than anyone scans.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from facies.core.decoders.guards import check_pixels
from facies.core.errors import UnreadableImageError

MAX_PAGES = 10_000
"""Most pages that one file may hold."""

_MAX_TAGS = 4096
_NEW_SUBFILE_TYPE, _WIDTH, _HEIGHT = 254, 256, 257
_REDUCED, _MASK = 1, 4
_NUMBER_CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}
"""TIFF field types that hold unsigned numbers, with their struct codes."""


@dataclass(frozen=True, slots=True)
class Directory:
    """One page as its directory declares it.

    Attributes:
        offset: where the directory lies in the file, in bytes.
        width: pixels, before orientation.
        height: pixels, before orientation.
        is_image: False for a reduced copy of another page and for a transparency mask.
    """

    offset: int
    width: int
    height: int
    is_image: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one of the two kinds of TIFF lays out a directory: struct codes, and bytes before an entry's value."""

    order: str
    tag_count: str
    pointer: str
    value_at: int

    def unpack(self, code: str, data: bytes, start: int) -> int:
        (value,) = struct.unpack_from(self.order + code, data, start)
        return int(value)

    @property
    def entry_bytes(self) -> int:
        return self.value_at + struct.calcsize(self.pointer)


def read_directories(data: bytes, name: str, max_pixels: int) -> list[Directory]:
    """Follow the chain of pages and check the declared size of each.

    Args:
        data: the whole file.
        name: what to call it in errors.
        max_pixels: limit for each page.

    Returns:
        every page of the chain, in order, at least one.

    Raises:
        UnreadableImageError: the chain loops, leaves the file, is empty, is longer than `MAX_PAGES`, or a page has no
            size.
        ImageTooLargeError: a page declares more than `max_pixels` pixels.

    Source: TIFF 6.0, section 2; BigTIFF as published by Aware Systems.
    """
    found: dict[int, Directory] = {}
    try:
        layout, offset = _read_header(data)
        while offset:
            if offset in found:
                raise UnreadableImageError(name, f"its chain of pages loops after page {len(found) - 1}")
            if len(found) == MAX_PAGES:
                raise UnreadableImageError(name, f"it holds more than {MAX_PAGES:,} pages; split it into several files")
            directory, offset = _read_directory(data, name, layout, offset)
            check_pixels(name, directory.width, directory.height, max_pixels)
            found[directory.offset] = directory
    except struct.error as error:
        reason = f"it is truncated: page {len(found)} lies beyond the end of its {len(data):,} bytes"
        raise UnreadableImageError(name, reason) from error
    if not found:
        raise UnreadableImageError(name, "it is a TIFF file without pages")
    return list(found.values())


def _read_header(data: bytes) -> tuple[_Layout, int]:
    order = "<" if data[:2] == b"II" else ">"
    if struct.unpack_from(order + "H", data, 2) == (43,):
        layout = _Layout(order, "Q", "Q", value_at=12)
        return layout, layout.unpack("Q", data, 8)
    layout = _Layout(order, "H", "I", value_at=8)
    return layout, layout.unpack("I", data, 4)


def _read_directory(data: bytes, name: str, layout: _Layout, offset: int) -> tuple[Directory, int]:
    """Read the page at `offset`; return it with the offset of the next one, 0 after the last."""
    if offset >= len(data):
        raise struct.error
    tags = layout.unpack(layout.tag_count, data, offset)
    if tags > _MAX_TAGS:
        raise UnreadableImageError(name, f"a page claims {tags:,} tags, expected at most {_MAX_TAGS:,}")
    start = offset + struct.calcsize(layout.tag_count)
    end = start + tags * layout.entry_bytes
    numbers: dict[int, int] = {}
    for at in range(start, end, layout.entry_bytes):
        tag, kind = struct.unpack_from(layout.order + "HH", data, at)
        count = layout.unpack(layout.pointer, data, at + 4)
        if tag in {_NEW_SUBFILE_TYPE, _WIDTH, _HEIGHT} and kind in _NUMBER_CODES and count == 1:
            numbers[tag] = layout.unpack(_NUMBER_CODES[kind], data, at + layout.value_at)
    is_image = not numbers.get(_NEW_SUBFILE_TYPE, 0) & (_REDUCED | _MASK)
    directory = Directory(offset, numbers.get(_WIDTH, 0), numbers.get(_HEIGHT, 0), is_image)
    return directory, layout.unpack(layout.pointer, data, end)
