"""Measures against scikit-learn, and properties that hold for any input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score
from sklearn.neighbors import NearestNeighbors

from facies.core.errors import DimensionMismatchError, QueryError
from facies.core.metrics import (
    Embeddings,
    average_precision,
    exact_neighbours,
    macro_f1,
    mean_average_precision,
    other_neighbours,
    precision_at_class_size,
    precision_at_k,
    recall_at_k,
)

relevances = st.lists(st.booleans(), min_size=1, max_size=60).map(np.array)


def _unit(seed: int, n: int, d: int = 6) -> Embeddings:
    vectors = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    unit: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 80), data=st.data())
def test_neighbours_agree_with_scikit_learn(seed: int, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    gallery, queries = _unit(seed, n), _unit(seed + 1, 7)
    indices, similarities = exact_neighbours(queries, gallery, k)
    distances, theirs = (
        NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(gallery).kneighbors(queries)
    )
    np.testing.assert_allclose(similarities, 1 - distances, atol=1e-5)
    if np.all(np.diff(similarities, axis=1) < -1e-6):
        np.testing.assert_array_equal(indices, theirs)


@given(seed=st.integers(0, 10_000), n=st.integers(2, 60))
def test_permuted_gallery_permutes_indices(seed: int, n: int) -> None:
    gallery, queries = _unit(seed, n), _unit(seed + 1, 4)
    order = np.random.default_rng(seed).permutation(n)
    indices, similarities = exact_neighbours(queries, gallery, n)
    moved, same = exact_neighbours(queries, gallery[order], n)
    np.testing.assert_allclose(same, similarities, atol=1e-6)
    if np.all(np.diff(similarities, axis=1) < -1e-6):
        np.testing.assert_array_equal(order[moved], indices)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 600))
def test_a_vector_is_its_own_neighbour(seed: int, n: int) -> None:
    gallery = _unit(seed, n)
    indices, similarities = exact_neighbours(gallery, gallery, 1)
    np.testing.assert_array_equal(indices[:, 0], np.arange(n))
    assert np.all(similarities <= 1)
    assert np.all(similarities > 1 - 1e-5)


@given(k=st.integers(1, 9))
def test_ties_go_to_the_lower_index(k: int) -> None:
    gallery = np.repeat(np.eye(3, dtype=np.float32), 3, axis=0)
    indices, similarities = exact_neighbours(gallery[:1], gallery, k)
    assert indices[0].tolist() == list(range(k))
    assert similarities.dtype == np.float32
    assert indices.dtype == np.int64


@pytest.mark.parametrize("grouped", [False, True])
def test_others_are_the_nearest_without_oneself_and_ones_group(grouped: bool) -> None:
    rows = _unit(4, 600)
    groups = np.arange(600) % 150 if grouped else np.arange(600)
    indices, similarities = other_neighbours(rows, 5, groups if grouped else None)
    for row in (0, 255, 256, 599):
        others = np.flatnonzero(groups != groups[row])
        nearest, cosines = exact_neighbours(rows[row : row + 1], rows[others], 5)
        assert indices[row].tolist() == others[nearest[0]].tolist()
        np.testing.assert_allclose(similarities[row], cosines[0], atol=1e-6)


def test_more_others_than_there_are_is_told() -> None:
    rows = _unit(4, 6)
    assert other_neighbours(rows, 5)[0].shape == (6, 5)
    for k, groups in ((6, None), (0, None), (4, np.array([0, 0, 0, 1, 1, 2]))):
        with pytest.raises(QueryError, match="expected 1 to"):
            other_neighbours(rows, k, groups)


def test_no_queries_have_no_neighbours() -> None:
    indices, similarities = exact_neighbours(np.empty((0, 6), np.float32), _unit(0, 5), 2)
    assert indices.shape == similarities.shape == (0, 2)


def test_neighbours_of_other_dimensions_are_refused() -> None:
    with pytest.raises(DimensionMismatchError, match="has dimension 5, expected 6"):
        exact_neighbours(_unit(0, 2, 5), _unit(0, 4, 6), 1)


@pytest.mark.parametrize("k", [-1, 0, 6])
def test_k_outside_the_gallery_is_refused(k: int) -> None:
    with pytest.raises(QueryError, match=f"k is {k}, expected 1 to 5"):
        exact_neighbours(_unit(0, 1), _unit(0, 5), k)


@given(relevant=relevances, data=st.data())
def test_precision_and_recall_agree_with_scikit_learn(relevant: Any, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(relevant)))
    returned = np.arange(len(relevant)) < k
    assert precision_at_k(relevant, k) == pytest.approx(precision_score(relevant, returned, zero_division=0))
    total = int(relevant.sum())
    assert recall_at_k(relevant, k, total) == pytest.approx(recall_score(relevant, returned, zero_division=0))


def test_precision_counts_missing_results_as_not_relevant() -> None:
    assert precision_at_k(np.array([True]), 4) == 0.25
    assert recall_at_k(np.array([True, True]), 4, total=8) == 0.25
    assert recall_at_k(np.array([False]), 1, total=0) == 0.0


@pytest.mark.parametrize("k", [0, -3])
def test_k_below_one_is_refused(k: int) -> None:
    with pytest.raises(QueryError):
        precision_at_k(np.array([True]), k)
    with pytest.raises(QueryError):
        recall_at_k(np.array([True]), k, 1)


@given(relevant=relevances.filter(lambda r: bool(r.any())))
def test_average_precision_agrees_with_scikit_learn(relevant: Any) -> None:
    falling = -np.arange(len(relevant), dtype=float)
    assert average_precision(relevant) == pytest.approx(average_precision_score(relevant, falling))


@given(relevant=relevances)
def test_average_precision_falls_with_what_is_lacking(relevant: Any) -> None:
    total = int(relevant.sum())
    full = average_precision(relevant)
    assert 0 <= full <= 1
    assert average_precision(relevant, total + 5) <= full
    if not total:
        assert full == 0


def test_mean_average_precision() -> None:
    rankings = [np.array([True, False]), np.array([False, True])]
    assert mean_average_precision(rankings) == 0.75
    with pytest.raises(QueryError):
        mean_average_precision([])


@given(pairs=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1, max_size=50))
def test_macro_f1_agrees_with_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, predicted = [t for t, _ in pairs], [p for _, p in pairs]
    assert macro_f1(truth, predicted) == pytest.approx(f1_score(truth, predicted, average="macro", zero_division=0))


@pytest.mark.parametrize(("truth", "predicted"), [([], []), (["a"], []), (["a"], ["a", "b"])])
def test_macro_f1_of_unequal_lengths_is_refused(truth: list[str], predicted: list[str]) -> None:
    with pytest.raises(QueryError):
        macro_f1(truth, predicted)


@given(seed=st.integers(0, 1000), n=st.integers(4, 40))
def test_precision_at_class_size_agrees_with_its_definition(seed: int, n: int) -> None:
    embeddings = _unit(seed, n)
    labels = [str(label) for label in np.random.default_rng(seed).integers(0, 3, n)]
    expected = []
    for query in range(n):
        size = labels.count(labels[query]) - 1
        if size:
            others = [i for i in np.argsort(-(embeddings @ embeddings[query]), kind="stable") if i != query]
            expected.append(np.mean([labels[i] == labels[query] for i in others[:size]]))
    assert precision_at_class_size(embeddings, labels) == pytest.approx(np.mean(expected), abs=1e-6)


def test_precision_at_class_size_of_apart_classes_is_one() -> None:
    embeddings = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    assert precision_at_class_size(embeddings, list("aaaabbbbcccc")) == 1.0


def test_precision_at_class_size_needs_a_class_of_two() -> None:
    with pytest.raises(QueryError, match="no class has two items"):
        precision_at_class_size(_unit(0, 3), ["a", "b", "c"])
    with pytest.raises(QueryError, match="2 labels for 3 embeddings"):
        precision_at_class_size(_unit(0, 3), ["a", "b"])
