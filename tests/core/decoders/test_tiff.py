"""TIFF of every kind that is read, against the arithmetic that its tags ask for."""

from __future__ import annotations

import io
import logging
import math
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from facies.core.decoders.pixels import Raster, RgbImage, cmyk_to_rgb, orient
from facies.core.decoders.tiff import decode_tiff_page
from facies.core.decoders.tiff_directory import read_directories
from facies.core.errors import UnreadableImageError

LIMIT = 1_000_000


def decode_in(data: bytes) -> Raster:
    return decode_tiff_page(data, "a.tif", read_directories(data, "a.tif", LIMIT)[0], LIMIT)


def decode(samples: NDArray[Any], **options: Any) -> Raster:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, **options)
    return decode_in(buffer.getvalue())


def scene() -> RgbImage:
    y, x = np.mgrid[:45, :70]
    return np.stack([x * 3, y * 5, (x + y) * 2], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "lzma", "zstd"])
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}, {"planarconfig": "separate"}])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_every_lossless_form_gives_the_same_pixels(
    compression: str | None, layout: dict[str, Any], byteorder: str
) -> None:
    samples = np.moveaxis(scene(), -1, 0).copy() if "planarconfig" in layout else scene()
    predictor = compression in {"lzw", "zlib", "zstd"}
    raster = decode(
        samples, photometric="rgb", compression=compression, byteorder=byteorder, predictor=predictor, **layout
    )
    assert np.array_equal(raster.pixels, scene())
    assert raster.scaling == "uint8"


def test_jpeg_compression_gives_nearly_the_same_pixels() -> None:
    for layout in ({"rowsperstrip": 16}, {"tile": (32, 32)}):
        raster = decode(scene(), photometric="rgb", compression="jpeg", **layout)
        assert np.abs(raster.pixels.astype(int) - scene()).mean() < 4
    buffer = io.BytesIO()
    Image.fromarray(scene()).save(buffer, "TIFF", compression="jpeg", quality=95)
    assert np.abs(decode_in(buffer.getvalue()).pixels.astype(int) - scene()).mean() < 4


@settings(max_examples=40, deadline=None)
@given(
    data=st.data(),
    bits=st.integers(1, 16),
    photometric=st.sampled_from(["minisblack", "miniswhite"]),
)
def test_grey_of_every_depth_is_divided_by_its_declared_maximum(
    data: st.DataObject, bits: int, photometric: str
) -> None:
    maximum = (1 << bits) - 1
    dtype = np.uint8 if bits <= 8 else np.uint16
    samples = data.draw(arrays(dtype, (3, 8), elements=st.integers(0, maximum)))
    options: dict[str, Any] = {"bitspersample": bits} if bits not in {8, 16} else {}
    raster = decode(samples, photometric=photometric, **options)
    light = maximum - samples.astype(int) if photometric == "miniswhite" else samples.astype(int)
    assert np.array_equal(raster.pixels, np.rint(light[..., None] * 255 / maximum).repeat(3, axis=2).astype(np.uint8))


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint16, (3, 5, 3)))
def test_16_bit_colour_is_divided_by_65535(samples: NDArray[np.uint16]) -> None:
    raster = decode(samples, photometric="rgb")
    assert np.array_equal(raster.pixels, np.rint(samples * (255 / 65535)).astype(np.uint8))
    assert raster.scaling == "uint16 / 65535"


def test_nothing_is_stretched_to_the_range_of_an_image() -> None:
    dim = decode(np.full((4, 4), 300, np.uint16), photometric="minisblack").pixels
    bright = decode(np.array([[300, 65535]], np.uint16), photometric="minisblack").pixels
    assert dim[0, 0, 0] == bright[0, 0, 0] == 1


