"""Rows of photographs at depths, and sections put in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import DepthError
from facies.indexer.segmentation.depth import DepthScale, Section, place_sections

depths = st.integers(-5_000, 60_000).map(lambda tenths: tenths / 10)


def section(name: str, top_m: float, base_m: float | None = None, mm_per_px: float | None = None) -> Section:
    return Section(Path(name), top_m, base_m, mm_per_px)


@given(depths, st.floats(0.001, 50), st.integers(1, 500))
def test_rows_fill_a_section_and_each_holds_its_own_centre(top_m: float, thick_m: float, rows: int) -> None:
    scale = DepthScale(top_m, top_m + thick_m, rows)
    edges, centres = scale.edges_m(), scale.centres_m()
    assert edges[0] == top_m
    assert edges[-1] == top_m + thick_m
    assert (edges[:-1] < centres).all()
    assert (centres < edges[1:]).all()
    for row in {0, rows // 2, rows - 1}:
        assert scale.row_at(float(centres[row])) == row
        assert scale.depth_m(row) == pytest.approx(centres[row])


def test_a_scale_and_a_base_that_mean_the_same_place_rows_alike() -> None:
    by_base = section("a.png", 1200.0, base_m=1201.0).scale(2000)
    by_scale = section("a.png", 1200.0, mm_per_px=0.5).scale(2000)
    np.testing.assert_allclose(by_base.centres_m(), by_scale.centres_m(), atol=1e-9)
    assert by_base.mm_per_px == pytest.approx(0.5)


def test_depths_outside_of_a_section_are_in_no_row_and_its_base_is_in_the_last() -> None:
    scale = DepthScale(10.0, 11.0, 10)
    assert [scale.row_at(depth) for depth in (9.999, 10.0, 11.0, 11.001)] == [None, 0, 9, None]


@given(st.permutations(range(4)))
def test_sections_come_in_depth_order_whatever_the_order_of_the_list(order: list[int]) -> None:
    sections = [section(f"{at}.png", 100.0 + at, 101.0 + at) for at in range(4)]
    core = place_sections([sections[at] for at in order], [50] * 4)
    assert [one.section.image.name for one in core.sections] == ["0.png", "1.png", "2.png", "3.png"]
    assert core.notes == ()


def test_gaps_are_kept_and_overlaps_are_refused_by_name() -> None:
    gap = place_sections([section("a.png", 1.0, 2.0), section("b.png", 3.0, 4.0)], [100, 100])
    assert [one.scale.top_m for one in gap.sections] == [1.0, 3.0]
    with pytest.raises(DepthError, match=r"a\.png .* and b\.png .* overlap by 0\.5 m"):
        place_sections([section("b.png", 1.5, 2.5), section("a.png", 1.0, 2.0)], [100, 100])


def test_a_scale_that_ends_within_a_row_of_the_next_top_is_no_overlap_and_one_that_ends_beyond_is() -> None:
    upper, lower = section("a.png", 0.0, mm_per_px=1.0), section("b.png", 1.0, mm_per_px=1.0)
    assert len(place_sections([upper, lower], [1001, 1000]).sections) == 2
    with pytest.raises(DepthError, match="overlap"):
        place_sections([upper, lower], [1002, 1000])


def test_neighbours_of_unlike_scales_are_noted() -> None:
    core = place_sections([section("a.png", 0.0, 1.0), section("b.png", 1.0, 2.0)], [1000, 500])
    assert len(core.notes) == 1
    assert "a.png has 1 mm in a row and the next, b.png, 2" in core.notes[0]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((1.0, None, None), "neither of base_m and mm_per_px"),
        ((1.0, 2.0, 0.5), "both of base_m and mm_per_px"),
        ((2.0, 1.0, None), "expected below its top"),
        ((2.0, 2.0, None), "expected below its top"),
        ((float("nan"), 1.0, None), "top_m nan"),
        ((1.0, float("inf"), None), "base_m inf"),
        ((1.0e6, 1.1e6, None), "expected metres between"),
        ((1.0, None, 0.0), r"mm_per_px of section a\.png is 0"),
        ((1.0, None, float("nan")), r"mm_per_px of section a\.png is nan"),
        ((1.0, None, 1e-300), r"from 1e-06 to 100"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(numbers: tuple[float, float | None, float | None], said: str) -> None:
    with pytest.raises(DepthError, match=said):
        section("a.png", *numbers)


def test_a_core_without_sections_and_a_picture_without_rows_are_refused() -> None:
    with pytest.raises(DepthError, match="no sections"):
        place_sections([], [])
    with pytest.raises(DepthError, match="0 rows"):
        place_sections([section("a.png", 0.0, 1.0)], [0])
