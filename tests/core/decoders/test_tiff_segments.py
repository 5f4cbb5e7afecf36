"""Strips and tiles that are missing, cut, or larger than their place."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile

from facies.core.decoders.tiff_segments import check_memory, check_segments
from facies.core.errors import ImageTooLargeError, UnreadableImageError


def written(**options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3), photometric="rgb", **options)
    return buffer.getvalue()


def check(data: bytes, **changes: Any) -> None:
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages.first
        for field, value in changes.items():
            setattr(page, field, value)
        check_memory(page, "a.tif", 10_000)
        check_segments(page, "a.tif", data)


LAYOUTS = [
    {"rowsperstrip": 10},
    {"rowsperstrip": 10, "compression": "lzw"},
    {"tile": (16, 16)},
    {"tile": (32, 16), "compression": "zlib"},
    {"rowsperstrip": 16, "compression": "jpeg"},
    {"tile": (32, 32), "compression": "jpeg"},
]


@pytest.mark.parametrize("options", LAYOUTS)
def test_a_whole_file_passes_and_every_loss_at_its_end_is_seen(options: dict[str, Any]) -> None:
    data = written(**options)
    check(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        end = max(o + c for o, c in zip(file.pages.first.dataoffsets, file.pages.first.databytecounts, strict=True))
        if end < len(data):
            pytest.skip("the samples do not end the file here, so cutting its end would cut tags")
    with pytest.raises(UnreadableImageError, match="truncated"):
        check(data[:-1])


@pytest.mark.parametrize("options", LAYOUTS)
def test_a_strip_or_tile_that_is_not_listed_is_missed(options: dict[str, Any]) -> None:
    data = written(**options)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        offsets, counts = file.pages.first.dataoffsets, file.pages.first.databytecounts
    with pytest.raises(
        UnreadableImageError, match=f"lists {len(offsets) - 1} strips or tiles, expected {len(offsets)}"
    ):
        check(data, dataoffsets=offsets[:-1], databytecounts=counts[:-1])
    with pytest.raises(UnreadableImageError, match="strip or tile 1 is missing"):
        check(data, dataoffsets=(offsets[0], 0, *offsets[2:]))
    with pytest.raises(UnreadableImageError, match="strip or tile 1 is missing"):
        check(data, databytecounts=(counts[0], 0, *counts[2:]))


def test_planes_are_counted_each() -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, np.zeros((3, 20, 30), np.uint8), photometric="rgb", planarconfig="separate", rowsperstrip=7
    )
    check(buffer.getvalue())
    with pytest.raises(UnreadableImageError, match="expected 9"):
        check(buffer.getvalue(), dataoffsets=(8,) * 8, databytecounts=(1,) * 8)


def test_a_count_that_was_rounded_up_beyond_the_file_loses_nothing() -> None:
    data = written(rowsperstrip=10)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        counts = file.pages.first.databytecounts
    check(data, databytecounts=(*counts[:-1], counts[0]))


def test_a_jpeg_strip_is_held_to_its_end_and_to_its_place() -> None:
    data = written(rowsperstrip=48, compression="jpeg")
    with pytest.raises(UnreadableImageError, match="truncated JPEG stream"):
        check(data.replace(b"\xff\xd9", b"\xff\xd0"))
    frame = data.index(b"\xff\xc0") + 5
    with pytest.raises(UnreadableImageError, match="JPEG stream of 60000 x 60000, expected 40 x 48"):
        check(data[:frame] + (60_000).to_bytes(2) * 2 + data[frame + 4 :])
    lossless = data[: frame - 4] + b"\xc3" + data[frame - 3 :]
    with pytest.raises(UnreadableImageError, match="JPEG stream of 0 x 0"):
        check(lossless)
    start, scan = data.index(b"\xff\xd8"), data.index(b"\xff\xda")
    many = data[scan : data.index(b"\xff\xd9")] * 150
    swollen = data[:scan] + many + data[scan:]
    with pytest.raises(UnreadableImageError, match="more than 100 scans"):
        check(swollen, databytecounts=(swollen.index(b"\xff\xd9") + 2 - start,), dataoffsets=(start,))


def test_memory_is_bounded_by_the_pixel_limit() -> None:
    data = written(tile=(16, 16))
    with pytest.raises(ImageTooLargeError, match=r"a tile of a\.tif has 4,294,967,296 pixels"):
        check(data, tilewidth=65_536, tilelength=65_536)
    with pytest.raises(ImageTooLargeError, match="bytes of samples"):
        check(data, samplesperpixel=60)
    with pytest.raises(UnreadableImageError, match="slices deep"):
        check(data, tiledepth=2)
    with pytest.raises(UnreadableImageError, match="no rows"):
        check(written(), rowsperstrip=0)
