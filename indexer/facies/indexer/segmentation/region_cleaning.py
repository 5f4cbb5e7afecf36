"""Masks without crumbs: small holes are filled, then regions below a minimum area go to what surrounds them.

A region gives its pixels to the neighbour with which it shares the longest border; of equal ones to the larger, then to
the first. Small regions that touch each other are taken smallest first and may grow together, so that what remains is
exactly what is large enough. Rejected: each pixel's next best class by probability, which leaves crumbs of a third
class in place of the one removed, and needs the probabilities of the whole image at once.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.decoders.pixels import row_blocks
from facies.core.errors import SegmentationError
from facies.indexer.segmentation.regions import ClassImage, Components, find_components

_Borders: TypeAlias = "dict[int, dict[int, int]]"
"""Of each component that may go: the length of its border with each neighbour, in edges of pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class CleanedMask:
    """A mask without small holes and regions.

    Attributes:
        mask: shape and type of the mask that came.
        filled_holes: components of the background that were filled.
        filled_px: their pixels.
        removed_regions: regions of the foreground that were given to a neighbour.
        removed_px: their pixels.
    """

    mask: NDArray[np.integer]
    filled_holes: int = 0
    filled_px: int = 0
    removed_regions: int = 0
    removed_px: int = 0


def area_in_px(area_um2: float, um_per_px: float) -> int:
    """The fewest pixels that cover an area.

    Raises:
        SegmentationError: a value is no finite number in its range.

    Example:
        >>> area_in_px(25, 0.5), area_in_px(0, 0.5)
        (100, 0)
    """
    if not (math.isfinite(area_um2) and area_um2 >= 0 and math.isfinite(um_per_px) and um_per_px > 0):
        raise SegmentationError(
            f"an area of {area_um2} um2 at {um_per_px} um per pixel; expected an area of at least 0 and a scale above 0"
        )
    # A millionth of a pixel is rounding: 25 um2 at 0.1 um are 2500 pixels, not 2501.
    return math.ceil(area_um2 / um_per_px**2 - 1e-6)


def clean_mask(mask: ClassImage, *, min_region_px: int = 0, max_hole_px: int = 0, background: int = 0) -> CleanedMask:
    """Fill small holes of the background, then remove small regions of the foreground.

    A hole is a component of the background that does not touch the edge of the image; a grain of one class within
    another is none. Done twice, it changes nothing more.

    Args:
        mask: (height, width), class indices.
        min_region_px: regions of the foreground of fewer pixels are removed.
        max_hole_px: holes of at most so many pixels are filled.
        background: class index of the background, which is never too small.

    Raises:
        SegmentationError: a limit is below 0, or the mask is empty.
    """
    if min_region_px < 0 or max_hole_px < 0:
        raise SegmentationError(
            f"a least area of {min_region_px} px and holes up to {max_hole_px} px; expected limits of at least 0"
        )
    components = find_components(mask)
    is_hole = (components.classes == background) & (components.areas_px <= max_hole_px)
    is_hole[_on_edge(components.numbers)] = False
    filled = mask.copy()
    if is_hole.any():
        filled = _paint(components, _give_away(components, is_hole, max_hole_px + 1, background), mask)
        components = find_components(filled)
    filled_px = int(np.count_nonzero(filled != mask))
    is_small = (components.classes != background) & (components.areas_px < min_region_px)
    if not is_small.any():
        return CleanedMask(filled, int(is_hole.sum()), filled_px)
    classes = _give_away(components, is_small, min_region_px, background)
    is_removed = classes != components.classes
    return CleanedMask(
        _paint(components, classes, mask),
        int(is_hole.sum()),
        filled_px,
        int(is_removed.sum()),
        int(components.areas_px[is_removed].sum()),
    )


def _on_edge(numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The components that touch the edge of the image."""
    return np.unique(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))


def _paint(components: Components, classes: NDArray[np.int64], mask: ClassImage) -> ClassImage:
    painted: ClassImage = classes.astype(mask.dtype)[components.numbers]
    return painted


def _give_away(components: Components, is_small: NDArray[np.bool_], enough_px: int, alone: int) -> NDArray[np.int64]:
    """Give components to their neighbours until none of those that may go is too small.

    Args:
        components: of a mask.
        is_small: shape (n,), which of them may go.
        enough_px: what has grown to so many pixels stays.
        alone: class of a component without any neighbour, which is the whole image.

    Returns:
        shape (n,), the class of each component.
    """
    borders = _measure_borders(components.numbers, is_small)
    classes, areas = components.classes.tolist(), components.areas_px.tolist()
    roots = list(range(len(classes)))
    heap = [(areas[number], number) for number in np.flatnonzero(is_small).tolist()]
    heapq.heapify(heap)
    while heap:
        area, number = heapq.heappop(heap)
        if roots[number] != number or areas[number] != area:
            continue  # it was given away, or has grown, since it was put here
        shared: dict[int, int] = defaultdict(int)
        for neighbour, edges in borders.pop(number, {}).items():
            shared[_find_root(roots, neighbour)] += edges
        shared.pop(number, None)
        if not shared:
            classes[number] = alone
            continue
        taker = max(shared, key=lambda other: (shared[other], areas[other], -other))
        # All neighbours of the taker's class now touch each other through these pixels: they become one.
        joined = [other for other in shared if classes[other] == classes[taker]]
        stays_small = all(other in borders for other in joined)
        merged: dict[int, int] = dict(shared)
        for other in joined:
            for neighbour, edges in borders.pop(other, {}).items():
                merged[neighbour] = merged.get(neighbour, 0) + edges
            roots[other] = taker
        roots[number] = taker
        areas[taker] = sum(areas[other] for other in joined) + area
        if stays_small and areas[taker] < enough_px:
            borders[taker] = merged
            heapq.heappush(heap, (areas[taker], taker))
    return np.array([classes[_find_root(roots, number)] for number in range(len(classes))], dtype=np.int64)


def _find_root(roots: list[int], number: int) -> int:
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = roots[number]
    return number


def _measure_borders(numbers: NDArray[np.int32], is_small: NDArray[np.bool_]) -> _Borders:
    """Count the edges between pixels of small components and their neighbours."""
    borders: _Borders = {number: {} for number in np.flatnonzero(is_small).tolist()}
    for first, second, edges in _count_edges(numbers, is_small):
        for one, other in ((first, second), (second, first)):
            if is_small[one]:
                borders[one][other] = borders[one].get(other, 0) + edges
    return borders


def _count_edges(numbers: NDArray[np.int32], is_small: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    for rows in row_blocks(*numbers.shape):
        block = numbers[rows.start : rows.stop + 1]  # with the next row, for the edges between the blocks
        own = rows.stop - rows.start
        pairs = [(block[:own, :-1], block[:own, 1:]), (block[:-1], block[1:])]
        keys = []
        for before, after in pairs:
            met = (before != after) & (is_small[before] | is_small[after])
            low, high = np.minimum(before[met], after[met]), np.maximum(before[met], after[met])
            keys.append(low.astype(np.int64) * len(is_small) + high)
        unique, counts = np.unique(np.concatenate(keys), return_counts=True)
        for key, edges in zip(unique.tolist(), counts.tolist(), strict=True):
            yield *divmod(key, len(is_small)), edges
