"""Pixels drawn from dense masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.indexer.segmentation.mask_pixels import sample_mask

MASKS = arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30)), elements=st.integers(0, 3))


@settings(deadline=None)
@given(MASKS, st.integers(1, 40), st.integers(0, 3), st.integers(1, 9))
def test_each_class_gives_the_limit_or_all_it_has(mask: NDArray[np.uint8], most: int, seed: int, cell: int) -> None:
    drawn = sample_mask(mask, most, seed=seed, cell_px=cell)
    np.testing.assert_array_equal(mask[drawn.rows, drawn.columns], drawn.classes)
    places = drawn.rows.astype(np.int64) * mask.shape[1] + drawn.columns
    assert (np.diff(places) > 0).all()
    for index in range(4):
        assert np.count_nonzero(drawn.classes == index) == min(most, np.count_nonzero(mask == index))


@settings(deadline=None)
@given(MASKS, st.integers(1, 40), st.integers(1, 9))
def test_no_cell_gives_a_second_more_than_another_that_has_it(mask: NDArray[np.uint8], most: int, cell: int) -> None:
    drawn = sample_mask(mask, most, cell_px=cell)
    for index in range(4):
        here = drawn.classes == index
        given_: dict[tuple[int, int], int] = {}
        for row, column in zip(drawn.rows[here] // cell, drawn.columns[here] // cell, strict=True):
            given_[int(row), int(column)] = given_.get((int(row), int(column)), 0) + 1
        there: dict[tuple[int, int], int] = {}
        for row, column in np.argwhere(mask == index) // cell:
            there[int(row), int(column)] = there.get((int(row), int(column)), 0) + 1
        most_given = max(given_.values(), default=0)
        assert all(given_.get(key, 0) >= min(count, most_given - 1) for key, count in there.items())


def test_the_seed_decides_which_pixels_are_drawn() -> None:
    mask = np.zeros((100, 100), np.uint8)
    first, again, other = (sample_mask(mask, 50, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.rows, again.rows)
    np.testing.assert_array_equal(first.columns, again.columns)
    assert (first.columns != other.columns).any()


def test_pixels_spread_over_a_class_that_is_dense_in_one_corner() -> None:
    mask = np.zeros((640, 640), np.uint8)
    mask[:64, :64] = 1
    mask[600::8, 600::8] = 1
    drawn = sample_mask(mask, 20, cell_px=64)
    near_end = (drawn.classes == 1) & (drawn.rows >= 600)
    assert np.count_nonzero(near_end) == 10  # half: the dense corner is one cell, the few pixels at the end another


def test_the_last_turn_favours_no_part_of_the_image() -> None:
    drawn = sample_mask(np.zeros((640, 640), np.uint8), 50, cell_px=64)
    assert 200 < drawn.rows.mean() < 440
    assert 200 < drawn.columns.mean() < 440


@pytest.mark.parametrize(("most", "cell"), [(0, 4), (5, 0)])
def test_numbers_below_one_are_refused(most: int, cell: int) -> None:
    with pytest.raises(SegmentationError, match="at least 1"):
        sample_mask(np.zeros((4, 4), np.uint8), most, cell_px=cell)
