"""From probabilities on the grid they were predicted on to the pixels of the image, in bands of few rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError

BAND_ROWS: Final = 256


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a grid lie in an image.

    Attributes:
        shape: (rows, columns) of the grid.
        stride: pixels from one cell to the next.
        offset_px: from the middle of the first pixel to the middle of the first cell, the same down and across.
    """

    shape: tuple[int, int]
    stride: int
    offset_px: float


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Rows of an image with their probabilities.

    Attributes:
        top: the first of these rows.
        probabilities: shape (h, w, K), float32, h at most `BAND_ROWS`; at the image's own resolution.
    """

    top: int
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Between which cells pixels lie, and how far on the way from the lower to the upper one."""

    lower: NDArray[np.intp]
    upper: NDArray[np.intp]
    share: NDArray[np.float32]

    def between(self, start: int, stop: int) -> _Places:
        """Those of some pixels."""
        return _Places(self.lower[start:stop], self.upper[start:stop], self.share[start:stop])


def upsample_bands(
    bands: Iterable[NDArray[np.float32]], grid: Grid, shape: tuple[int, int], *, band_rows: int = BAND_ROWS
) -> Iterator[Band]:
    """Interpolate linearly between cells; pixels beyond the outermost cells get what these have.

    Args:
        bands: shape (any, columns, K), float32, the rows of the grid in order.
        grid: where its cells lie.
        shape: (height, width) of the image.
        band_rows: of the image, that a band has at most.

    Yields:
        bands that begin at multiples of ``band_rows``, however the rows of the grid came; pixels do not depend on it
        either, to the last bit.
    """
    height, width = shape
    rows = _places(np.arange(height), grid.shape[0], grid)
    columns = _places(np.arange(width), grid.shape[1], grid)
    held: NDArray[np.float32] | None = None
    first = top = 0  # row of the grid where the held ones begin; row of the image where the next band does
    for band in bands:
        held = band if held is None else np.concatenate([held, band])
        while top < height:
            stop = min(top + band_rows, height)
            if rows.upper[stop - 1] >= first + len(held):
                break
            yield Band(top, _interpolate(held, first, rows.between(top, stop), columns))
            top = stop
        if top < height:
            kept = int(rows.lower[top])
            held, first = held[kept - first :], kept
    if top < height:
        raise SegmentationError(
            f"the grid ended at row {first + (0 if held is None else len(held))} of {grid.shape[0]}"
        )


def _places(pixels: NDArray[np.intp], cells: int, grid: Grid) -> _Places:
    at = np.clip((pixels - grid.offset_px) / grid.stride, 0, cells - 1)
    lower = np.floor(at).astype(np.intp)
    return _Places(lower, np.minimum(lower + 1, cells - 1), (at - lower).astype(np.float32))


def _interpolate(held: NDArray[np.float32], first: int, rows: _Places, columns: _Places) -> NDArray[np.float32]:
    upper = held[rows.upper - first]
    tall = held[rows.lower - first]
    upper -= tall
    upper *= rows.share[:, None, None]
    tall += upper
    right = tall[:, columns.upper]
    wide = tall[:, columns.lower]
    right -= wide
    right *= columns.share[:, None]
    wide += right
    return wide
