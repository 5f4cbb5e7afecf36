"""Covariances and their directions, as the projections are fitted by them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.float64]
_BLOCK = 4096


def compute_covariance(rows: NDArray[np.float32] | Matrix, mean: Matrix) -> Matrix:
    """Compute the covariance (d, d) of rows (n, d) about a mean (d,), divided by n, in float64.

    The rows are taken together in blocks: in float64 all of them would fill the memory.
    """
    total = np.zeros((len(mean), len(mean)))
    for start in range(0, len(rows), _BLOCK):
        apart = rows[start : start + _BLOCK] - mean
        total += apart.T @ apart
    return total / len(rows)


def fix_signs(directions: Matrix) -> Matrix:
    """Turn each direction, a column, so that its largest value is positive: libraries differ in what they give.

    >>> fix_signs(np.array([[1.0, 1.0], [-2.0, 3.0]])).tolist()
    [[-1.0, 1.0], [2.0, 3.0]]
    """
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    return directions * np.where(largest < 0, -1.0, 1.0)
