"""The chain of pages, against tifffile and against chains that no writer makes."""

from __future__ import annotations

import io
import struct
from typing import Literal

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.decoders import tiff_directory
from facies.core.decoders.tiff_directory import Directory, read_directories
from facies.core.errors import ImageTooLargeError, UnreadableImageError

LIMIT = 10_000
BYTE_ORDERS: tuple[Literal["<", ">"], ...] = ("<", ">")


def directories_at(*offsets: int, width: int = 4, height: int = 3) -> bytes:
    """A TIFF file whose pages lie 40 bytes apart; each leads to the offset given for it."""
    body = b"".join(
        struct.pack("<HHHIIHHIII", 2, 256, 4, 1, width, 257, 4, 1, height, offset).ljust(40, b"\0")
        for offset in offsets
    )
    return struct.pack("<2sHI", b"II", 42, 8) + body


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=5),
    bigtiff=st.booleans(),
    byteorder=st.sampled_from(BYTE_ORDERS),
)
def test_what_tifffile_writes_is_read(
    sizes: list[tuple[int, int]], bigtiff: bool, byteorder: Literal["<", ">"]
) -> None:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer, bigtiff=bigtiff, byteorder=byteorder) as writer:
        for width, height in sizes:
            writer.write(np.zeros((height, width), np.uint8), photometric="minisblack", metadata=None)
    found = read_directories(buffer.getvalue(), "a", LIMIT)
    assert [(page.width, page.height, page.is_image) for page in found] == [(*size, True) for size in sizes]
    with tifffile.TiffFile(io.BytesIO(buffer.getvalue())) as file:
        assert [page.offset for page in found] == [page.offset for page in file.pages]


@pytest.mark.parametrize(("subfiletype", "is_image"), [(0, True), (1, False), (2, True), (4, False), (5, False)])
def test_reduced_copies_and_masks_are_no_images(subfiletype: int, is_image: bool) -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((3, 4), np.uint8), subfiletype=0)
    data = bytearray(buffer.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        at = file.pages.first.tags[254].valueoffset
    data[at] = subfiletype  # tifffile does not write masks
    assert read_directories(bytes(data), "a", LIMIT)[0].is_image is is_image


def test_numbers_of_all_widths_are_read() -> None:
    assert read_directories(directories_at(0), "a", LIMIT) == [Directory(8, 4, 3, is_image=True)]


@pytest.mark.parametrize(("offsets", "page"), [((8,), 0), ((48, 8), 1), ((48, 88, 48), 2)])
def test_a_chain_that_loops_is_refused(offsets: tuple[int, ...], page: int) -> None:
    with pytest.raises(UnreadableImageError, match=f"loops after page {page}"):
        read_directories(directories_at(*offsets), "a", LIMIT)


@pytest.mark.parametrize("offset", [9_999, 2**32 - 1])
def test_a_chain_that_leaves_the_file_is_truncated(offset: int) -> None:
    with pytest.raises(UnreadableImageError, match="truncated: page 1 lies beyond the end of its 48 bytes"):
        read_directories(directories_at(offset), "a", LIMIT)


def test_a_file_without_pages_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="without pages"):
        read_directories(struct.pack("<2sHI", b"II", 42, 0), "a", LIMIT)


def test_more_pages_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_directory, "MAX_PAGES", 2)
    assert len(read_directories(directories_at(48, 0), "a", LIMIT)) == 2
    with pytest.raises(UnreadableImageError, match="more than 2 pages"):
        read_directories(directories_at(48, 88, 0), "a", LIMIT)


def test_a_page_without_a_size_or_above_the_limit_is_refused() -> None:
    with pytest.raises(UnreadableImageError, match="0 x 3 pixels"):
        read_directories(directories_at(0, width=0), "a", LIMIT)
    with pytest.raises(ImageTooLargeError, match="12,000 pixels"):
        read_directories(directories_at(0, width=4000), "a", LIMIT)


def test_a_page_of_countless_tags_is_refused() -> None:
    data = bytearray(directories_at(0))
    data[8:10] = b"\xff\xff"
    with pytest.raises(UnreadableImageError, match="65,535 tags"):
        read_directories(bytes(data), "a", LIMIT)


@given(st.binary(max_size=80))
def test_noise_raises_nothing_but_image_errors(noise: bytes) -> None:
    for head in (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"):
        try:
            assert read_directories(head + noise, "a", LIMIT)
        except (UnreadableImageError, ImageTooLargeError):
            continue
