"""Queries worth looking at: those that found most of their class, and those that found least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from facies.indexer.evaluation.protocol import Evaluation
    from facies.indexer.evaluation.ranking import Features


@dataclass(frozen=True, slots=True)
class Found:
    """A neighbour: its index, whether it is of the query's class, and its cosine similarity to the query."""

    image: int
    right: bool
    similarity: float


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its first neighbours.

    Attributes:
        query: its index.
        p_at_nk: share of its class among the first n_k.
        relevant: n_k, how many there are to be found.
        neighbours: nearest first.
    """

    query: int
    p_at_nk: float
    relevant: int
    neighbours: tuple[Found, ...]


def choose_examples(
    evaluation: Evaluation, vectors: Features, *, count: int, worst: bool = False, neighbours: int = 9
) -> list[Example]:
    """Choose the best or the worst queries by P@n_k, then by average precision, at most one of each class.

    A query that found its whole class first is none of the worst.

    Args:
        evaluation: of the vectors.
        vectors: shape (n, d), unit rows.
        count: how many queries at most.
        worst: those that found least.
        neighbours: shown of each, at most as many as the evaluation kept.
    """
    retrieval = evaluation.measures.retrieval
    sign = 1 if worst else -1
    order = np.lexsort((-retrieval.relevant, sign * retrieval.average_precision, sign * retrieval.p_at_nk))
    chosen: list[Example] = []
    seen: set[int] = set()
    for query in order:
        if len(chosen) == count:
            break
        label = int(evaluation.labels[query])
        if label in seen or not retrieval.relevant[query] or (worst and retrieval.p_at_nk[query] == 1):
            continue
        seen.add(label)
        chosen.append(_example(evaluation, vectors, int(query), neighbours))
    return chosen


def _example(evaluation: Evaluation, vectors: Features, query: int, count: int) -> Example:
    retrieval, labels = evaluation.measures.retrieval, evaluation.labels
    first = [int(image) for image in retrieval.neighbours[query, :count] if image >= 0]
    return Example(
        query,
        float(retrieval.p_at_nk[query]),
        int(retrieval.relevant[query]),
        tuple(Found(i, bool(labels[i] == labels[query]), float(vectors[i] @ vectors[query])) for i in first),
    )
