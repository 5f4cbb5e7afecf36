"""Ordinary JPEG through libjpeg-turbo: the pixels of Pillow, whole and reduced; everything else is left alone."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facies.core.decoders.jpeg import decode_ordinary_jpeg, draft_reduction, read_jpeg_frame
from facies.core.decoders.pixels import RgbImage, orient
from facies.core.decoders.rasters import decode_raster
from facies.core.errors import ImageTooLargeError

LIMIT = 10**7


def scene(width: int, height: int) -> RgbImage:
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(width).integers(0, 40, (height, width, 3))
    ramp = np.stack([x * 200 // width, y * 200 // height, (x + y) * 200 // (width + height)], axis=-1)
    return (ramp + noise).astype(np.uint8)


def encode(pixels: RgbImage, mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def pillow(data: bytes, reduction: int = 1) -> RgbImage:
    with Image.open(io.BytesIO(data)) as opened:
        if reduction > 1:
            opened.draft(None, (opened.width // reduction, opened.height // reduction))
        return np.asarray(opened.convert("RGB"))


@settings(max_examples=80, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    mode=st.sampled_from(["RGB", "L"]),
    quality=st.sampled_from([30, 80, 100]),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    progressive=st.booleans(),
    draft_px=st.none() | st.integers(1, 50),
)
def test_the_pixels_are_those_of_pillow(
    *, width: int, height: int, mode: str, quality: int, subsampling: str, progressive: bool, draft_px: int | None
) -> None:
    data = encode(scene(width, height), mode, quality=quality, subsampling=subsampling, progressive=progressive)
    raster = decode_ordinary_jpeg(data, "it", LIMIT, draft_px)
    assert raster is not None
    assert raster.size == (width, height)
    assert raster.scaling == "uint8"
    assert np.array_equal(raster.pixels, pillow(data, draft_reduction(width, height, draft_px)))


@pytest.mark.parametrize("subsampling", ["440", "411"])
@pytest.mark.parametrize("reduction", [1, 2, 8])
def test_rare_subsamplings_too(subsampling: str, reduction: int) -> None:
    data = simplejpeg.encode_jpeg(scene(161, 87), colorsubsampling=subsampling)
    raster = decode_ordinary_jpeg(data, "it", LIMIT, None if reduction == 1 else 87 // reduction)
    assert raster is not None
    assert np.array_equal(raster.pixels, pillow(data, reduction))


def test_colours_that_are_stored_as_rgb_are_taken_as_such() -> None:
    data = encode(scene(40, 30), keep_rgb=True, quality=100)
    raster = decode_ordinary_jpeg(data, "it", LIMIT, None)
    assert raster is not None
    assert np.array_equal(raster.pixels, pillow(data))


@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000), draft_px=st.integers(1, 2000))
def test_a_draft_keeps_the_shorter_side_and_no_more_than_it_must(width: int, height: int, draft_px: int) -> None:
    reduction = draft_reduction(width, height, draft_px)
    shorter = min(width, height)
    assert reduction in {1, 2, 4, 8}
    assert reduction == 1 or shorter / reduction >= draft_px
    assert reduction == 8 or shorter / (2 * reduction) < draft_px


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_draft_is_upright_and_knows_the_size_of_the_whole(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(scene(300, 200), exif=exif)
    raster = decode_ordinary_jpeg(data, "it", LIMIT, 40)
    assert raster is not None
    assert raster.size == ((300, 200) if orientation < 5 else (200, 300))
    assert np.array_equal(raster.pixels, orient(pillow(data, 4), orientation))


def test_the_limit_is_that_of_the_whole_image_also_for_a_draft() -> None:
    data = encode(scene(300, 200))
    with pytest.raises(ImageTooLargeError, match="60,000 pixels"):
        decode_ordinary_jpeg(data, "it", 59_999, 20)


def test_inks_are_left_to_pillow_and_drafted_there() -> None:
    data = encode(scene(300, 200), "CMYK")
    assert decode_ordinary_jpeg(data, "it", LIMIT, None) is None
    raster = decode_raster(data, "it", "JPEG", LIMIT, 40)
    assert (raster.pixels.shape, raster.size) == ((50, 75, 3), (300, 200))


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True), progressive=st.booleans(), draft_px=st.sampled_from([None, 10]))
def test_a_truncated_file_is_never_completed(where: float, progressive: bool, draft_px: int | None) -> None:
    data = encode(scene(80, 60), progressive=progressive)
    assert decode_ordinary_jpeg(data[: int(where * len(data))], "it", LIMIT, draft_px) is None


def test_what_libjpeg_warns_of_is_left_to_pillow() -> None:
    data = encode(scene(80, 60))
    start = data.index(b"\xff\xda")
    odd = data[:start] + b"\x00\x00\x00" + data[start:]  # junk between segments: libjpeg warns, Pillow passes over it
    assert decode_ordinary_jpeg(odd, "it", LIMIT, None) is None


def test_exif_that_goes_on_in_another_segment_is_put_together() -> None:
    exif = Image.Exif()
    exif[0x010E] = "x" * 40
    exif[0x0112] = 6
    data = encode(scene(30, 20), exif=exif)
    start = data.index(b"\xff\xe1")
    length = int.from_bytes(data[start + 2 : start + 4])
    body = data[start + 10 : start + 2 + length]
    halves = [b"\xff\xe1" + (8 + len(half)).to_bytes(2) + b"Exif\0\0" + half for half in (body[:30], body[30:])]
    split = data[:start] + b"".join(halves) + data[start + 2 + length :]
    for one in (data, split):
        frame = read_jpeg_frame(one)
        assert frame is not None
        assert (frame.width, frame.height, frame.orientation, frame.is_progressive) == (30, 20, 6, False)
    progressive = read_jpeg_frame(encode(scene(30, 20), progressive=True))
    assert progressive is not None
    assert progressive.is_progressive


def test_no_jpeg_is_no_ordinary_jpeg() -> None:
    for data in (b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + bytes(30), b"text"):
        assert read_jpeg_frame(data) is None
