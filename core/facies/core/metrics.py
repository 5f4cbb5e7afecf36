"""Measures of retrieval and classification in plain numpy, each with its source.

Similarity is the cosine of unit vectors; higher is nearer. A result is *relevant* where it belongs to the class of the
query.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError, QueryError

Embeddings: TypeAlias = NDArray[np.float32]
"""Shape (n, d), float32, rows of unit length."""
Indices: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int64]
"""The class, or the group, of each image as a number from 0."""
Similarities: TypeAlias = NDArray[np.float32]
Relevance: TypeAlias = NDArray[np.bool_]
"""Shape (n,), whether each result, nearest first, is relevant."""

_BLOCK = 256


def exact_neighbours(queries: Embeddings, gallery: Embeddings, k: int) -> tuple[Indices, Similarities]:
    """Find each query's k nearest gallery vectors by cosine similarity.

    Rows must have unit length, so that the dot product is the cosine. Ties go to the lower gallery index.

    Args:
        queries: shape (q, d), float32, unit rows.
        gallery: shape (n, d), float32, unit rows, n >= k.
        k: number of neighbours, 1 <= k <= n.

    Returns:
        indices and similarities, both (q, k); similarities lie in [-1, 1], falling along each row.

    Raises:
        DimensionMismatchError: the arrays differ in d.
        QueryError: k is outside 1 to n.

    Source: Manning, Raghavan & Schütze (2008): Introduction to information retrieval, ch. 6.3.

    Example:
        >>> gallery = np.eye(3, dtype=np.float32)
        >>> indices, similarities = exact_neighbours(gallery[:1], gallery, k=2)
        >>> indices.tolist(), similarities.tolist()
        ([[0, 1]], [[1.0, 0.0]])
    """
    if queries.shape[1] != gallery.shape[1]:
        raise DimensionMismatchError("the query", gallery.shape[1], queries.shape[1])
    if not 1 <= k <= len(gallery):
        raise QueryError(f"k is {k}, expected 1 to {len(gallery)}, the size of the gallery")
    indices = np.empty((len(queries), k), dtype=np.int64)
    similarities = np.empty((len(queries), k), dtype=np.float32)
    for start in range(0, len(queries), _BLOCK):
        block = np.clip(queries[start : start + _BLOCK] @ gallery.T, -1.0, 1.0)
        for row, cosines in enumerate(block, start):
            indices[row] = _largest(cosines, k)
            similarities[row] = cosines[indices[row]]
    return indices, similarities


def other_neighbours(embeddings: Embeddings, k: int, groups: Codes | None = None) -> tuple[Indices, Similarities]:
    """Find the k nearest others of each row, by cosine similarity: not itself, and none of its own group.

    Args:
        embeddings: shape (n, d), float32, unit rows.
        k: number of neighbours, from 1 to the number of others that every row has.
        groups: shape (n,); None: each row is a group of its own.

    Returns:
        indices and similarities, both (n, k), see `exact_neighbours`.

    Raises:
        QueryError: k is out of its range.

    Example:
        >>> rows = np.eye(3, dtype=np.float32)[[0, 0, 1]]
        >>> other_neighbours(rows, 1)[0].tolist(), other_neighbours(rows, 1, np.array([0, 0, 1]))[0].tolist()
        ([[1], [0], [0]], [[2], [2], [0]])
    """
    mates = 1 if groups is None else int(np.bincount(groups).max(initial=1))
    if not 1 <= k <= len(embeddings) - mates:
        raise QueryError(f"k is {k}, expected 1 to {len(embeddings) - mates}, the images beside one's own group")
    indices = np.empty((len(embeddings), k), dtype=np.int64)
    similarities = np.empty((len(embeddings), k), dtype=np.float32)
    for start in range(0, len(embeddings), _BLOCK):
        block = np.clip(embeddings[start : start + _BLOCK] @ embeddings.T, -1.0, 1.0)
        own = np.arange(start, start + len(block))
        block[own - start, own] = -np.inf
        if groups is not None:
            block[groups[own, None] == groups] = -np.inf
        for row, cosines in enumerate(block, start):
            indices[row] = _largest(cosines, k)
            similarities[row] = cosines[indices[row]]
    return indices, similarities


def _largest(values: Similarities, k: int) -> Indices:
    threshold = np.partition(values, len(values) - k)[len(values) - k]
    candidates = np.flatnonzero(values >= threshold)  # rising index, so that a stable sort breaks ties by it
    chosen: Indices = candidates[np.argsort(-values[candidates], kind="stable")][:k]
    return chosen


def precision_at_k(relevant: Relevance, k: int) -> float:
    """Compute the share of relevant results among the first k.

    Args:
        relevant: shape (n,), nearest first; results past the end count as not relevant.
        k: at least 1.

    Returns:
        a value in [0, 1].

    Raises:
        QueryError: k is below 1.

    Source: Manning, Raghavan & Schütze (2008), ch. 8.4.

    Example:
        >>> precision_at_k(np.array([True, False, True]), k=2)
        0.5
    """
    _check_k(k)
    return float(np.count_nonzero(relevant[:k]) / k)


def recall_at_k(relevant: Relevance, k: int, total: int) -> float:
    """Compute the share of all relevant items that stand among the first k.

    Args:
        relevant: shape (n,), nearest first.
        k: at least 1.
        total: number of relevant items in the gallery; where there is none, the recall is 0.

    Returns:
        a value in [0, 1].

    Raises:
        QueryError: k is below 1.

    Source: Manning, Raghavan & Schütze (2008), ch. 8.4.

    Example:
        >>> recall_at_k(np.array([True, False, True]), k=2, total=2)
        0.5
    """
    _check_k(k)
    return float(np.count_nonzero(relevant[:k]) / total) if total else 0.0


def average_precision(relevant: Relevance, total: int | None = None) -> float:
    """Compute the mean of the precision at the rank of each relevant item.

    Args:
        relevant: shape (n,), nearest first, without ties.
        total: number of relevant items in the gallery; those that the results lack count with precision 0. None: all
            are among the results.

    Returns:
        a value in [0, 1]; 0 where nothing is relevant.

    Source: Manning, Raghavan & Schütze (2008), ch. 8.4; without interpolation.

    Example:
        >>> round(average_precision(np.array([True, False, True, True])), 4)  # (1/1 + 2/3 + 3/4) / 3
        0.8056
    """
    ranks = np.flatnonzero(relevant) + 1
    wanted = len(ranks) if total is None else total
    return float(np.sum(np.arange(1, len(ranks) + 1) / ranks) / wanted) if wanted else 0.0


def mean_average_precision(rankings: Sequence[Relevance]) -> float:
    """Compute the mean over queries of the average precision (mAP).

    Raises:
        QueryError: there is no query.

    Source: Manning, Raghavan & Schütze (2008), ch. 8.4.
    """
    if not rankings:
        raise QueryError("mean average precision of no queries: expected at least one ranking")
    return float(np.mean([average_precision(ranking) for ranking in rankings]))


def macro_f1(truth: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """Compute the F1 of each class, and their mean without regard to class sizes.

    A class that occurs only in one of the two sequences has F1 0.

    Args:
        truth: n labels.
        predicted: n labels, in the same order.

    Returns:
        a value in [0, 1].

    Raises:
        QueryError: the sequences are empty or differ in length.

    Source: Manning, Raghavan & Schütze (2008), ch. 13.6.

    Example:
        >>> round(macro_f1(["a", "a", "b"], ["a", "b", "b"]), 4)  # F1 of a: 2/3, of b: 2/3
        0.6667
    """
    if not truth or len(truth) != len(predicted):
        raise QueryError(
            f"macro F1 of {len(truth)} true and {len(predicted)} predicted labels: expected as many, at least 1"
        )
    classes = set(truth) | set(predicted)
    return float(np.mean([_f1(truth, predicted, label) for label in classes]))


def _f1(truth: Sequence[Hashable], predicted: Sequence[Hashable], label: Hashable) -> float:
    both = sum(t == label and p == label for t, p in zip(truth, predicted, strict=True))
    return 2 * both / (sum(t == label for t in truth) + sum(p == label for p in predicted))


def precision_at_class_size(embeddings: Embeddings, labels: Sequence[Hashable]) -> float:
    """Compute P@n_k: every item queries all others, and k is the number of others in its class.

    Items that are alone in their class take no part.

    Args:
        embeddings: shape (n, d), unit rows.
        labels: n labels.

    Returns:
        the mean precision, in [0, 1].

    Raises:
        QueryError: labels and embeddings differ in number, or no class has two items.

    Source: the SCAMPI benchmark, https://github.com/equinor/scampi-benchmark (there on Euclidean distance).
    """
    if len(labels) != len(embeddings):
        raise QueryError(f"{len(labels)} labels for {len(embeddings)} embeddings: expected as many")
    codes = np.unique([str(label) for label in labels], return_inverse=True)[1]
    sizes = np.bincount(codes)[codes] - 1
    taking_part = np.flatnonzero(sizes > 0)
    if not len(taking_part):
        raise QueryError("no class has two items: expected at least one that has")
    precisions = []
    for query in taking_part:
        cosines = embeddings @ embeddings[query]
        cosines[query] = -np.inf
        nearest = _largest(cosines, int(sizes[query]))
        precisions.append(precision_at_k(codes[nearest] == codes[query], int(sizes[query])))
    return float(np.mean(precisions))


def _check_k(k: int) -> None:
    if k < 1:
        raise QueryError(f"k is {k}, expected at least 1")
