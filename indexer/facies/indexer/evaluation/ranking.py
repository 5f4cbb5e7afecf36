"""The order in which a gallery answers: each image asks all others, or those of a split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError
from facies.core.metrics import Indices

if TYPE_CHECKING:
    from facies.core.metrics import Codes
    from facies.indexer.evaluation.splits import Split
    from facies.models.rerank import Reranker

Metric: TypeAlias = Literal["cosine", "euclidean"]
Features: TypeAlias = NDArray[np.float32]
"""Shape (n, d), float32; rows of unit length for the cosine, as a network gives them for the Euclidean distance."""

_BLOCK_VALUES = 2**22
"""Values of a block of the ranking, so that it takes about 200 MiB for a gallery of any size."""


@dataclass(frozen=True, slots=True)
class Order:
    """How neighbours are ordered.

    Attributes:
        metric: ``cosine`` of unit rows, or ``euclidean`` distance of any rows.
        rerank: how the first candidates are ordered anew; None: not at all.
    """

    metric: Metric = "cosine"
    rerank: Reranker | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The rankings of consecutive queries.

    Attributes:
        start: index of the first query.
        ranked: shape (b, n - 1): every image but the query, nearest first; last those of the query's own group.
        candidates: shape (b,): how many of them are candidates, which images of the query's group are not.
    """

    start: int
    ranked: Indices
    candidates: Indices


def rank_gallery(features: Features, order: Order, groups: Codes | None = None) -> Iterator[Block]:
    """Let every image ask all others.

    Ties go to the lower index. With re-ranking the best candidates of the plain order come in the new order, the others
    follow in the plain one.

    Args:
        features: shape (n, d), n >= 2.
        order: how neighbours are ordered.
        groups: shape (n,); images of the query's group are no candidates.

    Yields:
        blocks of consecutive queries, all n in the end.
    """
    count = len(features)
    size = max(1, _BLOCK_VALUES // count)
    for start in range(0, count, size):
        queries = np.arange(start, min(start + size, count))
        nearness = compute_nearness(features[queries], features, order.metric)
        candidates = np.full(len(queries), count - 1)
        if groups is not None:
            mates = groups[queries, None] == groups
            nearness[mates] = -np.finfo(nearness.dtype).max
            candidates = count - mates.sum(axis=1)
        nearness[np.arange(len(queries)), queries] = -np.inf
        ranked = np.argsort(-nearness, axis=1, kind="stable")[:, :-1]
        for row, query in enumerate(queries if order.rerank else ()):
            _rerank(features[query], features, ranked[row, : candidates[row]], order.rerank)
        yield Block(start, ranked, candidates)


def rank_split(features: Features, split: Split, order: Order, count: int) -> Indices:
    """Let the test images of a split ask its gallery.

    With re-ranking the graph holds images of the gallery and the one query, nothing of the other test images.

    Args:
        features: shape (n, d), of all images.
        split: which are test images, which the gallery.
        order: how neighbours are ordered.
        count: neighbours wanted of each.

    Returns:
        shape (t, count), or as many as the gallery holds: indices among all images, nearest first.
    """
    gallery = features[split.train]
    depth = max(count, order.rerank.candidates if order.rerank else 0)
    nearest = np.empty((len(split.test), min(count, len(gallery))), dtype=np.int64)
    size = max(1, _BLOCK_VALUES // len(gallery))
    for start in range(0, len(split.test), size):
        nearness = compute_nearness(features[split.test[start : start + size]], gallery, order.metric)
        for row, values in enumerate(nearness, start):
            ranked = find_first(values, depth)
            _rerank(features[split.test[row]], gallery, ranked, order.rerank)
            nearest[row] = split.train[ranked[:count]]
    return nearest


def compute_nearness(queries: Features, gallery: Features, metric: Metric) -> NDArray[np.float32 | np.float64]:
    """Compute a value for each pair, (q, n), that is larger for nearer ones.

    For ``cosine`` it is the cosine; for ``euclidean`` the negative of the squared distance, in float64, since the
    difference of large squares leaves too little of float32.

    Raises:
        DimensionMismatchError: the arrays differ in d.
    """
    if queries.shape[1] != gallery.shape[1]:
        raise DimensionMismatchError("the query", gallery.shape[1], queries.shape[1])
    if metric == "cosine":
        cosines: NDArray[np.float32] = np.clip(queries @ gallery.T, -1.0, 1.0)
        return cosines
    wide, others = queries.astype(np.float64), gallery.astype(np.float64)
    nearness: NDArray[np.float64] = 2 * (wide @ others.T)
    nearness -= np.einsum("ij,ij->i", others, others)
    nearness -= np.einsum("ij,ij->i", wide, wide)[:, None]
    return nearness


def find_first(nearness: NDArray[np.float32 | np.float64], count: int) -> Indices:
    """Find the ``count`` largest of (n,) values, or all where there are fewer; ties go to the lower index.

    Example:
        >>> find_first(np.array([0.1, 0.9, 0.1, 0.5]), 3).tolist()
        [1, 3, 0]
    """
    if count >= len(nearness):
        return np.argsort(-nearness, kind="stable")
    threshold = np.partition(nearness, len(nearness) - count)[len(nearness) - count]
    among = np.flatnonzero(nearness >= threshold)
    first: Indices = among[np.argsort(-nearness[among], kind="stable")][:count]
    return first


def _rerank(query: Features, gallery: Features, ranked: Indices, reranker: Reranker | None) -> None:
    """Order the first candidates anew, in place; those of equal affinity keep the plain order."""
    if reranker is None:
        return
    first = ranked[: reranker.candidates].copy()
    affinities = reranker.affinities(query, gallery[first])
    ranked[: len(first)] = first[np.argsort(-affinities, kind="stable")]
