"""Near-duplicates: pictures that are all but the same, and should not have two labels."""

from __future__ import annotations

from collections.abc import Callable
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
_BLOCK: Final = 1024

OnBlock: TypeAlias = Callable[[int], None]
Wanted: TypeAlias = "Callable[[slice, slice], Flags]"


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


def find_conflicts(embeddings: Embeddings, codes: Codes, threshold: float = ALIKE) -> Pairs:
    """Find pairs of near-duplicates whose labels differ.

    All pairs are looked at, in blocks: n images take n * n / 2 products and memory for those that are found.

    Args:
        embeddings: shape (n, d), float32, unit rows.
        codes: shape (n,), the label of each.
        threshold: least cosine, above -1 and at most 1.

    Raises:
        QueryError: the threshold is out of its range.
    """
    return find_pairs(embeddings, threshold, lambda rows, columns: codes[rows, None] != codes[columns])


def group_copies(
    embeddings: Embeddings, threshold: float = ALIKE, on_block: OnBlock = lambda _: None
) -> list[tuple[list[int], float]]:
    """Put near-duplicates into groups: whatever is alike to one of a group belongs to it.

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
    pairs = find_pairs(embeddings, threshold, None, on_block)
    count = len(embeddings)
    ones = np.ones(len(pairs.first), dtype=np.bool_)
    number, group_of = connected_components(
        coo_array((ones, (pairs.first, pairs.second)), shape=(count, count)), directed=False
    )
    nearest = np.full(count, -1.0)
    for ends in (pairs.first, pairs.second):
        np.maximum.at(nearest, ends, pairs.similarities)
    order = np.argsort(group_of, kind="stable")
    bounds = np.searchsorted(group_of[order], np.arange(number + 1))
    members = (order[start:end] for start, end in pairwise(bounds) if end - start > 1)
    return [(some.tolist(), float(nearest[some].min())) for some in members]


def find_pairs(
    embeddings: Embeddings, threshold: float, wanted: Wanted | None, on_block: OnBlock = lambda _: None
) -> Pairs:
    """Find all pairs of images that are so similar, and wanted.

    Args:
        embeddings: shape (n, d), float32, unit rows.
        threshold: least cosine, above -1 and at most 1.
        wanted: takes two slices of places, of a rows and b columns, and gives which pairs count, (a, b); None: all do.
        on_block: told how many images have been compared with all others; may raise to stop.

    Raises:
        QueryError: the threshold is out of its range.
    """
    if not -1 < threshold <= 1:
        raise QueryError(f"the cosine of near-duplicates is {threshold:g}, expected more than -1 and at most 1")
    firsts, seconds, cosines = [], [], []
    for start in range(0, len(embeddings), _BLOCK):
        rows = embeddings[start : start + _BLOCK]
        near = np.clip(rows @ embeddings[start:].T, -1.0, 1.0)
        # Rounding takes equal vectors to just below 1.
        alike = near >= threshold - 1e-6
        if wanted is not None:
            alike &= wanted(slice(start, start + len(rows)), slice(start, None))
        first, second = np.nonzero(alike)
        above = second > first
        firsts.append(first[above] + start)
        seconds.append(second[above] + start)
        cosines.append(near[first[above], second[above]])
        on_block(start + len(rows))
    if not firsts:
        empty = np.empty(0, dtype=np.int64)
        return Pairs(empty, empty, np.empty(0, dtype=np.float32))
    first, second, similarities = (np.concatenate(parts) for parts in (firsts, seconds, cosines))
    order = np.lexsort((second, first, -similarities))
    return Pairs(first[order], second[order], similarities[order])
