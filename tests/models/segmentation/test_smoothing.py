from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.models.segmentation.smoothing import check_radius_px, smooth, smooth_bands

Shares = NDArray[np.float32]


def shares(height: int, width: int, classes: int = 3, seed: int = 0) -> Shares:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(classes, 0.3), size=(height, width)).astype(np.float32)


def weights_of_box(count: int, radius: float) -> NDArray[np.float64]:
    """Row i: what each place counts for at place i."""
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    whole = int(radius)
    matrix = np.where(apart <= whole, 1.0, np.where(apart == whole + 1, radius - whole, 0.0))
    normalised: NDArray[np.float64] = matrix / matrix.sum(axis=1, keepdims=True)
    return normalised


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.sampled_from([0.25, 1.0, 2.5, 3.0, 7.75, 40.0]), st.integers(0, 99))
def test_it_is_a_box_applied_twice_that_leaves_out_what_is_not_there(
    height: int, width: int, radius: float, seed: int
) -> None:
    given_shares = shares(height, width, seed=seed)
    down, across = weights_of_box(height, radius), weights_of_box(width, radius)
    expected = np.einsum("ij,jkc,lk->ilc", down @ down, given_shares, across @ across)
    np.testing.assert_allclose(smooth(given_shares, radius), expected, atol=4e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.lists(st.integers(1, 59), max_size=8),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.3, 11.0, 70.0]),
    st.integers(0, 99),
)
def test_bands_get_what_they_get_in_the_whole_to_the_last_bit(
    height: int, cuts: list[int], radius: float, seed: int
) -> None:
    whole = shares(height, 7, seed=seed)
    edges = sorted({0, height, *(cut for cut in cuts if cut < height)})
    bands = [whole[low:high] for low, high in pairwise(edges)]
    joined = np.concatenate(list(smooth_bands(iter(bands), height, radius)))
    np.testing.assert_array_equal(joined, smooth(whole, radius))


def test_a_radius_of_0_changes_nothing() -> None:
    given_shares = shares(9, 4)
    np.testing.assert_array_equal(smooth(given_shares, 0), given_shares)


def test_shares_add_up_to_1_as_before() -> None:
    np.testing.assert_allclose(smooth(shares(40, 30, 14), 4.5).sum(axis=2), 1, atol=2e-5)


def test_what_is_the_same_everywhere_stays_so_up_to_the_border() -> None:
    flat = np.broadcast_to(np.array([0.25, 0.75], np.float32), (12, 9, 2))
    np.testing.assert_allclose(smooth(flat, 3.4), flat, atol=1e-6)


def test_turning_the_picture_turns_the_answer() -> None:
    given_shares = shares(20, 13)
    np.testing.assert_allclose(smooth(given_shares[::-1], 2.5), smooth(given_shares, 2.5)[::-1], atol=1e-6)
    turned = smooth(given_shares.transpose(1, 0, 2), 2.5).transpose(1, 0, 2)
    np.testing.assert_allclose(turned, smooth(given_shares, 2.5), atol=3e-6)


def test_no_more_rows_are_held_back_than_the_boxes_reach() -> None:
    """Memory of a core of any length: what comes out follows what goes in by 2 radii and a band."""
    went_in = came_out = behind = 0

    def feed() -> Iterator[Shares]:
        nonlocal went_in, behind
        for _ in range(50):
            went_in += 8
            yield shares(8, 5)
            behind = max(behind, went_in - came_out)

    for band in smooth_bands(feed(), 400, 3.0):
        came_out += len(band)
    assert came_out == 400
    assert behind <= 6 + 8


@pytest.mark.parametrize("radius", [-1.0, float("nan"), float("inf")])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(SegmentationError, match="smoothing radius"):
        smooth(shares(3, 3), radius)


def test_rows_that_never_came_are_missed() -> None:
    with pytest.raises(SegmentationError, match="5 rows came to be smoothed, expected 9"):
        list(smooth_bands([shares(5, 2)], 9, 1.0))


def test_radii_of_nobody_are_refused() -> None:
    for radius in (0.0, 8.0, 1000.0):
        check_radius_px(radius, "a")
    for radius in (-1.0, 1001.0, 1e18, np.inf, np.nan):
        with pytest.raises(SegmentationError, match=r"^a is .* pixels, expected a radius of 0 .* to 1000"):
            check_radius_px(radius, "a")
