"""Overlapping tiles blended into one image."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import FinetuningError
from facies.models.segmentation.blending import blend_tiles, blend_window, tile_starts

SIZES = st.integers(1, 40)


def _by_pixel(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
    weights = tiles.astype(np.float32) + 1
    shares: NDArray[np.float32] = weights / weights.sum(axis=3, keepdims=True)
    return shares


def _image(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height * 100 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(st.integers(1, 200), st.integers(1, 40), st.data())
def test_tiles_cover_a_length_and_overlap_by_at_least_so_much(size: int, tile: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, tile - 1))
    starts = tile_starts(size, tile, overlap)
    assert starts[0] == 0
    assert starts[-1] == max(size - tile, 0)
    assert all(0 < after - before <= tile - overlap for before, after in itertools.pairwise(starts))


@settings(deadline=None)
@given(SIZES, SIZES, st.integers(1, 16), st.data())
def test_what_follows_from_each_pixel_alone_is_blended_without_a_seam(
    height: int, width: int, tile: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, tile - 1))
    image = _image(height, width)
    bands = list(blend_tiles(image, _by_pixel, tile_px=tile, overlap_px=overlap))
    tops = np.cumsum([0, *(len(band.probabilities) for band in bands)])
    assert [band.top for band in bands] == tops[:-1].tolist()
    whole = np.concatenate([band.probabilities for band in bands])
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, _by_pixel(image[None])[0], atol=2e-6)


@settings(deadline=None)
@given(SIZES, SIZES, st.integers(1, 16), st.data())
def test_a_constant_stays_constant_at_any_size(height: int, width: int, tile: int, data: st.DataObject) -> None:
    def predict(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.broadcast_to(np.array([0.7, 0.2, 0.1], np.float32), (*tiles.shape[:3], 3))

    bands = blend_tiles(_image(height, width), predict, tile_px=tile, overlap_px=data.draw(st.integers(0, tile - 1)))
    whole = np.concatenate([band.probabilities for band in bands])
    assert whole.shape == (height, width, 3)
    np.testing.assert_allclose(whole, np.broadcast_to([0.7, 0.2, 0.1], whole.shape), atol=2e-6)


def test_tiles_that_disagree_fade_into_each_other() -> None:
    calls = iter(np.linspace(0, 1, 4))

    def predict(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        share = np.array([next(calls) for _ in range(1)], np.float32)
        return np.broadcast_to(np.concatenate([share, 1 - share]), (*tiles.shape[:3], 2))

    whole = np.concatenate([b.probabilities for b in blend_tiles(_image(40, 16), predict, tile_px=16, overlap_px=8)])
    line = whole[:, 3, 0]
    assert (np.diff(line) >= -1e-6).all()
    assert np.diff(line).max() < 0.1  # a hard seam would step by a third
    assert (line[0], line[-1]) == pytest.approx((0, 1), abs=1e-6)


def test_the_window_is_symmetric_and_nowhere_zero() -> None:
    window = blend_window(512)
    assert window.min() > 0
    np.testing.assert_allclose(window, window[::-1, ::-1], rtol=1e-4)
    np.testing.assert_array_equal(window, window.T)


def test_every_tile_has_one_shape() -> None:
    seen = set()

    def predict(tiles: NDArray[np.uint8]) -> NDArray[np.float32]:
        seen.add(tiles.shape)
        return _by_pixel(tiles)

    list(blend_tiles(_image(70, 50), predict, tile_px=32, overlap_px=8))
    list(blend_tiles(_image(5, 50), predict, tile_px=32, overlap_px=8))
    assert seen == {(2, 32, 32, 3)}


@pytest.mark.parametrize("overlap", [-1, 16, 20])
def test_an_overlap_without_a_step_is_refused(overlap: int) -> None:
    with pytest.raises(FinetuningError, match="overlap"):
        list(blend_tiles(_image(20, 20), _by_pixel, tile_px=16, overlap_px=overlap))


def test_predictions_of_another_shape_are_refused() -> None:
    with pytest.raises(FinetuningError, match="one distribution"):
        list(blend_tiles(_image(20, 20), lambda tiles: _by_pixel(tiles)[:, 1:], tile_px=16, overlap_px=4))
