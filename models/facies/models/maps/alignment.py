"""Turning a new layout so that it lies as the old one did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def align(positions: NDArray[np.float32], common: NDArray[np.int64], old: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rotate, mirror and shift a layout so that points which were on an older one come nearest to where they lay.

    Distances stay as they are: the scale of a layout means something, its orientation does not.

    Args:
        positions: shape (n, 2).
        common: shape (m,), rows of those that were on the older one; m >= 1.
        old: shape (m, 2), where they lay.

    Returns:
        shape (n, 2), float32.

    Source: Schoenemann (1966): A generalized solution of the orthogonal Procrustes problem, Psychometrika 31.
    """
    here, there = positions[common].mean(axis=0), old.mean(axis=0)
    left, _, right = np.linalg.svd((positions[common] - here).T.astype(np.float64) @ (old - there))
    return np.asarray((positions - here) @ (left @ right) + there, dtype=np.float32)
