"""Connected regions and their measures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from facies.core.errors import SegmentationError
from facies.indexer.segmentation.regions import Region, find_components, measure_regions

Mask = NDArray[np.uint8]
MASKS = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3))


def _flood(mask: Mask) -> set[frozenset[tuple[int, int]]]:
    """Components found pixel by pixel."""
    left = {(int(r), int(c)) for r, c in np.ndindex(*mask.shape)}
    found = set()
    while left:
        stack = [left.pop()]
        members = set(stack)
        while stack:
            row, column = stack.pop()
            for place in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if place in left and mask[place] == mask[row, column]:
                    left.remove(place)
                    members.add(place)
                    stack.append(place)
        found.add(frozenset(members))
    return found


def _only(regions: list[Region]) -> Region:
    assert len(regions) == 1
    return regions[0]


@settings(deadline=None)
@given(MASKS)
def test_components_are_those_of_a_flood_fill(mask: Mask) -> None:
    components = find_components(mask)
    found = {
        frozenset((int(r), int(c)) for r, c in np.argwhere(components.numbers == number))
        for number in range(len(components.classes))
    }
    assert found == _flood(mask)
    np.testing.assert_array_equal(components.classes[components.numbers], mask)
    np.testing.assert_array_equal(components.areas_px, np.bincount(components.numbers.ravel()))


@settings(deadline=None)
@given(MASKS)
def test_regions_cover_the_foreground_and_nothing_else(mask: Mask) -> None:
    regions = measure_regions(mask)
    assert [region.number for region in regions] == list(range(1, len(regions) + 1))
    for index in range(1, 4):
        assert sum(r.area_px for r in regions if r.class_index == index) == np.count_nonzero(mask == index)
    assert all(region.class_index != 0 for region in regions)


@settings(deadline=None)
@given(MASKS, st.integers(0, 3))
def test_a_turned_mask_has_the_turned_regions(mask: Mask, background: int) -> None:
    def key(region: Region, *, turned: bool) -> tuple[float, ...]:
        row, column = (region.column, region.row) if turned else (region.row, region.column)
        box = (region.left, region.top, region.right, region.bottom)
        box = box if turned else (region.top, region.left, region.bottom, region.right)
        return (region.class_index, *box, region.area_px, round(row, 9), round(column, 9), round(region.elongation, 6))

    plain = sorted(key(r, turned=False) for r in measure_regions(mask, background=background))
    turned = sorted(key(r, turned=True) for r in measure_regions(mask.T.copy(), background=background))
    np.testing.assert_allclose(np.array(plain), np.array(turned), atol=1e-6)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 5), st.integers(0, 5))
def test_a_rectangle_is_measured_exactly(height: int, width: int, top: int, left: int) -> None:
    mask = np.zeros((20, 20), np.uint8)
    mask[top : top + height, left : left + width] = 2
    region = _only(measure_regions(mask))
    assert (region.top, region.left, region.bottom, region.right) == (top, left, top + height, left + width)
    assert (region.row, region.column) == pytest.approx((top + (height - 1) / 2, left + (width - 1) / 2))
    assert region.area_px == height * width
    assert region.diameter_px == pytest.approx(2 * np.sqrt(height * width / np.pi))
    assert region.elongation == pytest.approx(max(height, width) / min(height, width))
    assert region.touches_edge == (top == 0 or left == 0)


def test_a_slanted_ellipse_has_the_ratio_of_its_axes() -> None:
    y, x = np.mgrid[0:200, 0:200] - 99.5
    along, across = (x + y) / np.sqrt(2), (x - y) / np.sqrt(2)
    mask = ((along / 90) ** 2 + (across / 30) ** 2 <= 1).astype(np.uint8)
    assert _only(measure_regions(mask)).elongation == pytest.approx(3, rel=0.01)


def test_pixels_that_meet_at_a_corner_are_two_regions() -> None:
    assert len(measure_regions(np.eye(2, dtype=np.uint8))) == 2


def test_a_region_has_the_mean_probability_of_its_own_class() -> None:
    mask = np.array([[1, 1, 0], [0, 0, 2]], np.uint8)
    probabilities = np.zeros((2, 3, 3), np.float32)
    probabilities[0, :2, 1] = (0.5, 0.75)
    probabilities[1, 2, 2] = 0.875
    probabilities[..., 0] = 1 - probabilities.sum(axis=2)
    assert [r.mean_probability for r in measure_regions(mask, probabilities=probabilities)] == [0.625, 0.875]
    assert [r.mean_probability for r in measure_regions(mask)] == [None, None]


def test_a_tall_mask_is_measured_as_its_parts_are() -> None:
    # Taller than one block of rows, with a region across the border of two blocks.
    mask = np.zeros((40_000, 40), np.uint8)
    mask[26_000:26_500, 10:20] = 1
    mask[100:120, 5:9] = 3
    wide = measure_regions(mask.T.copy())
    tall = measure_regions(mask)
    assert [(r.area_px, r.top, r.bottom) for r in tall] == [(5000, 26_000, 26_500), (80, 100, 120)]
    assert [(r.area_px, r.left, r.right) for r in wide] == [(5000, 26_000, 26_500), (80, 100, 120)]
    assert [r.elongation for r in tall] == pytest.approx([50, 5], rel=1e-6)


def test_a_mask_of_background_alone_has_no_regions() -> None:
    assert measure_regions(np.zeros((4, 4), np.uint8)) == []


@pytest.mark.parametrize("shape", [(0, 4), (3,), (2, 2, 2)])
def test_what_is_no_mask_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SegmentationError, match="height and width"):
        measure_regions(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(3, 4, 2), (4, 4, 1), (4, 4)])
def test_probabilities_of_another_image_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(SegmentationError, match="do not belong"):
        measure_regions(np.ones((4, 4), np.uint8), probabilities=np.ones(shape, np.float32))
