"""Where a model is in doubt, at a few thousand places: probabilities and uncertainty as means of cells.

Bands of probabilities come by once; what is kept of them is small enough for the tallest core.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError

Means = NDArray[np.float64]


class DoubtGrid:
    """Adds up bands of probabilities in square cells, in any order, each row once."""

    def __init__(self, shape: tuple[int, int], classes: int, cell_px: int = 8) -> None:
        """Begin with nothing.

        Args:
            shape: height and width of the picture.
            classes: K.
            cell_px: side of a cell, in pixels.

        Raises:
            DepthError: cells of no size.
        """
        if cell_px < 1:
            raise DepthError(f"cells have a side of {cell_px} px, expected at least 1")
        self.shape = shape
        self.cell_px = cell_px
        self._across = np.arange(0, shape[1], cell_px)
        size = (math.ceil(shape[0] / cell_px), len(self._across))
        self._sums = np.zeros((*size, classes + 1))
        tall = np.minimum(cell_px, shape[0] - np.arange(size[0]) * cell_px)
        wide = np.minimum(cell_px, shape[1] - self._across)
        self._pixels = (tall[:, None] * wide[None, :]).astype(np.float64)

    def add(self, top: int, probabilities: NDArray[np.float32], uncertainty: NDArray[np.float32]) -> None:
        """Add a band.

        Args:
            top: its first row.
            probabilities: shape (h, width, K), float32, 0 to 1.
            uncertainty: shape (h, width), 0 to 1.

        Raises:
            DepthError: the band does not fit the picture.
        """
        height, width = uncertainty.shape
        kinds = self._sums.shape[2] - 1
        if probabilities.shape != (height, width, kinds) or width != self.shape[1] or top + height > self.shape[0]:
            raise DepthError(
                f"a band of probabilities {probabilities.shape} from row {top} does not fit a picture of "
                f"{self.shape[0]} x {self.shape[1]} px and {kinds} classes"
            )
        cells = np.arange(top, top + height) // self.cell_px
        starts = np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))
        rows = cells[starts]
        for part, held in ((slice(0, kinds), probabilities), (slice(kinds, None), uncertainty[..., None])):
            narrow = np.add.reduceat(held, self._across, axis=1, dtype=np.float64)
            self._sums[rows, :, part] += np.add.reduceat(narrow, starts, axis=0)

    @property
    def probabilities(self) -> Means:
        """Mean probabilities: shape (rows of cells, columns of cells, K), float64, 0 to 1."""
        means: Means = self._sums[..., :-1] / self._pixels[..., None]
        return means

    @property
    def uncertainty(self) -> Means:
        """Mean uncertainty: shape (rows of cells, columns of cells), float64, 0 to 1."""
        means: Means = self._sums[..., -1] / self._pixels
        return means

    @property
    def centres(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pixel rows and pixel columns in the middles of the cells: one for each row, one for each column of cells."""
        down, across = (
            np.minimum(np.arange(count) * self.cell_px + self.cell_px // 2, side - 1)
            for count, side in zip(self._sums.shape[:2], self.shape, strict=True)
        )
        return down, across
