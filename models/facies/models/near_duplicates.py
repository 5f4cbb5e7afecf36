"""Near-duplicates: pictures that are all but the same, and should not have two labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Embeddings, Indices, Similarities
    from facies.models.abstention import Flags

ALIKE: Final = 0.98
"""Cosine from which two images are taken for near-duplicates."""
MOST_PAIRS: Final = 100_000
_ROUNDING: Final = 1e-6
"""Rounding takes equal vectors to just below 1."""
_BLOCK: Final = 1024
"""Images that are compared with so many others at a time: whatever is alike to what, memory stays bounded."""

OnBlock: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of images, the most similar first.

    Attributes:
        first: shape (m,): the lower index of each pair.
        second: shape (m,): the higher one.
        similarities: shape (m,), the cosine.
    """

    first: Indices
    second: Indices
    similarities: Similarities


def find_conflicts(embeddings: Embeddings, codes: Codes, threshold: float = ALIKE, *, most: int = MOST_PAIRS) -> Pairs:
    """Find pairs of near-duplicates whose labels differ.

    All pairs are looked at, tile by tile: n images take n * n / 2 products, and memory for the pairs that are kept.

    Args:
        embeddings: shape (n, d), float32, unit rows.
        codes: shape (n,), the label of each.
        threshold: least cosine, above -1 and at most 1.
        most: pairs that are kept, the most similar ones.

    Raises:
        QueryError: the threshold is out of its range.
    """
    _check(threshold)
    found = Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    for rows, columns, near in _compare(embeddings):
        alike = _is_alike(near, threshold) & (codes[rows, None] != codes[columns])
        if len(found.first) >= most:
            alike &= near > found.similarities[-1]
        if rows == columns:
            alike = np.triu(alike, 1)
        first, second = np.nonzero(alike)
        if len(first):
            more = Pairs(first + rows.start, second + columns.start, near[first, second])
            found = _join_pairs(found, more, most)
    return found


def group_copies(
    embeddings: Embeddings, threshold: float = ALIKE, on_block: OnBlock = lambda _: None
) -> list[tuple[list[int], float]]:
    """Put near-duplicates into groups: whatever is alike to one of a group belongs to it.

    All pairs are looked at, tile by tile, and none is kept.

    Args:
        embeddings: shape (n, d), float32, unit rows.
        threshold: least cosine, above -1 and at most 1.
        on_block: told how many images have been compared with all others; may raise to stop.

    Returns:
        of each group of at least two its indices, rising, and the least cosine that counts: of every member the nearest
        other one is at least so similar.

    Raises:
        QueryError: the threshold is out of its range.
    """
    _check(threshold)
    count = len(embeddings)
    group_of, nearest = np.arange(count), np.full(count, -1.0, np.float32)
    for rows, columns, near in _compare(embeddings):
        if rows == columns:
            np.fill_diagonal(near, -1.0)
        nearest[rows] = np.maximum(nearest[rows], near.max(axis=1))
        nearest[columns] = np.maximum(nearest[columns], near.max(axis=0))
        _join_groups(group_of, rows, columns, _is_alike(near, threshold))
        if columns.stop == count:
            on_block(rows.stop)
    order = np.argsort(group_of, kind="stable")
    bounds = np.flatnonzero(np.diff(group_of[order], prepend=-1, append=count))
    members = (order[start:end] for start, end in pairwise(bounds) if end - start > 1)
    return [(some.tolist(), float(nearest[some].min())) for some in members]


def _check(threshold: float) -> None:
    if not -1 < threshold <= 1:
        raise QueryError(f"the cosine of near-duplicates is {threshold:g}, expected more than -1 and at most 1")


def _compare(embeddings: Embeddings) -> Iterator[tuple[slice, slice, Similarities]]:
    """Cosines of all pairs, tile by tile: which rows, which columns, and the tile; those on the diagonal hold both."""
    starts = range(0, len(embeddings), _BLOCK)
    parts = [slice(start, min(start + _BLOCK, len(embeddings))) for start in starts]
    for number, rows in enumerate(parts):
        for columns in parts[number:]:
            near = embeddings[rows] @ embeddings[columns].T
            yield rows, columns, np.clip(near, -1.0, 1.0, out=near)


def _is_alike(near: Similarities, threshold: float) -> Flags:
    alike: Flags = near >= threshold - _ROUNDING
    return alike


def _join_pairs(some: Pairs, more: Pairs, most: int) -> Pairs:
    """The most similar of both."""
    first = np.concatenate([some.first, more.first])
    second = np.concatenate([some.second, more.second])
    similarities = np.concatenate([some.similarities, more.similarities])
    order = np.lexsort((second, first, -similarities))[:most]
    return Pairs(first[order], second[order], similarities[order])


def _join_groups(group_of: Indices, rows: slice, columns: slice, alike: Flags) -> None:
    """Give images that are alike, and all of their groups, the lowest number of these groups."""
    here, there = group_of[rows], group_of[columns]
    first, second = np.nonzero(alike & (here[:, None] != there))
    if not len(first):
        return
    groups, places = np.unique(np.concatenate([here, there]), return_inverse=True)
    edges = (places[: len(here)][first], places[len(here) :][second])
    links = coo_array((np.ones(len(first), np.bool_), edges), shape=(len(groups), len(groups)))
    number, joined = connected_components(links, directed=False)
    lowest = np.full(number, len(group_of))
    np.minimum.at(lowest, joined, groups)
    becomes = np.arange(len(group_of))
    becomes[groups] = lowest[joined]
    group_of[:] = becomes[group_of]
