"""How fine the masks are that a model is to give back, and how far its answers may be smoothed for that.

Smoothing helps where particles are large, and wipes out what is smaller than its radius. Masks say how fine they are,
so the radius follows from them where a person names none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

RADII_PER_RUN: Final = 16
"""So many times the radius goes into a mean run; docs/segmentation_macerals.md has what smoothing does to scores."""
MOST_PX: Final = 8.0
"""The radius where masks are coarse."""


def mean_run_px(indices: NDArray[np.integer]) -> float:
    """The mean length of a run of one class along rows and columns.

    Args:
        indices: (height, width), class indices, at least one pixel.

    Returns:
        pixels; of a mask of one class the mean of its sides, as runs end at the edge.

    Example:
        >>> mean_run_px(np.array([[0, 0, 1, 1], [0, 0, 1, 1]]))
        2.0
    """
    height, width = indices.shape
    across = height + np.count_nonzero(indices[:, 1:] != indices[:, :-1])
    down = width + np.count_nonzero(indices[1:] != indices[:-1])
    return float(2 * indices.size / (across + down))


def smoothing_of_runs(runs_px: Sequence[float]) -> float:
    """The radius of the smoothing for images like those of some masks.

    Args:
        runs_px: the mean run of each mask, at least one; their median counts, so that one mask of a single class does
            not.

    Returns:
        pixels; 0 where it would be less than one, which no grid resolves.
    """
    radius = min(float(np.median(runs_px)) / RADII_PER_RUN, MOST_PX)
    return radius if radius >= 1 else 0.0
