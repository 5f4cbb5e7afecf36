"""Sizes and chunks read ahead of Pillow, against files that Pillow wrote."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facies.core.decoders.raster_headers import MAX_JPEG_SCANS, count_jpeg_scans, gif_size, still_png, webp_size
from facies.core.errors import UnreadableImageError


def encode(fmt: str, size: tuple[int, int] = (7, 5), mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 1).save(buffer, fmt, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 600),
    height=st.integers(1, 600),
    mode=st.sampled_from(["RGB", "RGBA"]),
    lossless=st.booleans(),
)
def test_the_size_of_every_kind_of_webp_is_read(width: int, height: int, mode: str, lossless: bool) -> None:
    assert webp_size(encode("WEBP", (width, height), mode, lossless=lossless, method=0), "a") == (width, height)


@pytest.mark.parametrize("data", [b"", b"RIFF\x10\0\0\0WEBP", b"RIFF\x10\0\0\0WEBPICCP" + bytes(40)])
def test_a_webp_without_an_image_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImageError, match="first WebP chunk"):
        webp_size(data, "a")


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 300), height=st.integers(1, 300), comment=st.binary(max_size=600))
def test_the_size_of_a_gif_is_read_past_its_extensions(width: int, height: int, comment: bytes) -> None:
    data = encode("GIF", (width, height), "P", comment=comment, transparency=0, duration=30)
    assert gif_size(data, "a") == (width, height)


def test_a_frame_that_leaves_the_screen_counts_in_full() -> None:
    data = bytearray(encode("GIF", (7, 5), "L"))
    frame = data.index(b",\0\0\0\0\x07\0\x05\0")
    struct.pack_into("<HH", data, frame + 1, 60_000, 50_000)
    assert gif_size(bytes(data), "a") == (60_007, 50_005)


@given(st.binary(max_size=60))
def test_noise_behind_a_gif_signature_is_measured_or_refused(noise: bytes) -> None:
    try:
        width, height = gif_size(b"GIF89a" + noise, "a")
    except UnreadableImageError:
        return
    assert width >= 0
    assert height >= 0


def test_scans_are_counted_up_to_the_end_of_the_image() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    assert 5 < count_jpeg_scans(data) < 20
    film = b"\xff\xda" * 1000
    assert count_jpeg_scans(data + film) == count_jpeg_scans(data)
    thumbnail = b"\xff\xe1" + (2 + len(film)).to_bytes(2) + film
    assert count_jpeg_scans(data[:2] + thumbnail + data[2:]) == count_jpeg_scans(data)


def test_thousands_of_scans_are_seen() -> None:
    data = encode("JPEG")
    start = data.index(b"\xff\xda")
    assert count_jpeg_scans(data[:start] + data[start:-2] * 200 + data[-2:]) == 200 > MAX_JPEG_SCANS


def test_a_still_png_keeps_all_but_the_animation() -> None:
    plain = encode("PNG")
    assert still_png(plain, "a") == plain
    moving = encode("PNG", save_all=True, append_images=[Image.new("RGB", (7, 5), 9)])
    still = still_png(moving, "a")
    assert b"acTL" in moving
    assert not any(kind in still for kind in (b"acTL", b"fcTL", b"fdAT"))
    assert still.count(b"IDAT") == moving.count(b"IDAT")


def test_a_wrong_checksum_is_refused_where_pixels_follow_from_it() -> None:
    data = bytearray(encode("PNG"))
    data[data.index(b"IDAT") + 6] ^= 1
    with pytest.raises(UnreadableImageError, match="its IDAT chunk at byte 33 is damaged"):
        still_png(bytes(data), "a")
    comment = bytearray(chunk(b"tEXt", b"Comment\0fine"))
    comment[-1] ^= 1
    plain = encode("PNG")
    assert still_png(plain[:33] + bytes(comment) + plain[33:], "a")


def test_a_png_begins_with_its_header() -> None:
    with pytest.raises(UnreadableImageError, match="expected IHDR"):
        still_png(b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"a\0b"), "a")
