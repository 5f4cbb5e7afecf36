"""Near-duplicates: pictures that are all but the same, and should not have two labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Embeddings, Indices, Similarities

ALIKE: Final = 0.98
"""Cosine from which two images are taken for near-duplicates."""
_BLOCK: Final = 1024


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
    if not -1 < threshold <= 1:
        raise QueryError(f"the cosine of near-duplicates is {threshold:g}, expected more than -1 and at most 1")
    firsts, seconds, cosines = [], [], []
    for start in range(0, len(embeddings), _BLOCK):
        rows = embeddings[start : start + _BLOCK]
        near = np.clip(rows @ embeddings[start:].T, -1.0, 1.0)
        # Rounding takes equal vectors to just below 1.
        alike = near >= threshold - 1e-6
        alike &= codes[start : start + len(rows), None] != codes[start:]
        first, second = np.nonzero(alike)
        above = second > first
        firsts.append(first[above] + start)
        seconds.append(second[above] + start)
        cosines.append(near[first[above], second[above]])
    if not firsts:
        empty = np.empty(0, dtype=np.int64)
        return Pairs(empty, empty, np.empty(0, dtype=np.float32))
    first, second, similarities = (np.concatenate(parts) for parts in (firsts, seconds, cosines))
    order = np.lexsort((second, first, -similarities))
    return Pairs(first[order], second[order], similarities[order])
