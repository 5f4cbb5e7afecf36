"""JPEG, PNG, WebP, GIF and BMP: every mode comes out as 8-bit RGB over white, upright."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, ImageFile, PngImagePlugin

from facies.core.decoders.pixels import RgbImage, orient
from facies.core.decoders.raster_headers import MAX_JPEG_SCANS
from facies.core.decoders.rasters import FORMATS, decode_raster
from facies.core.errors import ImageTooLargeError, UnreadableImageError

LIMIT = 1_000_000


def encode(image: Image.Image, fmt: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, fmt, **options)
    return buffer.getvalue()


def encode_deep(samples: NDArray[np.uint16]) -> bytes:
    return bytes(imagecodecs.png_encode(samples[..., 0] if samples.shape[2] == 1 else samples))


def decode(data: bytes, fmt: str = "PNG") -> RgbImage:
    return decode_raster(data, "it", fmt, LIMIT).pixels


def gradient() -> RgbImage:
    y, x = np.mgrid[:40, :56]
    return np.stack([x * 4, y * 6, (x + y) * 2], axis=-1).astype(np.uint8)


def over_white(image: Image.Image) -> NDArray[np.int64]:
    sheet = Image.new("RGBA", image.size, "white")
    sheet.alpha_composite(image.convert("RGBA"))
    return np.asarray(sheet.convert("RGB")).astype(int)


# --- PNG ---


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png_is_laid_over_white(mode: str) -> None:
    image = Image.fromarray(gradient()).convert(mode)
    if mode in {"LA", "RGBA"}:
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    assert np.abs(decode(encode(image)) - over_white(image)).max() <= 1


@pytest.mark.parametrize("transparency", [0, bytes(range(0, 256, 16))])
def test_a_transparent_palette_is_laid_over_white(transparency: int | bytes) -> None:
    image = Image.fromarray(gradient()).quantize(16)
    data = encode(image, transparency=transparency)
    image.info["transparency"] = transparency
    assert np.abs(decode(data) - over_white(image)).max() <= 1


def test_a_transparent_colour_is_white() -> None:
    image = Image.new("RGB", (3, 1), (10, 20, 30))
    image.putpixel((1, 0), (200, 0, 0))
    assert decode(encode(image, transparency=(200, 0, 0))).tolist() == [[[10, 20, 30], [255] * 3, [10, 20, 30]]]
    grey = Image.fromarray(np.array([[5, 77]], np.uint8))
    assert decode(encode(grey, transparency=77)).tolist() == [[[5] * 3, [255] * 3]]


@settings(max_examples=40, deadline=None)
@given(arrays(np.uint16, st.tuples(st.integers(1, 8), st.integers(1, 8), st.sampled_from([1, 2, 3, 4]))))
def test_16_bit_png_is_divided_by_65535(samples: NDArray[np.uint16]) -> None:
    channels = samples.shape[2]
    raster = decode_raster(encode_deep(samples), "it", "PNG", LIMIT)
    assert raster.scaling == "uint16 / 65535"
    share = samples[..., -1:] / 65535 if channels in {2, 4} else 1.0
    colours = samples[..., : 1 if channels < 3 else 3]
    expected = np.broadcast_to(255 * (colours / 65535 * share + 1 - share), (*samples.shape[:2], 3))
    assert np.abs(raster.pixels - expected).max() <= 0.5 + 1e-9


def test_16_bit_grey_written_by_pillow_is_divided_by_65535() -> None:
    values = np.array([[0, 257, 32768, 65535]], np.uint16)
    assert decode(encode(Image.fromarray(values)))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_a_transparent_16_bit_grey_is_white() -> None:
    values = np.array([[0, 30_000]], np.uint16)
    assert decode(encode(Image.fromarray(values), transparency=30_000))[0, :, 0].tolist() == [0, 255]


def test_a_broken_animation_leaves_the_still_image() -> None:
    data = encode(Image.fromarray(gradient()))
    control = bytearray(b"\0\0\0\x08acTL" + bytes(8) + b"\0\0\0\0")  # no frames: Pillow would warn
    assert np.array_equal(decode(data[:33] + bytes(control) + data[33:]), gradient())


def test_exif_orientation_of_png_is_heeded_in_both_its_forms() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(gradient())
    assert np.array_equal(decode(encode(image, exif=exif)), orient(gradient(), 6))
    block = exif.tobytes()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n", zip=True)
    assert np.array_equal(decode(encode(image, pnginfo=texts)), orient(gradient(), 6))


# --- JPEG ---


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "WEBP"])
def test_an_oriented_image_equals_the_upright_one(fmt: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    stored = Image.fromarray(orient(gradient(), inverse))
    quality = {"quality": 95, "subsampling": 0} if fmt == "JPEG" else {"lossless": True}
    pixels = decode(encode(stored, fmt, exif=exif, **quality), fmt)
    assert pixels.shape == gradient().shape
    assert np.abs(pixels.astype(int) - gradient()).max() <= (12 if fmt == "JPEG" else 0)


def test_grey_jpeg_has_three_equal_channels() -> None:
    pixels = decode(encode(Image.fromarray(gradient()).convert("L"), "JPEG"), "JPEG")
    assert (pixels == pixels[..., :1]).all()


def test_inks_of_jpeg_are_read_inverted_where_adobe_says_so_and_plain_where_nobody_does() -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 255))
    data = encode(image, "JPEG", quality=100)
    assert np.abs(decode(data, "JPEG")[0, 0].astype(int) - (0, 0, 0)).max() <= 2
    start = data.index(b"\xff\xee")
    bare = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4]) :]
    assert b"Adobe" not in bare
    assert np.abs(decode(bare, "JPEG")[0, 0].astype(int) - (255, 0, 0)).max() <= 2


def test_damaged_exif_is_no_reason_to_refuse_or_to_warn() -> None:
    exif = Image.Exif()
    exif[0x0112] = 1
    exif[0x011A] = 300.0
    data = bytearray(encode(Image.fromarray(gradient()), "JPEG", exif=exif))
    start = data.index(b"Exif\0\0") + 6
    data[start + 8 : start + 10] = b"\xff\xff"
    data[start + 20 : start + 40] = b"\xff" * 20
    assert decode(bytes(data), "JPEG").shape == gradient().shape


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encode(Image.fromarray(gradient()), "JPEG")
    start = data.index(b"\xff\xda")
    with pytest.raises(UnreadableImageError, match=f"more than {MAX_JPEG_SCANS} scans"):
        decode(data[:start] + data[start:-2] * 500 + data[-2:], "JPEG")


# --- GIF, BMP, WebP ---


def test_the_transparent_part_of_a_gif_is_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 0, 0])
    image.putpixel((1, 0), 1)
    assert decode(encode(image, "GIF", transparency=1), "GIF").tolist() == [[[10, 20, 30], [255] * 3]]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_every_mode_of_bmp_is_read(mode: str) -> None:
    image = Image.fromarray(gradient()).convert(mode)
    assert np.array_equal(decode(encode(image, "BMP"), "BMP"), np.asarray(image.convert("RGB")))


def test_webp_with_alpha_is_laid_over_white() -> None:
    image = Image.fromarray(gradient()).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    data = encode(image, "WEBP", lossless=True, exact=True)
    assert np.abs(decode(data, "WEBP") - over_white(image)).max() <= 1


@pytest.mark.parametrize("fmt", ["GIF", "WEBP"])
def test_canvases_that_pillow_would_warn_of_are_refused(fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableImageError, match="is read up to 100 pixels; save it as PNG or TIFF"):
        decode(encode(Image.fromarray(gradient()), fmt), fmt)


def test_a_canvas_is_measured_before_it_is_allocated() -> None:
    data = bytearray(encode(Image.fromarray(gradient()), "WEBP", exif=b"Exif\0\0II*\0"))
    data[24:30] = b"\xff\xff\0\xff\xff\0"
    with pytest.raises(ImageTooLargeError, match="4,294,967,296 pixels"):
        decode(bytes(data), "WEBP")


def test_large_images_are_converted_in_blocks_without_a_seam() -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (700, 3000, 3), dtype=np.uint8)
    assert np.array_equal(
        decode_raster(encode(Image.fromarray(pixels), compress_level=1), "it", "PNG", 10**7).pixels, pixels
    )


def test_truncated_files_are_never_completed() -> None:
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    assert {"JPEG", "PNG", "WEBP", "GIF", "BMP"} == FORMATS
