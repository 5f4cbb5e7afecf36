"""Ordinary PNG through libpng: the pixels of Pillow; everything else is left alone."""

from __future__ import annotations

import io
import zlib
from typing import Any

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from facies.core.decoders.pixels import BLOCK_PIXELS
from facies.core.decoders.png import decode_ordinary_png, read_png_header, rgb_of_samples
from facies.core.decoders.rasters import decode_raster
from facies.core.errors import ImageTooLargeError, UnreadableImageError

LIMIT = 10**7
SIZE = (23, 17)


def noise(channels: int, dtype: type[np.uint8 | np.uint16] = np.uint8) -> NDArray[Any]:
    samples = np.random.default_rng(channels).integers(0, np.iinfo(dtype).max + 1, (*SIZE, channels))
    return samples.astype(dtype)


def encode(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("chunks", [b"", chunk(b"gAMA", (10_000).to_bytes(4)), chunk(b"sBIT", b"\5\5\5\5")])
def test_the_pixels_are_those_of_pillow(mode: str, chunks: bytes) -> None:
    image = Image.fromarray(noise(3)).convert(mode)
    if mode in {"LA", "RGBA"}:
        image.putalpha(Image.fromarray(noise(1)[..., 0]))
    data = encode(image)
    if chunks[4:8] == b"sBIT":
        chunks = chunk(b"sBIT", b"\5" * len(mode))
    data = data[:33] + chunks + data[33:]
    raster = decode_ordinary_png(data, "it", LIMIT)
    assert raster is not None
    samples = np.asarray(image).reshape(*SIZE, -1).astype(float)
    share = samples[..., -1:] / 255 if mode in {"LA", "RGBA"} else 1.0
    colours = samples[..., : 1 if mode in {"L", "LA"} else 3]
    expected = np.broadcast_to(colours * share + 255 * (1 - share), (*SIZE, 3))
    assert np.abs(raster.pixels - expected).max() <= 0.5 + 1e-9


@settings(max_examples=40, deadline=None)
@given(
    samples=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays(dtype, st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)))
    )
)
def test_the_result_may_lie_where_the_samples_were(samples: NDArray[Any]) -> None:
    maximum = int(np.iinfo(samples.dtype).max)
    elsewhere = samples.copy()
    elsewhere.flags.writeable = False
    assert np.array_equal(rgb_of_samples(samples.copy(), maximum), rgb_of_samples(elsewhere, maximum))


def test_blocks_of_rows_do_not_run_into_each_other() -> None:
    width = 3000
    height = 3 * BLOCK_PIXELS // width
    samples = np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)
    apart = samples.copy()
    apart.flags.writeable = False
    pixels = rgb_of_samples(samples, 255)
    assert np.shares_memory(pixels, samples)
    assert np.array_equal(pixels, rgb_of_samples(apart, 255))


def test_orientation_is_heeded() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    raster = decode_ordinary_png(encode(Image.fromarray(noise(3)), exif=exif), "it", LIMIT)
    assert raster is not None
    assert np.array_equal(raster.pixels, np.rot90(noise(3), -1))


def swollen() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * (3 << 20), zip=True)
    return encode(Image.fromarray(noise(3)), pnginfo=texts)


@pytest.mark.parametrize(
    "data",
    [
        encode(Image.fromarray(noise(3)).quantize(8)),
        encode(Image.fromarray(noise(3)).convert("1")),
        encode(Image.fromarray(noise(3)), transparency=(1, 2, 3)),
        encode(Image.fromarray(noise(3)), save_all=True, append_images=[Image.new("RGB", SIZE)]),
        encode(Image.fromarray(noise(3)))[:-5],
        swollen(),
    ],
    ids=["palette", "1 bit", "colour for transparency", "animation", "no end", "packed text"],
)
def test_what_is_not_ordinary_is_left_to_pillow(data: bytes) -> None:
    assert read_png_header(data, "it") is None
    assert decode_ordinary_png(data, "it", LIMIT) is None


def test_pixels_that_do_not_unpack_are_left_to_pillow_which_refuses_them() -> None:
    data = encode(Image.fromarray(noise(3)))
    start = data.index(b"IDAT") - 4
    body = bytes(data[start + 8 : -16])[: len(data) // 2]
    broken = data[:start] + chunk(b"IDAT", body) + data[-12:]
    assert read_png_header(broken, "it") is not None
    assert decode_ordinary_png(broken, "it", LIMIT) is None
    with pytest.raises(UnreadableImageError):
        decode_raster(broken, "it", "PNG", LIMIT)


def test_a_swelling_text_is_refused_in_plain_words() -> None:
    with pytest.raises(UnreadableImageError, match="packed text of more than a megabyte"):
        decode_raster(swollen(), "it", "PNG", LIMIT)


def test_the_limit_holds_before_anything_is_allocated() -> None:
    data = bytearray(imagecodecs.png_encode(noise(3)))
    data[16:24] = (2**31 - 1).to_bytes(4) * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    with pytest.raises(ImageTooLargeError):
        decode_ordinary_png(bytes(data), "it", LIMIT)