def test_32_bit_grey_is_divided_by_its_maximum() -> None:
    samples = np.array([[0, 2**24, 2**31, 2**32 - 1]], np.uint32)
    assert decode(samples, photometric="minisblack").pixels[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_between_0_and_1_are_read(dtype: str) -> None:
    samples = np.array([[0, 0.25, 0.5, 1]], dtype)
    raster = decode(samples, photometric="minisblack")
    assert raster.pixels[0, :, 0].tolist() == [0, 64, 128, 255]
    assert raster.scaling == f"float{np.dtype(dtype).itemsize * 8} / 1"


@pytest.mark.parametrize("value", [1.01, -0.01, 255.0, math.nan, math.inf])
def test_floats_beyond_0_and_1_are_refused_and_never_stretched(value: float) -> None:
    with pytest.raises(UnreadableImageError, match=r"expected all in \[0, 1\]"):
        decode(np.array([[0.5, value]], np.float32), photometric="minisblack")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", ["assocalpha", "unassalpha"])
def test_alpha_is_laid_over_white(dtype: type[np.unsignedinteger[Any]], kind: str) -> None:
    top = np.iinfo(dtype).max
    rng = np.random.default_rng(3)
    share = rng.uniform(0, 1, (6, 7, 1))
    colour = rng.uniform(0, 1, (6, 7, 3))
    stored = np.concatenate([colour * share if kind == "assocalpha" else colour, share], axis=-1)
    raster = decode(np.rint(stored * top).astype(dtype), photometric="rgb", extrasamples=[kind])
    assert np.abs(raster.pixels - 255 * (colour * share + 1 - share)).max() < (2.1 if dtype is np.uint8 else 0.6)


def test_grey_with_alpha_is_laid_over_white() -> None:
    samples = np.array([[[0, 255], [0, 0], [0, 51]]], np.uint8)
    options = {"photometric": "minisblack", "extrasamples": ["unassalpha"], "planarconfig": "contig"}
    assert decode(samples, **options).pixels[0, :, 0].tolist() == [0, 255, 204]


def test_palettes_and_inks_become_light() -> None:
    ramp = np.arange(256, dtype=np.uint16)
    colours = np.stack([ramp * 257, (255 - ramp) * 257, ramp // 2 * 257])
    index = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    pixels = decode(index, photometric="palette", colormap=colours).pixels
    assert np.array_equal(pixels, np.stack([index, 255 - index, index // 2], axis=-1))
    inks = np.random.default_rng(4).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    assert np.array_equal(decode(inks, photometric="separated").pixels, cmyk_to_rgb(inks, 255))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_compressions_of_1_bit_are_read(compression: str) -> None:
    page = Image.fromarray(scene()).convert("1")
    buffer = io.BytesIO()
    page.save(buffer, "TIFF", compression=compression)
    raster = decode_in(buffer.getvalue())
    assert np.array_equal(raster.pixels, np.asarray(page.convert("RGB")))
    assert raster.scaling == "uint1 / 1"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_oriented_page_equals_the_upright_one(orientation: int) -> None:
    inverse = {6: 8, 8: 6}.get(orientation, orientation)
    tags = [(274, "H", 1, orientation, True)]
    assert np.array_equal(decode(orient(scene(), inverse), photometric="rgb", extratags=tags).pixels, scene())


def test_damaged_strips_are_refused_and_not_left_to_chance() -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, scene(), photometric="rgb", compression="zlib", rowsperstrip=5)
    data = bytearray(buffer.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        start = file.pages.first.dataoffsets[3]
    data[start + 2 : start + 12] = bytes(10)
    with pytest.raises(UnreadableImageError):
        decode_in(bytes(data))


def test_a_strip_that_swells_beyond_its_place_is_cut_off() -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((2000, 2000), np.uint8), photometric="minisblack", compression="zlib")
    data = bytearray(buffer.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        length = file.pages.first.tags[257]
    data[length.valueoffset : length.valueoffset + 2] = (3).to_bytes(2, "little")
    with pytest.raises(UnreadableImageError):
        decode_in(bytes(data))


def test_what_tifffile_logs_does_not_reach_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("tifffile").handlers)
    with pytest.raises(UnreadableImageError):
        decode_in(
            b"II*\0\x08\0\0\0\x02\0"
            + b"\x00\x01\x04\0\x01\0\0\0\x04\0\0\0"
            + b"\x01\x01\x04\0\x01\0\0\0\x04\0\0\0"
            + bytes(4)
        )
    assert capsys.readouterr().err == ""
