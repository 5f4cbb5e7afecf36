"""Counts by row and integrals over depth: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import DepthError
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fractions import RowCounts, RowTally, by_interval, by_step
from facies.indexer.segmentation.section_list import NamedInterval

KINDS = 4


def draw_rows(rows: int, width: int = 12, seed: int = 0, not_rock: tuple[int, ...] = ()) -> RowCounts:
    rng = np.random.default_rng(seed)
    tally = RowTally((rows, width), KINDS, not_rock)
    rock = rng.random((rows, width)) < 0.8
    rock[rows // 3] = False
    tally.add(0, rng.integers(0, KINDS, (rows, width)), rng.random((rows, width)), rock)
    return tally.finish()


@given(st.integers(1, 30), st.integers(1, 20), st.integers(0, 99), st.lists(st.integers(1, 9), min_size=1, max_size=9))
def test_bands_of_any_height_count_as_the_whole_does(height: int, width: int, seed: int, steps: list[int]) -> None:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, KINDS, (height, width), dtype=np.uint8)
    uncertainty = rng.random((height, width)).astype(np.float32)
    rock = rng.random((height, width)) < 0.7
    whole, parts = RowTally((height, width), KINDS, {2}), RowTally((height, width), KINDS, {2})
    whole.add(0, classes, uncertainty, rock)
    top, at = 0, 0
    while top < height:
        stop = min(height, top + steps[at % len(steps)])
        parts.add(top, classes[top:stop], uncertainty[top:stop], rock[top:stop])
        top, at = stop, at + 1
    one, other = whole.finish(), parts.finish()
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.uncertainty, other.uncertainty)
    for row in range(height):
        of_row = rock[row] & (classes[row] != 2)
        assert one.counts[row].tolist() == [int((of_row & (classes[row] == kind)).sum()) for kind in range(KINDS)]
        if of_row.any():
            assert one.uncertainty[row] == pytest.approx(uncertainty[row][of_row].mean(), rel=1e-5)
        else:
            assert np.isnan(one.uncertainty[row])


def test_fractions_are_of_rock_and_sum_up_to_one_where_there_is_some() -> None:
    rows = draw_rows(60, not_rock=(3,))
    is_rock = rows.rock > 0
    np.testing.assert_allclose(rows.fractions[is_rock].sum(axis=1), 1.0)
    assert np.isnan(rows.fractions[~is_rock]).all()
    assert (~is_rock).sum() >= 1
    assert (rows.fractions[is_rock][:, 3] == 0).all()
    np.testing.assert_allclose(rows.rock_share, rows.counts.sum(axis=1) / 12)


def test_a_row_counted_twice_or_never_is_an_error() -> None:
    tally = RowTally((4, 2), 2)
    tally.add(1, np.zeros((2, 2), np.int64), np.zeros((2, 2)))
    with pytest.raises(DepthError, match="each row of which is counted once"):
        tally.add(2, np.zeros((2, 2), np.int64), np.zeros((2, 2)))
    with pytest.raises(DepthError, match="2 of 4 rows were never counted, the first is row 0"):
        tally.finish()


@pytest.mark.parametrize(("top", "width"), [(-1, 2), (3, 2), (0, 3)])
def test_a_band_outside_of_the_picture_is_refused(top: int, width: int) -> None:
    with pytest.raises(DepthError, match="cannot be counted"):
        RowTally((4, 2), 2).add(top, np.zeros((2, width), np.int64), np.zeros((2, width)))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 80), st.floats(0.05, 30), st.sampled_from([0.003, 0.01, 0.07, 1.0]), st.integers(0, 9))
def test_bins_of_any_height_hold_all_of_the_rock(rows: int, mm_per_px: float, step_m: float, seed: int) -> None:
    scale = DepthScale(1203.37, 1203.37 + rows * mm_per_px / 1000, rows)
    counted = draw_rows(rows, seed=seed)
    bins = by_step([(scale, counted)], step_m)
    heights = bins.base_m - bins.top_m
    np.testing.assert_allclose(heights, step_m, atol=1e-8)
    np.testing.assert_allclose(bins.top_m[1:], bins.base_m[:-1])
    rock_m = np.nan_to_num(bins.rock_share) * bins.covered * heights
    assert rock_m.sum() == pytest.approx(counted.rock_share.sum() * scale.row_height_m, rel=1e-6)
    by_class_m = (np.nan_to_num(bins.fractions) * rock_m[:, None]).sum(axis=0)
    whole_m = (counted.counts / counted.width).sum(axis=0) * scale.row_height_m
    np.testing.assert_allclose(by_class_m, whole_m, rtol=1e-6, atol=1e-9)
    doubt_m = (np.nan_to_num(bins.uncertainty) * rock_m).sum()
    expected_m = (np.nan_to_num(counted.uncertainty) * counted.rock_share).sum() * scale.row_height_m
    assert doubt_m == pytest.approx(expected_m, rel=1e-6)


def test_a_bin_of_whole_rows_is_their_mean_weighted_by_rock() -> None:
    counted = draw_rows(100)
    bins = by_step([(DepthScale(2.0, 2.1, 100), counted)])  # ten rows to the centimetre
    assert len(bins.top_m) == 10
    for at in range(10):
        held = counted.counts[10 * at : 10 * at + 10].sum(axis=0)
        np.testing.assert_allclose(bins.fractions[at], held / held.sum(), rtol=1e-9)
        assert bins.rock_share[at] == pytest.approx(held.sum() / (10 * counted.width))


def test_a_row_thicker_than_its_bins_fills_each_of_them_alike() -> None:
    counted = draw_rows(2, seed=4)
    bins = by_step([(DepthScale(0.0, 0.1, 2), counted)])
    np.testing.assert_allclose(bins.fractions[5:], np.broadcast_to(counted.fractions[1], (5, KINDS)))
    np.testing.assert_allclose(bins.covered, 1.0)


def test_gaps_between_sections_are_not_covered_and_have_no_fractions() -> None:
    counted = draw_rows(20)
    bins = by_step([(DepthScale(1.0, 1.02, 20), counted), (DepthScale(1.05, 1.07, 20), counted)])
    assert len(bins.top_m) == 7
    np.testing.assert_allclose(bins.covered, [1, 1, 0, 0, 0, 1, 1], atol=1e-9)
    assert np.isnan(bins.fractions[2:5]).all()
    assert np.isnan(bins.rock_share[2:5]).all()
    np.testing.assert_allclose(bins.fractions[:2], bins.fractions[5:])


def test_sections_of_unlike_scales_weigh_by_depth_and_not_by_pixels() -> None:
    fine = RowCounts(np.tile([100, 0], (50, 1)), 100, np.zeros(50))
    coarse = RowCounts(np.tile([0, 10], (5, 1)), 10, np.zeros(5))
    bins = by_step([(DepthScale(0.0, 0.05, 50), fine), (DepthScale(0.05, 0.1, 5), coarse)], 0.1)
    np.testing.assert_allclose(bins.fractions, [[0.5, 0.5]])


def test_intervals_may_overlap_and_lie_outside_of_the_core() -> None:
    counted = draw_rows(100)
    scale = DepthScale(2.0, 2.1, 100)
    asked = [NamedInterval(2.0, 2.05, "a"), NamedInterval(2.03, 2.2, "b"), NamedInterval(9.0, 9.5, "c")]
    found = by_interval([(scale, counted)], asked)
    assert found.names == ("a", "b", "c")
    held = counted.counts[:50].sum(axis=0)
    np.testing.assert_allclose(found.fractions[0], held / held.sum())
    assert found.covered.tolist() == pytest.approx([1.0, 0.07 / 0.17, 0.0])
    assert np.isnan(found.fractions[2]).all()


@pytest.mark.parametrize("step_m", [0.0, -1.0, float("nan"), 1e-9])
def test_bins_without_height_or_without_number_are_refused(step_m: float) -> None:
    with pytest.raises(DepthError, match="bin"):
        by_step([(DepthScale(0.0, 1.0, 100), draw_rows(100))], step_m)
