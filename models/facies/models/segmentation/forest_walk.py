"""The walk of pixels through a forest, compiled by numba at its first use.

Pixels go down a tree side by side, one level at a time: a processor looks up many nodes at once, where one pixel after
the other waits for each of its own. Leaves lead to themselves, so no step asks whether it has arrived; after as many
levels as a balanced tree has, those that have not are followed alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

BLOCK = 256
"""Pixels that walk side by side: their features stay in a core's second cache, the nodes of a tree in its first."""
_CHUNK = 64 * BLOCK
_compiling = threading.Lock()

_Walk: TypeAlias = Callable[..., None]


@dataclass(frozen=True, slots=True, eq=False)
class WalkTables:
    """A forest as the walk reads it; all per node but the last three.

    Attributes:
        threshold: float32; infinite at leaves.
        child: uint32: the left child, which the right one follows; a leaf's own place.
        feature: uint16; 0 at leaves.
        leaf: uint32: row in `distributions`; 0 at splits.
        roots: shape (t,), uint32.
        levels: shape (t,), uint32: those that all pixels are taken through, whether they have arrived or not.
        distributions: shape (d, K), float32, the first K rows pure.
    """

    threshold: NDArray[np.float32]
    child: NDArray[np.uint32]
    feature: NDArray[np.uint16]
    leaf: NDArray[np.uint32]
    roots: NDArray[np.uint32]
    levels: NDArray[np.uint32]
    distributions: NDArray[np.float32]


def walk_forest(tables: WalkTables, features: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float32]:
    """Average the leaves that pixels end in.

    Threads are Python's, since the walk holds no lock; those of numba's own default may not be used by two callers at
    once.

    Args:
        tables: a forest whose nodes have been checked.
        features: shape (n, C), float32.
        threads: that walk at the same time, at least 1; the answer is the same for any number.

    Returns:
        shape (n, K), float32, rows that add up to 1.
    """
    walk = compiled_walk()
    rows = np.ascontiguousarray(features, dtype=np.float32)
    shares = np.zeros((len(rows), tables.distributions.shape[1]), np.float32)

    def run(start: int) -> None:
        walk(
            rows[start : start + _CHUNK],
            tables.threshold,
            tables.child,
            tables.feature,
            tables.leaf,
            tables.roots,
            tables.levels,
            tables.distributions,
            shares[start : start + _CHUNK],
        )

    starts = range(0, len(rows), _CHUNK)
    if threads <= 1 or len(starts) <= 1:
        for start in starts:
            run(start)
    else:
        with ThreadPoolExecutor(threads, thread_name_prefix="forest") as pool:
            list(pool.map(run, starts))
    shares /= np.float32(len(tables.roots))
    return shares


def compiled_walk() -> _Walk:
    """The compiled walk; the first call of a process loads it from numba's cache, or compiles it."""
    with _compiling:
        return _compile()


@cache
def _compile() -> _Walk:
    import numba
    from numba import types

    def table(kind: types.Type, axes: int) -> types.Array:
        return types.Array(kind, axes, "C", readonly=True)  # writable ones are taken too

    signature = types.void(
        table(types.float32, 2),
        table(types.float32, 1),
        table(types.uint32, 1),
        table(types.uint16, 1),
        table(types.uint32, 1),
        table(types.uint32, 1),
        table(types.uint32, 1),
        table(types.float32, 2),
        types.Array(types.float32, 2, "C"),
    )
    try:
        walk: _Walk = numba.njit(signature, nogil=True, cache=True)(_walk)
    except (RuntimeError, OSError, EOFError, ValueError):
        # No folder for the cache can be written (a read-only installation), or what lies there is damaged.
        walk = numba.njit(signature, nogil=True)(_walk)
    return walk


def _walk(  # noqa: PLR0917 (numba calls by position)
    rows: NDArray[np.float32],
    threshold: NDArray[np.float32],
    child: NDArray[np.uint32],
    feature: NDArray[np.uint16],
    leaf: NDArray[np.uint32],
    roots: NDArray[np.uint32],
    levels: NDArray[np.uint32],
    distributions: NDArray[np.float32],
    sums: NDArray[np.float32],
) -> None:
    """Add the leaves of all trees to ``sums``, shape (n, K)."""
    # All indices are unsigned: numba adds a test for negative ones to any others, which the walk would feel.
    classes = np.uint32(distributions.shape[1])
    node = np.empty(BLOCK, np.uint32)
    late = np.empty(BLOCK, np.uint32)
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        sum_of = sums[first : first + BLOCK]
        count = np.uint32(len(block))
        for tree in range(len(roots)):
            root = roots[tree]
            for i in range(count):
                node[i] = root
            for _ in range(levels[tree]):
                for i in range(count):
                    at = node[i]
                    node[i] = child[at] + np.uint32(block[i, feature[at]] > threshold[at])
            left = np.uint32(0)
            for i in range(count):
                late[left] = i
                left += np.uint32(child[node[i]] != node[i])
            while left > 0:
                still = np.uint32(0)
                for s in range(left):
                    i = late[s]
                    at = node[i]
                    at = child[at] + np.uint32(block[i, feature[at]] > threshold[at])
                    node[i] = at
                    late[still] = i
                    still += np.uint32(child[at] != at)
                left = still
            for i in range(count):
                at = leaf[node[i]]
                if at < classes:
                    sum_of[i, at] += np.float32(1)
                else:
                    for k in range(classes):
                        sum_of[i, k] += distributions[at, k]
