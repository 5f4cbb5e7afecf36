"""The arithmetic that both backends share."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.store import VectorQuery
from facies.core.store.ranking import Candidate, average_target, first_limit, rank_candidates

Rows = Callable[..., NDArray[np.float32]]
ROW = np.eye(4, dtype=np.float32)[0]


def test_one_positive_is_the_target_itself(rows: Rows) -> None:
    row = rows(1)[0]
    assert average_target([row], []) is not None
    np.testing.assert_array_equal(average_target([row], []), row)


def test_the_average_moves_from_negatives_towards_positives(rows: Rows) -> None:
    plus, minus = rows(3), rows(2, seed=1)
    expected = 2 * plus.mean(axis=0) - minus.mean(axis=0)
    target = average_target(list(plus), list(minus))
    np.testing.assert_allclose(target, expected / np.linalg.norm(expected), atol=1e-6)
    assert target.dtype == np.float32
    assert np.linalg.norm(target) == pytest.approx(1, abs=1e-6)


def test_the_order_of_examples_changes_nothing(rows: Rows) -> None:
    plus = list(rows(5))
    np.testing.assert_allclose(average_target(plus, []), average_target(plus[::-1], []), atol=1e-7)


def test_examples_that_cancel_out(rows: Rows) -> None:
    with pytest.raises(QueryError, match="cancel"):
        average_target([rows(1)[0], -rows(1)[0]], [])


@given(
    scores=st.lists(st.sampled_from([0.1, 0.5, 0.5, 0.5, 0.9]), max_size=60),
    k=st.integers(1, 20),
    offset=st.integers(0, 20),
    shuffle=st.randoms(use_true_random=False),
)
def test_ties_are_whole_however_the_engine_breaks_them(
    scores: list[float], k: int, offset: int, shuffle: Random
) -> None:
    everything = [Candidate(f"{i:03d}", score) for i, score in enumerate(scores)]

    def fetch(limit: int) -> list[Candidate]:
        mixed = everything.copy()
        shuffle.shuffle(mixed)
        return sorted(mixed, key=lambda one: -one.score)[:limit]

    query = VectorQuery("v", [ROW], k=k, offset=offset)
    hits = rank_candidates(query, fetch(first_limit(query)), fetch)
    ideal = sorted(everything, key=lambda one: (-one.score, one.id))[offset : offset + k]
    assert [hit.id for hit in hits] == [one.id for one in ideal]


def test_similarities_stay_in_range() -> None:
    query = VectorQuery("v", [ROW], k=2)
    found = [Candidate("a", 1.0000002), Candidate("b", -1.0000001)]
    assert [hit.similarity for hit in rank_candidates(query, found, lambda _: found)] == [1.0, -1.0]


def test_best_score_keeps_the_order_but_tells_the_cosine() -> None:
    axes = np.eye(4, dtype=np.float32)
    query = VectorQuery("v", [axes[0], axes[1]], strategy="best_score", k=2)
    found = [Candidate("a", 9.0, axes[2]), Candidate("b", 8.0, axes[0])]
    hits = rank_candidates(query, found, lambda _: found)
    assert [hit.id for hit in hits] == ["a", "b"]
    np.testing.assert_allclose([hit.similarity for hit in hits], [0.0, 2**-0.5], atol=1e-6)
