"""The estimate of memory follows from headers, and is not below what decoding takes."""

from __future__ import annotations

import io
import tracemalloc
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from facies.core.decoders.footprint import estimate_peak_bytes
from facies.core.images import decode_image, estimate_memory


def encode(fmt: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = Image.new(mode, size, 90 if mode == "L" else None)
    if fmt == "TIFF":
        tifffile.imwrite(buffer, np.asarray(image), photometric="rgb")
    else:
        image.save(buffer, fmt, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"])
def test_every_format_is_estimated_by_its_size(fmt: str) -> None:
    small, large = (estimate_peak_bytes(encode(fmt, size), fmt, None) for size in ((40, 30), (400, 300)))
    assert large == 100 * small
    assert small >= 3 * 40 * 30


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF", "WEBP", "BMP"])
def test_decoding_takes_no_more_than_the_estimate(fmt: str) -> None:
    data = encode(fmt, (2000, 1000))
    tracemalloc.start()
    try:
        decode_image(data, fmt, max_pixels=10**7)
        _, peak = tracemalloc.get_traced_memory()  # arrays and Python's own; what C libraries take is not seen
    finally:
        tracemalloc.stop()
    assert peak <= estimate_memory(data) + len(data) + 2**20


def test_a_draft_takes_a_fraction_and_a_progressive_file_its_coefficients() -> None:
    baseline, progressive = encode("JPEG"), encode("JPEG", progressive=True)
    assert estimate_memory(baseline) == 3 * 400 * 300
    assert estimate_memory(baseline, draft_px=50) == 3 * 400 * 300 // 16
    assert estimate_memory(progressive, draft_px=50) == 6 * 400 * 300 + 3 * 400 * 300 // 16


def test_a_jpeg_that_is_left_to_pillow_is_estimated_as_the_rest() -> None:
    assert estimate_memory(encode("JPEG", mode="CMYK")) == 16 * 400 * 300


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"II*\0",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"BM" + bytes(12) + b"\x28\0\0\0",
    ],
)
def test_a_header_that_cannot_be_read_counts_nothing(data: bytes) -> None:
    assert estimate_memory(data) == 0


def test_an_os2_bitmap_has_short_sides() -> None:
    head = b"BM" + bytes(12) + b"\x0c\0\0\0" + (7).to_bytes(2, "little") + (5).to_bytes(2, "little")
    assert estimate_memory(head + bytes(4)) == 16 * 35
