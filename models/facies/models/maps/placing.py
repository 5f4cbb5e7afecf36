"""Places on a frozen layout for vectors that it was not computed from: among their nearest neighbours."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_STEPS: Final = 8
"""Of the iteration; the places move by less than a thousandth of the layout's width after these."""


def place_among(similarities: NDArray[np.float32], positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Place vectors at the weighted geometric median of their neighbours' positions.

    The mean would put a vector whose neighbours lie in two clusters between them, where nothing is. The median lies in
    the cluster of most weight. A neighbour's weight falls with its distance, by half where it is as much farther than
    the nearest as the neighbours are on average.

    Args:
        similarities: shape (n, k), cosines, falling along each row, k >= 1.
        positions: shape (n, k, 2), of the same neighbours.

    Returns:
        shape (n, 2), float32.

    Source: Weiszfeld (1937), in the translation of Weiszfeld & Plastria (2009): On the point for which the sum of the
    distances to n given points is minimum, Ann. Oper. Res. 167.
    """
    beyond = similarities[:, :1] - similarities
    scale = beyond.mean(axis=1, keepdims=True)
    weights = np.exp2(-beyond / np.where(scale > 0, scale, 1.0)).astype(np.float32)
    weights /= weights.sum(axis=1, keepdims=True)
    least = max(float(np.abs(positions).max(initial=0.0)) * 1e-4, 1e-12)  # how near to a neighbour is on it
    places = (weights[:, :, None] * positions).sum(axis=1)
    for _ in range(_STEPS):
        away = np.linalg.norm(positions - places[:, None, :], axis=2)
        pull = weights / np.maximum(away, least)
        places = (pull[:, :, None] * positions).sum(axis=1) / pull.sum(axis=1, keepdims=True)
    return np.asarray(places, dtype=np.float32)
