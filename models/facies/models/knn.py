"""Names an image from its labelled neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from facies.core.errors import QueryError
from facies.core.records import Prediction


def classify_neighbours(
    similarities: Sequence[float], labels: Sequence[str], *, temperature: float, top: int
) -> list[Prediction]:
    """Let each neighbour vote for its label, nearer ones with more weight.

    A neighbour of similarity s weighs ``exp((s - s_max) / temperature)``. The weights of one label, divided by all
    weights, are its probability. Labels of equal probability stand in alphabetical order.

    Args:
        similarities: k cosine similarities, in any order.
        labels: the neighbours' labels, in the same order.
        temperature: above 0; near 0 the nearest neighbour alone decides, large values count heads.
        top: most labels to return, at least 1.

    Returns:
        at most `top` predictions, most probable first; empty where there are no neighbours.

    Raises:
        QueryError: an argument is out of range, or the sequences differ in length.

    Source: Wu, Xiong, Yu & Lin (2018): Unsupervised feature learning via non-parametric instance discrimination, 3.4.

    Example:
        >>> [p.label for p in classify_neighbours([0.9, 0.8, 0.8], ["a", "b", "b"], temperature=1.0, top=1)]
        ['b']
    """
    if len(similarities) != len(labels):
        raise QueryError(f"{len(similarities)} similarities for {len(labels)} labels: expected as many")
    if not temperature > 0:
        raise QueryError(f"temperature is {temperature}, expected more than 0")
    if top < 1:
        raise QueryError(f"top is {top}, expected at least 1")
    if not labels:
        return []
    weights = compute_vote_weights(np.asarray(similarities, dtype=np.float64), temperature)
    votes: dict[str, float] = defaultdict(float)
    for label, weight in zip(labels, weights, strict=True):
        votes[label] += float(weight)
    total = sum(votes.values())
    ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    return [Prediction(label, weight / total) for label, weight in ranked[:top]]


def compute_vote_weights(
    similarities: np.ndarray[tuple[int, ...], np.dtype[np.float64]], temperature: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Weigh neighbours by similarity: shape (..., k), each row's nearest has weight 1.

    Raises:
        QueryError: a similarity is not finite.
    """
    if not np.isfinite(similarities).all():
        raise QueryError("a similarity is not a finite number: the vectors are damaged")
    nearest = similarities.max(axis=-1, keepdims=True)
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.exp((similarities - nearest) / temperature)
    return weights
