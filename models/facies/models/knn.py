"""Names images from their labelled neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.metrics import Codes
from facies.core.records import Prediction

Probabilities: TypeAlias = NDArray[np.float64]
"""Shape (n, c), of each image for each class; rows add up to 1."""


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
    names, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    shares = vote(np.asarray([similarities], dtype=np.float64), codes[None], len(names), temperature)[0]
    first = np.argsort(-shares, kind="stable")[:top]
    return [Prediction(str(names[code]), float(shares[code])) for code in first]


def vote(similarities: NDArray[np.float64], codes: Codes, classes: int, temperature: float) -> Probabilities:
    """Let the neighbours of many images vote, see `classify_neighbours`.

    Args:
        similarities: shape (n, k), k >= 1.
        codes: shape (n, k), class of each neighbour.
        classes: how many there are.
        temperature: above 0.

    Raises:
        QueryError: a similarity is not finite.
    """
    weights = compute_vote_weights(similarities, temperature)
    votes = np.zeros((len(codes), classes))
    rows = np.arange(len(codes))
    for column, weight in zip(codes.T, weights.T, strict=True):
        votes[rows, column] += weight
    shares: Probabilities = votes / votes.sum(axis=1, keepdims=True)
    return shares


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
