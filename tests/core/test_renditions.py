"""Thumbnails, lossless copies and crops."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from facies.core.decoders.pixels import RgbImage
from facies.core.errors import QueryError
from facies.core.images import decode_image
from facies.core.renditions import crop_image, encode_png, make_thumbnail

SCENE = np.stack([*np.mgrid[:61, :83] * 3, np.full((61, 83), 90)], axis=-1).astype(np.uint8)
rgb_images = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)))


def test_a_png_copy_is_exact() -> None:
    with Image.open(io.BytesIO(encode_png(SCENE))) as copy:
        assert copy.format == "PNG"
        assert np.array_equal(np.asarray(copy), SCENE)


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 400), height=st.integers(1, 400), longest_px=st.integers(1, 300))
def test_a_thumbnail_keeps_its_proportions_and_is_never_enlarged(width: int, height: int, longest_px: int) -> None:
    pixels = np.zeros((height, width, 3), np.uint8)
    with Image.open(io.BytesIO(make_thumbnail(pixels, longest_px))) as thumbnail:
        assert thumbnail.format == "JPEG"
        assert max(thumbnail.size) == min(longest_px, max(width, height))
        if max(width, height) <= longest_px:
            assert thumbnail.size == (width, height)
        else:
            scale = longest_px / max(width, height)
            assert abs(thumbnail.size[0] - width * scale) <= 1
            assert abs(thumbnail.size[1] - height * scale) <= 1


def test_a_thumbnail_looks_like_its_image() -> None:
    large = np.repeat(np.repeat(SCENE, 8, axis=0), 8, axis=1)
    small = decode_image(make_thumbnail(large, 83), "thumbnail", max_pixels=10_000).pixels
    assert np.abs(small.astype(int) - SCENE).mean() < 12


@pytest.mark.parametrize("size", [(3001, 1777), (1777, 3001), (40_000, 60), (60, 40_000)])
def test_a_large_image_is_made_small_in_blocks_without_a_seam(size: tuple[int, int]) -> None:
    ramp = np.linspace(0, 255, size[0] * size[1]).astype(np.uint8).reshape(size[1], size[0], 1)
    small = decode_image(make_thumbnail(np.repeat(ramp, 3, axis=2), 200), "thumbnail", max_pixels=10**6).pixels
    middle = small[:, small.shape[1] // 2, 1].astype(int)
    wanted = np.interp(
        np.arange(len(middle)) + 0.5, np.arange(size[1] * 2) * len(middle) / size[1] / 2, ramp.mean(axis=1).repeat(2)
    )
    assert np.abs(middle - wanted).max() <= 6


@settings(max_examples=60, deadline=None)
@given(data=st.data(), pixels=rgb_images)
def test_a_crop_is_that_part_of_the_image(data: st.DataObject, pixels: RgbImage) -> None:
    height, width = pixels.shape[:2]
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    across, down = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    crop = crop_image(pixels, x=x, y=y, width=across, height=down)
    assert np.array_equal(crop, pixels[y : y + down, x : x + across])
    assert not np.shares_memory(crop, pixels)


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (0, 0, 84, 1), (0, 60, 1, 2), (5, 5, 0, 1), (83, 0, 1, 1)])
def test_a_crop_that_leaves_the_image_is_a_bad_query(box: tuple[int, int, int, int]) -> None:
    x, y, width, height = box
    with pytest.raises(QueryError, match="83 x 61 pixels"):
        crop_image(SCENE, x=x, y=y, width=width, height=height)
