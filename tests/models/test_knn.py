"""Votes of neighbours, against scikit-learn's classifier with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from facies.core.errors import QueryError
from facies.core.metrics import exact_neighbours
from facies.models.knn import classify_neighbours, compute_vote_weights, vote

votes = st.lists(
    st.tuples(st.floats(-1, 1), st.sampled_from(["Areoligera", "Deflandrea", "Spiniferites", "Wetzeliella"])),
    min_size=1,
    max_size=30,
)
temperatures = st.floats(0.005, 5)


@settings(deadline=None)
@given(seed=st.integers(0, 1000), k=st.integers(1, 40), temperature=st.sampled_from([0.01, 0.05, 0.3, 2.0]))
def test_agrees_with_scikit_learn(seed: int, k: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    gallery = rng.normal(size=(40, 8)).astype(np.float32)
    queries = rng.normal(size=(5, 8)).astype(np.float32)
    gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    labels = rng.choice(["a", "b", "c", "d"], 40)

    def weigh(distances: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        return compute_vote_weights(1 - distances, temperature)

    theirs = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=weigh).fit(gallery, labels)
    probabilities = theirs.predict_proba(queries)
    indices, similarities = exact_neighbours(queries, gallery, k)
    for row in range(5):
        ours = classify_neighbours(
            similarities[row].tolist(), labels[indices[row]].tolist(), temperature=temperature, top=4
        )
        expected = dict(zip(theirs.classes_, probabilities[row], strict=True))
        for prediction in ours:
            assert prediction.probability == pytest.approx(expected[prediction.label], abs=1e-4)
        assert ours[0].label == theirs.predict(queries[row : row + 1])[0]


@given(votes=votes, temperature=temperatures, top=st.integers(1, 6))
def test_probabilities_fall_and_sum_to_one(votes: list[tuple[float, str]], temperature: float, top: int) -> None:
    similarities, labels = [s for s, _ in votes], [label for _, label in votes]
    predictions = classify_neighbours(similarities, labels, temperature=temperature, top=top)
    probabilities = [p.probability for p in predictions]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len(predictions) == min(top, len(set(labels)))
    if top >= len(set(labels)):
        assert sum(probabilities) == pytest.approx(1)


@given(votes=votes, temperature=temperatures, data=st.data())
def test_order_of_neighbours_does_not_matter(
    votes: list[tuple[float, str]], temperature: float, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(votes))
    first, second = (
        classify_neighbours([s for s, _ in v], [label for _, label in v], temperature=temperature, top=9)
        for v in (votes, shuffled)
    )
    by_label = {p.label: p.probability for p in second}
    for prediction in first:
        assert prediction.probability == pytest.approx(by_label[prediction.label])


def test_ties_stand_in_alphabetical_order() -> None:
    predictions = classify_neighbours([0.5, 0.5, 0.5], ["c", "a", "b"], temperature=0.05, top=3)
    assert [p.label for p in predictions] == ["a", "b", "c"]


def test_small_temperatures_do_not_overflow() -> None:
    predictions = classify_neighbours([1.0, -1.0], ["near", "far"], temperature=1e-6, top=2)
    assert predictions[0].probability == 1.0
    assert predictions[1].probability == 0.0


def test_no_neighbours_give_no_predictions() -> None:
    assert classify_neighbours([], [], temperature=0.05, top=3) == []


@pytest.mark.parametrize(
    ("similarities", "labels", "temperature", "top"),
    [
        ([0.5], [], 0.05, 1),
        ([0.5], ["a"], 0.0, 1),
        ([0.5], ["a"], float("nan"), 1),
        ([0.5], ["a"], 0.05, 0),
        ([float("nan")], ["a"], 0.05, 1),
    ],
)
def test_senseless_arguments_are_refused(
    similarities: list[float], labels: list[str], temperature: float, top: int
) -> None:
    with pytest.raises(QueryError):
        classify_neighbours(similarities, labels, temperature=temperature, top=top)


@pytest.mark.parametrize("k", [1, 5, 15])
def test_the_votes_are_those_of_scikit_learn(k: int) -> None:
    rng = np.random.default_rng(k)
    rows = rng.normal(size=(120, 9))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    gallery, queries, codes = rows[:90], rows[90:], rng.integers(0, 4, 90)

    def weigh(distances: NDArray[np.float64]) -> NDArray[np.float64]:
        weights: NDArray[np.float64] = np.exp((distances.min(axis=1, keepdims=True) - distances) / 0.07)
        return weights

    reference = KNeighborsClassifier(k, weights=weigh, metric="cosine", algorithm="brute").fit(gallery, codes)
    distances, found = reference.kneighbors(queries)
    shares = vote(1 - distances, codes[found], 4, 0.07)
    np.testing.assert_allclose(shares, reference.predict_proba(queries), atol=1e-9)
