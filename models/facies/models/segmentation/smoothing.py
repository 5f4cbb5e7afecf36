"""Smoothing of probabilities on the grid they were predicted on: a box, twice, whole or in bands that come one by one.

Sums are made of whole numbers (shares of 2**-20), which add up the same in any order. So a band gets what it would get
in the whole, to the last bit, wherever it begins and ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PASSES: Final = 2
MAX_RADIUS_PX: Final = 1000.0
"""Of the smoothing, in pixels of the image: beyond it a slip of a scale or a unit is likelier than a wish."""
_ONE: Final = 1 << 20
"""A share of 1. Rounding to it moves no probability by more than half a millionth."""


def check_radius_px(radius_px: float, what: str) -> None:
    """Refuse a radius that makes no sense.

    Args:
        radius_px: in pixels of the image.
        what: what it is called, and where it comes from.

    Raises:
        SegmentationError: it is below 0, above `MAX_RADIUS_PX`, or no number.
    """
    if not 0 <= radius_px <= MAX_RADIUS_PX:
        raise SegmentationError(
            f"{what} is {radius_px:g} pixels, expected a radius of 0 (no smoothing) to {MAX_RADIUS_PX:g} pixels; give "
            "a smaller one, or correct the scale"
        )


def smooth(probabilities: NDArray[np.float32], radius_cells: float) -> NDArray[np.float32]:
    """Average probabilities with those around them, by a square box and then by the same box again.

    Beyond the border there is nothing, and nothing is made up: the mean is of the cells that are there.

    Args:
        probabilities: shape (h, w, K), float32, 0 to 1.
        radius_cells: how far the box reaches from its middle; of a fraction, the cells beyond count by that much. 0
            changes nothing.

    Returns:
        shape (h, w, K), float32; they still add up to 1 where they did.

    Raises:
        SegmentationError: the radius is below 0 or not finite.
    """
    bands = list(smooth_bands([probabilities], len(probabilities), radius_cells))
    return bands[0] if len(bands) == 1 else np.concatenate(bands)


def smooth_bands(
    bands: Iterable[NDArray[np.float32]], height: int, radius_cells: float
) -> Iterator[NDArray[np.float32]]:
    """Smooth a grid whose rows come in bands, from top to bottom.

    Args:
        bands: shape (any, w, K), float32, 0 to 1, the rows of the grid in order.
        height: how many rows they have together.
        radius_cells: see `smooth`.

    Yields:
        bands of the smoothed grid, in order; of other heights, and later than they came by the reach of the boxes.

    Raises:
        SegmentationError: the radius is below 0 or not finite.
    """
    if not 0 <= radius_cells < np.inf:
        raise SegmentationError(f"a smoothing radius of {radius_cells} cells, expected 0 (none) or more")
    if radius_cells == 0:
        yield from bands
        return
    reach = PASSES * int(np.ceil(radius_cells))
    held: NDArray[np.int64] | None = None
    top = done = 0  # row of the grid where the held ones begin, and how many are finished
    for band in bands:
        rows = np.rint(band * np.float32(_ONE)).astype(np.int64)
        held = rows if held is None else np.concatenate([held, rows])
        end = top + len(held)
        ready = end if end >= height else end - reach
        if ready <= done:
            continue
        yield _smooth_rows(held, top, height, (done, ready), radius_cells)
        done = ready
        kept = max(0, done - reach)
        held, top = held[kept - top :], kept
    if done != height:
        raise SegmentationError(
            f"{top + (0 if held is None else len(held))} rows came to be smoothed, expected {height}"
        )


def _smooth_rows(
    held: NDArray[np.int64], top: int, height: int, wanted: tuple[int, int], radius: float
) -> NDArray[np.float32]:
    """Smooth the wanted rows, from and to, of the grid; the held ones begin at ``top`` and reach far enough."""
    step = int(np.ceil(radius))
    values, first = held, top
    for done in range(1, PASSES + 1):
        margin = (PASSES - done) * step
        low, high = max(0, wanted[0] - margin), min(height, wanted[1] + margin)
        values = _box(values, 0, (low - first, high - first), radius)
        first = low
    for _ in range(PASSES):
        values = _box(values, 1, (0, values.shape[1]), radius)
    return values.astype(np.float32) * np.float32(1 / _ONE)


def _box(values: NDArray[np.int64], axis: int, wanted: tuple[int, int], radius: float) -> NDArray[np.int64]:
    """Means along an axis at the wanted places, from and to, of the places that are there."""
    count = values.shape[axis]
    whole, part = int(radius), radius - int(radius)
    sums = np.zeros([size + (at == axis) for at, size in enumerate(values.shape)], np.int64)
    np.cumsum(values, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
    places = np.arange(*wanted)

    def window(reach: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        low, high = np.maximum(places - reach, 0), np.minimum(places + reach + 1, count)
        return np.take(sums, high, axis) - np.take(sums, low, axis), high - low

    total, size = window(whole)
    shape = [-1 if at == axis else 1 for at in range(values.ndim)]
    if not part:
        return np.rint(total * (1.0 / size).reshape(shape)).astype(np.int64)
    wider, wider_size = window(whole + 1)
    weight = 1.0 / ((1 - part) * size + part * wider_size)
    return np.rint(((1 - part) * total + part * wider) * weight.reshape(shape)).astype(np.int64)
