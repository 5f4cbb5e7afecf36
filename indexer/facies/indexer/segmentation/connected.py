"""Pixels that touch: the pieces that some labelled pixels of an image fall into, without an image in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))
"""The half of the eight neighbours that comes later in the order of rows; the other half is the same pairs again."""


def connected_pixels(
    rows: NDArray[np.int32], columns: NDArray[np.int32], classes: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Number the pieces of one class: pixels are of one piece where they touch, also at corners.

    Args:
        rows: (n,), of each pixel; pixels are sorted by row and column, each once.
        columns: (n,), of each pixel.
        classes: (n,), only pixels of the same class are joined.

    Returns:
        (n,) numbers from 0, by the first pixel of each piece.
    """
    first, second = touching_pairs(rows, columns)
    same = classes[first] == classes[second]
    return join(first[same], second[same], len(rows))


def touching_pairs(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find all pairs of pixels that touch, also at corners, as positions in the given order; see `connected_pixels`."""
    stride = np.int64(columns.max(initial=0)) + 3  # a column free on either side, so that rows do not meet
    keys = rows.astype(np.int64) * stride + columns + 1
    first, second = [], []
    for down, right in _NEIGHBOURS:
        wanted = keys + down * stride + right
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        here = np.flatnonzero(keys[at] == wanted)
        first.append(here)
        second.append(at[here])
    return np.concatenate(first), np.concatenate(second)


def join(first: NDArray[np.intp], second: NDArray[np.intp], count: int) -> NDArray[np.int32]:
    """Number the groups of `count` things of which some pairs belong together, by the first member of each group."""
    graph = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    found = connected_components(graph, directed=False)[1]
    _, firsts, group = np.unique(found, return_index=True, return_inverse=True)
    place = np.empty(len(firsts), np.int32)
    place[np.argsort(firsts)] = np.arange(len(firsts))
    return np.asarray(place[group], np.int32)
