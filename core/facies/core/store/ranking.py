"""From examples to one target, and from an engine's list to ranked hits: the same arithmetic for both backends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.store.base import Hit, Vector, VectorQuery


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point as an engine answers it: the engine's own score, and the vector where it was asked for."""

    id: str
    score: float
    vector: Vector | None = None


def average_target(positive: Sequence[Vector], negative: Sequence[Vector]) -> Vector:
    """Combine examples into the one vector whose nearest neighbours answer an ``average`` query.

    Mean of the positives, plus that minus the mean of the negatives; brought to length 1.

    Args:
        positive: at least one unit vector (d,), float32.
        negative: unit vectors (d,), float32.

    Returns:
        A unit vector (d,), float32; the example itself where there is only one.

    Raises:
        QueryError: the examples cancel out.

    Source: Qdrant documentation, Explore, "Average vector strategy"
    (https://qdrant.tech/documentation/concepts/explore/).
    """
    if len(positive) == 1 and not negative:
        return np.ascontiguousarray(positive[0], dtype=np.float32)
    target = _mean(positive)
    if negative:
        target = 2 * target - _mean(negative)
    length = float(np.linalg.norm(target))
    if length < 1e-6:
        raise QueryError("the examples cancel out, so there is no direction to search in; take one of them away.")
    return np.asarray(target / length, dtype=np.float32)


def first_limit(query: VectorQuery) -> int:
    """How many candidates to ask for first: one more than wanted, to see whether a tie crosses the boundary."""
    return query.offset + query.k + 1


def rank_candidates(
    query: VectorQuery, first: Sequence[Candidate], fetch: Callable[[int], Sequence[Candidate]]
) -> list[Hit]:
    """Cut an engine's candidates to the hits wanted; equal scores in order of id.

    An engine picks any of several equally similar points, so where a tie crosses the last place, more candidates are
    fetched until all members of the tie are at hand.

    Args:
        query: what was asked.
        first: the engine's best `first_limit` candidates, falling by score.
        fetch: gives the best n candidates.
    """
    wanted, limit, found = query.offset + query.k, first_limit(query), first
    while len(found) == limit and found[-1].score == found[wanted - 1].score:
        limit *= 2
        found = fetch(limit)
    ordered = sorted(found, key=lambda one: (-one.score, one.id))[query.offset : wanted]
    if query.strategy == "average":
        return [Hit(one.id, clip_cosine(one.score), one.vector) for one in ordered]
    centre = average_target(query.positive, ())
    return [
        Hit(one.id, clip_cosine(_cosine(one.vector, centre)), one.vector if query.with_vectors else None)
        for one in ordered
    ]


def rank_values(counts: Iterable[tuple[str, int]], limit: int) -> dict[str, int]:
    """Order counted values, largest first, equal counts by the value; at most ``limit`` of them.

    A value that no point has any more stays in an engine's index for a while, counted as 0; it is left out.

    >>> rank_values([("b", 2), ("a", 2), ("gone", 0), ("c", 5)], limit=2)
    {'c': 5, 'a': 2}
    """
    found = sorted(((value, count) for value, count in counts if count), key=lambda pair: (-pair[1], pair[0]))
    return dict(found[:limit])


def _mean(vectors: Sequence[Vector]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.stack(vectors).astype(np.float64).mean(axis=0)
    return mean


def clip_cosine(similarity: float) -> float:
    """Bring a cosine back into [-1, 1], which float32 leaves by an ulp or two."""
    return min(1.0, max(-1.0, similarity))


def _cosine(vector: Vector | None, centre: Vector) -> float:
    if vector is None:
        return 0.0
    return float(np.dot(vector.astype(np.float64), centre.astype(np.float64)) / np.linalg.norm(vector))
