"""What is left of a mask once small holes are filled and small regions are given to their surroundings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.indexer.segmentation.region_cleaning import area_in_px, clean_mask
from facies.indexer.segmentation.regions import find_components, measure_regions

Mask = NDArray[np.uint8]
MASKS = arrays(np.uint8, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.integers(0, 3))
LIMITS = st.integers(0, 12)


def _drawn(text: str) -> Mask:
    return np.array([[int(cell) for cell in line] for line in text.split()], dtype=np.uint8)


@settings(deadline=None)
@given(MASKS, LIMITS)
def test_no_region_of_the_foreground_is_left_below_the_least_area(mask: Mask, least: int) -> None:
    cleaned = clean_mask(mask, min_region_px=least).mask
    assert all(region.area_px >= least for region in measure_regions(cleaned))


@settings(deadline=None)
@given(MASKS, LIMITS)
def test_regions_that_are_large_enough_keep_every_pixel(mask: Mask, least: int) -> None:
    components = find_components(mask)
    large = (components.areas_px >= least)[components.numbers] & (mask != 0)
    np.testing.assert_array_equal(clean_mask(mask, min_region_px=least).mask[large], mask[large])


@settings(deadline=None)
@given(MASKS, LIMITS)
def test_no_hole_is_left_up_to_the_limit(mask: Mask, most: int) -> None:
    result = clean_mask(mask, max_hole_px=most)
    height, width = mask.shape
    components = find_components(result.mask)
    inside = np.zeros(mask.shape, bool)
    inside[1 : height - 1, 1 : width - 1] = True
    for number in np.flatnonzero(components.classes == 0):
        pixels = components.numbers == number
        assert not (np.count_nonzero(pixels) <= most and inside[pixels].all())
    changed = result.mask != mask
    assert (mask[changed] == 0).all()
    assert result.filled_px == np.count_nonzero(changed)


@settings(deadline=None)
@given(MASKS, LIMITS, LIMITS, st.integers(0, 3))
def test_cleaning_twice_changes_nothing_more(mask: Mask, least: int, most: int, background: int) -> None:
    once = clean_mask(mask, min_region_px=least, max_hole_px=most, background=background)
    twice = clean_mask(once.mask, min_region_px=least, max_hole_px=most, background=background)
    np.testing.assert_array_equal(twice.mask, once.mask)
    assert (twice.filled_holes, twice.filled_px, twice.removed_regions, twice.removed_px) == (0, 0, 0, 0)


@settings(deadline=None)
@given(MASKS)
def test_without_limits_the_mask_stays_and_is_not_shared(mask: Mask) -> None:
    before = mask.copy()
    cleaned = clean_mask(mask).mask
    np.testing.assert_array_equal(cleaned, before)
    assert not np.shares_memory(cleaned, mask)
    assert cleaned.dtype == mask.dtype


@settings(deadline=None)
@given(MASKS, LIMITS)
def test_the_mask_that_came_is_never_written(mask: Mask, limit: int) -> None:
    before = mask.copy()
    clean_mask(mask, min_region_px=limit, max_hole_px=limit)
    np.testing.assert_array_equal(mask, before)


@settings(deadline=None)
@given(MASKS, LIMITS)
def test_the_counts_are_those_of_the_pixels_that_changed(mask: Mask, least: int) -> None:
    result = clean_mask(mask, min_region_px=least)
    assert result.removed_px == np.count_nonzero(result.mask != mask)
    assert (result.removed_regions > 0) == (result.removed_px > 0)


def test_a_hole_takes_the_class_with_the_longest_border() -> None:
    mask = _drawn("11111 11112 11022 11112 11111")
    assert clean_mask(mask, max_hole_px=1).mask[2, 2] == 1


def test_a_bay_that_is_open_to_the_edge_is_no_hole() -> None:
    mask = _drawn("1111 1001 1001 1011")
    np.testing.assert_array_equal(clean_mask(mask, max_hole_px=99).mask, mask)


def test_a_pore_is_filled_before_the_particle_is_weighed() -> None:
    ring = _drawn("00000 01110 01010 01110 00000")
    assert np.count_nonzero(clean_mask(ring, min_region_px=9, max_hole_px=1).mask) == 9
    assert np.count_nonzero(clean_mask(ring, min_region_px=9).mask) == 0


def test_a_grain_within_another_class_goes_to_that_class() -> None:
    mask = _drawn("222222 223222 222222 222222")
    result = clean_mask(mask, min_region_px=2)
    assert (result.mask == 2).all()
    assert (result.removed_regions, result.removed_px) == (1, 1)


def test_small_regions_that_touch_grow_together_until_they_are_large_enough() -> None:
    mask = _drawn("000000 011220 000000")
    cleaned = clean_mask(mask, min_region_px=4).mask
    assert (cleaned == 0).all()  # each has its longest border with the background
    mask = _drawn("112222 112222 003333")
    cleaned = clean_mask(mask, min_region_px=5).mask
    np.testing.assert_array_equal(cleaned, _drawn("222222 222222 002222"))


def test_a_mask_that_is_one_small_region_becomes_background() -> None:
    assert (clean_mask(_drawn("22 22"), min_region_px=5).mask == 0).all()


def test_the_background_is_never_too_small() -> None:
    mask = _drawn("111 101 111")
    np.testing.assert_array_equal(clean_mask(mask, min_region_px=3).mask, mask)


def test_a_noisy_mask_is_cleaned_across_blocks_of_rows() -> None:
    rng = np.random.default_rng(3)
    layers = np.repeat(rng.integers(0, 4, (27, 1), dtype=np.uint8), 100, axis=0)
    noise = rng.integers(0, 4, (2700, 400), dtype=np.uint8)
    mask = np.where(rng.random(noise.shape) < 0.05, noise, layers)
    cleaned = clean_mask(mask, min_region_px=30, max_hole_px=30)
    assert all(region.area_px >= 30 for region in measure_regions(cleaned.mask))
    assert cleaned.removed_regions > 5_000


@pytest.mark.parametrize(("min_region_px", "max_hole_px"), [(-1, 0), (0, -1)])
def test_limits_below_zero_are_refused(min_region_px: int, max_hole_px: int) -> None:
    with pytest.raises(SegmentationError, match="at least 0"):
        clean_mask(np.zeros((2, 2), np.uint8), min_region_px=min_region_px, max_hole_px=max_hole_px)


def test_areas_become_pixels_by_the_scale() -> None:
    assert area_in_px(25, 0.1) == 2500
    assert area_in_px(25.01, 5) == 2
    assert area_in_px(0, 3) == 0


@pytest.mark.parametrize(("area", "scale"), [(-1, 1), (1, 0), (float("nan"), 1), (1, float("inf"))])
def test_areas_without_sense_are_refused(area: float, scale: float) -> None:
    with pytest.raises(SegmentationError, match="expected an area"):
        area_in_px(area, scale)
