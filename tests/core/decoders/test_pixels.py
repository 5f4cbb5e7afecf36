"""Depth, alpha, inks and orientation, against plain floating-point arithmetic."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from facies.core.decoders.pixels import (
    BLOCK_PIXELS,
    RgbImage,
    cmyk_to_rgb,
    orient,
    over_white,
    row_blocks,
    scale_to_uint8,
)

bytes_rgb = arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3)))


@pytest.mark.parametrize("bits", range(1, 17))
def test_every_value_of_every_depth_is_divided_and_rounded(bits: int) -> None:
    maximum = (1 << bits) - 1
    values = np.arange(maximum + 1, dtype=np.uint16)
    expected = np.rint(values.astype(np.float64) * 255 / maximum).astype(np.uint8)
    assert np.array_equal(scale_to_uint8(values, maximum), expected)


@given(arrays(np.uint32, 8))
def test_values_of_32_bits_are_divided_and_rounded(values: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> None:
    maximum = 2**32 - 1
    exact = [(int(value) * 255 + maximum // 2) // maximum for value in values]
    assert scale_to_uint8(values, maximum).tolist() == exact


def test_black_stays_black_and_white_white_whatever_the_depth() -> None:
    for bits in (1, 4, 8, 10, 12, 14, 16, 24, 32):
        maximum = (1 << bits) - 1
        assert scale_to_uint8(np.array([0, maximum], np.uint32), maximum).tolist() == [0, 255]


@given(
    colour=arrays(np.uint16, (3, 2, 3)),
    alpha=arrays(np.uint16, (3, 2)),
    maximum=st.sampled_from([255, 4095, 65535]),
)
def test_alpha_over_white_is_the_mix_that_it_says(
    colour: np.ndarray[tuple[int, ...], np.dtype[np.uint16]],
    alpha: np.ndarray[tuple[int, ...], np.dtype[np.uint16]],
    maximum: int,
) -> None:
    colour, alpha = np.minimum(colour, maximum), np.minimum(alpha, maximum)
    share = alpha[..., None] / maximum
    expected = 255 * (colour / maximum * share + 1 - share)
    assert np.abs(over_white(colour, alpha, maximum) - expected).max() <= 0.5 + 1e-9


@given(pixels=bytes_rgb, cover=st.integers(0, 255))
def test_premultiplied_colours_give_the_same_as_plain_ones(pixels: RgbImage, cover: int) -> None:
    alpha = np.full(pixels.shape[:2], cover, np.uint8)
    multiplied = np.rint(pixels.astype(float) * cover / 255).astype(np.uint8)
    plain = over_white(pixels, alpha, 255).astype(int)
    assert np.abs(plain - over_white(multiplied, alpha, 255, premultiplied=True)).max() <= 1


@given(bytes_rgb)
def test_opaque_changes_nothing_and_transparent_is_white(pixels: RgbImage) -> None:
    full = np.full(pixels.shape[:2], 255, np.uint8)
    assert np.array_equal(over_white(pixels, full, 255), pixels)
    assert np.array_equal(over_white(pixels, full, 255, premultiplied=True), pixels)
    assert (over_white(pixels, np.zeros_like(full), 255) == 255).all()


def test_premultiplied_colours_above_their_alpha_are_cut_at_white() -> None:
    colour = np.full((1, 1, 3), 200, np.uint8)
    assert (over_white(colour, np.full((1, 1), 10, np.uint8), 255, premultiplied=True) == 255).all()


@given(arrays(np.uint8, (4, 5, 4)))
def test_inks_agree_with_pillow(inks: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    ours = cmyk_to_rgb(inks, 255).astype(int)
    theirs = np.asarray(Image.frombytes("CMYK", (5, 4), inks.tobytes()).convert("RGB"))
    assert np.abs(ours - theirs).max() <= 1


@given(pixels=bytes_rgb, orientation=st.integers(1, 8))
def test_orientation_agrees_with_pillow(pixels: RgbImage, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    image = Image.fromarray(pixels)
    expected = np.asarray(image.transpose(turns[orientation]) if orientation in turns else image)
    assert np.array_equal(orient(pixels, orientation), expected)
    assert orient(pixels, orientation).flags.c_contiguous


@pytest.mark.parametrize("orientation", [0, 9, 255, -1])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(orient(pixels, orientation), pixels)


@given(height=st.integers(1, 5000), width=st.integers(1, 5_000_000))
def test_row_blocks_cover_every_row_once_and_stay_small(height: int, width: int) -> None:
    blocks = list(row_blocks(height, width)) if height * width < 10**9 else [slice(0, height)]
    assert blocks[0].start == 0
    assert blocks[-1].stop == height
    assert all(a.stop == b.start for a, b in pairwise(blocks))
    if height * width < 10**9:
        assert all((b.stop - b.start) * width <= max(BLOCK_PIXELS, width) for b in blocks)
