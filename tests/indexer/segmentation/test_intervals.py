"""The best cut of a core into intervals, against all cuts of small ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import DepthError
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fractions import RowCounts
from facies.indexer.segmentation.intervals import Interval, find_intervals

WIDTH = 10
tables = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=11)


def rows_of(counts: Sequence[tuple[int, ...]]) -> RowCounts:
    return RowCounts(np.array(counts, dtype=np.int64), WIDTH, np.zeros(len(counts)))


def millimetres(rows: int, top_m: float = 0.0) -> DepthScale:
    return DepthScale(top_m, top_m + rows / 1000, rows)


def explain(intervals: tuple[Interval, ...], counted: RowCounts) -> int:
    """Pixels that are of the class of their interval, or of no class in one without."""
    held = 0
    for one in intervals:
        rows = counted.counts[round(one.top_m * 1000) : round(one.base_m * 1000)]
        if one.index is not None:
            held += int(rows[:, one.index].sum())
        else:
            barren = rows.sum(axis=1)
            held += int((WIDTH - barren)[barren < 0.1 * WIDTH].sum())
    return held


def best_by_hand(counted: RowCounts, least: int) -> tuple[int, int]:
    """Over all cuts into parts of at least so many rows: most pixels explained, then fewest parts."""
    rows = len(counted.counts)
    barren = np.where(counted.rock < 0.1 * WIDTH, WIDTH - counted.rock, 0)
    worth = np.column_stack([counted.counts, barren])

    def search(start: int) -> tuple[int, int]:
        if start == rows:
            return 0, 0
        found = (-1, 0)
        for stop in range(start + least, rows + 1):
            rest, parts = search(stop)
            if rest >= 0:
                found = max(found, (rest + int(worth[start:stop].sum(axis=0).max()), parts - 1))
        return found

    found = search(0)
    return found if found[0] >= 0 else (int(worth.sum(axis=0).max()), -1)


@settings(deadline=None, max_examples=150)
@given(tables, st.integers(1, 5))
def test_no_cut_explains_more_rock_and_none_as_good_has_fewer_intervals(
    counts: Sequence[tuple[int, ...]], least: int
) -> None:
    counted = rows_of(counts)
    found = find_intervals([(millimetres(len(counts)), counted)], least / 1000)
    explained, parts = best_by_hand(counted, least)
    assert explain(found, counted) == explained
    assert len(found) <= -parts


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.integers(2, 6), st.floats(0, 0.03), st.integers(0, 99))
def test_intervals_cover_a_section_and_none_is_too_thin(rows: int, kinds: int, least_m: float, seed: int) -> None:
    counts = np.random.default_rng(seed).multinomial(WIDTH, [1 / kinds] * kinds, rows)
    scale = DepthScale(100.1, 100.1 + rows * 0.0013, rows)
    found = find_intervals([(scale, RowCounts(counts, WIDTH, np.zeros(rows)))], least_m)
    assert (found[0].top_m, found[-1].base_m) == pytest.approx((scale.top_m, scale.base_m))
    for upper, lower in pairwise(found):
        assert upper.base_m == lower.top_m
        assert upper.index != lower.index
    if len(found) > 1:
        assert min(one.thickness_m for one in found) >= least_m - 1e-5
    for one in found:
        assert one.index is not None
        assert 1 / kinds - 1e-9 <= one.purity <= 1
        assert one.rock_share == pytest.approx(1.0)


def test_thin_beds_go_to_what_is_around_them_and_thick_ones_stay() -> None:
    counts = [(9, 1)] * 20 + [(0, 10)] * 3 + [(9, 1)] * 20 + [(1, 9)] * 12
    found = find_intervals([(millimetres(55), rows_of(counts))], 0.01)
    assert [(one.index, round(one.thickness_m * 1000)) for one in found] == [(0, 43), (1, 12)]
    assert found[0].purity == pytest.approx(360 / 430)
    thin = find_intervals([(millimetres(55), rows_of(counts))], 0.003)
    assert [one.index for one in thin] == [0, 1, 0, 1]


def test_a_bed_across_the_border_of_two_sections_that_touch_is_one() -> None:
    upper, lower = rows_of([(10, 0)] * 20 + [(0, 10)] * 4), rows_of([(0, 10)] * 4 + [(10, 0)] * 20)
    found = find_intervals([(millimetres(24), upper), (millimetres(24, 0.024), lower)], 0.008)
    assert [(one.index, round(one.thickness_m * 1000)) for one in found] == [(0, 20), (1, 8), (0, 20)]


def test_a_gap_between_sections_ends_an_interval() -> None:
    counted = rows_of([(10, 0)] * 20)
    found = find_intervals([(millimetres(20), counted), (millimetres(20, 0.5), counted)], 0.1)
    assert [(one.top_m, one.base_m) for one in found] == [(0.0, 0.02), (0.5, pytest.approx(0.52))]


def test_sections_that_share_a_row_are_cut_as_one() -> None:
    counted = rows_of([(10, 0)] * 20)
    found = find_intervals([(millimetres(20), counted), (millimetres(20, 0.019), counted)], 0.005)
    assert [(one.top_m, round(one.base_m, 6), one.index) for one in found] == [(0.0, 0.039, 0)]


def test_a_thick_stretch_without_rock_is_an_interval_of_no_class() -> None:
    counts = [(10, 0)] * 20 + [(0, 0)] * 15 + [(10, 0)] * 20 + [(0, 0)] * 2 + [(10, 0)] * 5
    found = find_intervals([(millimetres(62), rows_of(counts))], 0.005)
    assert [one.index for one in found] == [0, None, 0]
    assert np.isnan(found[1].purity)
    assert found[1].rock_share == 0
    assert found[2].rock_share == pytest.approx(25 / 27)


def test_a_section_thinner_than_the_least_thickness_is_one_interval() -> None:
    found = find_intervals([(millimetres(4), rows_of([(10, 0), (0, 10), (0, 10), (0, 10)]))], 1.0)
    assert [(one.index, round(one.thickness_m, 6)) for one in found] == [(1, 0.004)]


@pytest.mark.parametrize("least_m", [-0.1, float("nan"), float("inf")])
def test_a_thickness_that_is_none_is_refused(least_m: float) -> None:
    with pytest.raises(DepthError, match="expected 0 or more"):
        find_intervals([(millimetres(1), rows_of([(1, 0)]))], least_m)
