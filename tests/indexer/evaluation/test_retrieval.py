from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, average_precision_score

from facies.core.errors import QueryError
from facies.core.metrics import Embeddings, precision_at_class_size, precision_at_k, recall_at_k
from facies.indexer.evaluation.ranking import Order, rank_gallery
from facies.indexer.evaluation.retrieval import CUTS, Retrieval, compute_retrieval

from .conftest import clusters, unit


def measure(vectors: Embeddings, labels: list[str], groups: list[int] | None = None) -> Retrieval:
    codes = np.unique(labels, return_inverse=True)[1]
    blocks = rank_gallery(vectors, Order(), None if groups is None else np.array(groups))
    return compute_retrieval(blocks, codes)


def test_it_agrees_with_the_measures_of_core_and_of_scikit_learn() -> None:
    vectors, labels = clusters(5, 30)
    found = measure(vectors, labels)
    names = np.array(labels)
    assert found.mean_p_at_nk == pytest.approx(precision_at_class_size(vectors, labels))
    for query in range(0, len(labels), 11):
        others = np.delete(np.arange(len(labels)), query)
        cosines = vectors[others] @ vectors[query]
        right = names[others] == names[query]
        assert found.average_precision[query] == pytest.approx(average_precision_score(right, cosines), abs=1e-6)
        ranked = right[np.argsort(-cosines)]
        assert found.relevant[query] == 29
        for column, cut in enumerate(CUTS):
            assert found.precision[query, column] == pytest.approx(precision_at_k(ranked, cut))
            assert found.recall[query, column] == pytest.approx(recall_at_k(ranked, cut, 29))


def test_the_area_is_that_of_the_published_points() -> None:
    vectors, labels = clusters(3, 70)
    found = measure(vectors, labels)
    points = [(found.p_at_nk.mean(), found.p_at_nk.mean())]
    points += zip(found.recall.mean(axis=0), found.precision.mean(axis=0), strict=True)
    points.sort()
    expected = auc([0, *(r for r, _ in points), 1], [1, *(p for _, p in points), 0])
    assert found.pr_auc == pytest.approx(expected)
    recall, precision = found.curve
    assert (recall[0], precision[0], recall[-1], precision[-1]) == (0, 1, 1, 0)
    assert (np.diff(recall) >= 0).all()


def test_perfect_vectors_find_everything() -> None:
    labels = [f"{i % 3}" for i in range(60)]
    found = measure(np.eye(3, dtype=np.float32)[np.arange(60) % 3], labels)
    assert (found.mean_p_at_nk, found.mean_average_precision) == (1, 1)
    assert found.pr_auc == pytest.approx(1)
    assert found.neighbours[0].tolist() == [3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_random_vectors_find_by_chance() -> None:
    vectors = unit(np.random.default_rng(5).normal(size=(400, 64)))
    found = measure(vectors, [f"{i % 4}" for i in range(400)])
    assert found.mean_p_at_nk == pytest.approx(99 / 399, abs=0.02)


def test_queries_without_anything_to_find_take_no_part() -> None:
    vectors, _ = clusters(1, 6)
    found = measure(vectors, ["a", "a", "a", "b", "b", "c"], groups=[0, 1, 2, 3, 3, 4])
    assert found.relevant.tolist() == [2, 2, 2, 0, 0, 0]
    assert np.isnan(found.p_at_nk[3:]).all()
    assert np.isnan(found.precision[3:]).all()
    assert found.mean_p_at_nk == pytest.approx(found.p_at_nk[:3].mean())
    # Whoever has no more candidates shows none: the mate of a group is not among them.
    assert found.neighbours[3].tolist() == [*found.neighbours[3, :4], *[-1] * 6]
    assert 4 not in found.neighbours[3]


def test_nothing_to_find_at_all_is_refused() -> None:
    vectors, _ = clusters(1, 3)
    with pytest.raises(QueryError, match="label more"):
        measure(vectors, ["a", "b", "c"])
