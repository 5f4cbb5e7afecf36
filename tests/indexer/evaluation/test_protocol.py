"""The protocol as a whole: against plain scikit-learn code written down here, and against frozen figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, balanced_accuracy_score, f1_score, pairwise_distances
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from facies.core.errors import QueryError
from facies.core.metrics import Embeddings
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.ranking import Block
from facies.indexer.evaluation.summary import summarise_measures
from facies.models.rerank import Diffusion

from .conftest import clusters, unit

Features = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


@pytest.fixture(scope="module")
def fixed() -> tuple[Features, list[str]]:
    """Features of any length with classes of different sizes that overlap."""
    rng = np.random.default_rng(20)
    codes = np.repeat(np.arange(6), [24, 31, 40, 22, 27, 66])
    rows = rng.normal(size=(6, 24))[codes] + 1.9 * rng.normal(size=(len(codes), 24))
    rows *= rng.uniform(0.6, 1.6, size=(len(codes), 1))
    return rows.astype(np.float32), [f"genus {code}" for code in codes]


def publish(features: Features, labels: list[str]) -> dict[str, Any]:
    """The published protocol by the shortest way, on Euclidean distances."""
    codes = np.unique(labels, return_inverse=True)[1]
    distances = pairwise_distances(features.astype(np.float64)) + np.eye(len(codes)) * 1e12
    sizes = np.bincount(codes)[codes] - 1
    right = codes[np.argsort(distances, axis=1)] == codes[:, None]
    points = [(np.mean([row[:k].sum() / k for row, k in zip(right, sizes, strict=True)]),) * 2]
    for k in [1, *range(10, 200, 10), 500]:
        hits = right[:, : min(k, len(codes) - 1)].sum(axis=1)
        points.append((np.mean(hits / sizes), np.mean(hits / k)))
    p_at_nk = points[0][0]
    points.sort(key=lambda point: point[0])
    said: dict[str, Any] = {"p_at_nk": p_at_nk}
    said["pr_auc"] = auc([0, *(r for r, _ in points), 1], [1, *(p for _, p in points), 0])
    named: dict[str, list[float]] = {}
    for seed in range(10):
        train, test = train_test_split(np.arange(len(codes)), test_size=0.2, stratify=codes, random_state=seed)
        model = LogisticRegression(max_iter=10_000, class_weight="balanced", random_state=seed)
        by_regression = model.fit(features[train], codes[train]).predict(features[test])
        named.setdefault("lr_f1", []).append(f1_score(codes[test], by_regression, average="macro"))
        named.setdefault("lr_balanced_accuracy", []).append(balanced_accuracy_score(codes[test], by_regression))
        for k in (1, 3, 5, 7, 9):
            by_vote = KNeighborsClassifier(n_neighbors=k).fit(features[train], codes[train]).predict(features[test])
            named.setdefault(f"f1 of {k}", []).append(f1_score(codes[test], by_vote, average="macro"))
            if k == 1:
                named.setdefault("balanced_accuracy", []).append(balanced_accuracy_score(codes[test], by_vote))
    return said | {name: np.mean(values) for name, values in named.items()}


def test_the_published_figures_for_the_same_features(fixed: tuple[Features, list[str]]) -> None:
    features, labels = fixed
    evaluation = evaluate(unit(features.astype(np.float64)), labels, raw=features)
    assert evaluation.euclidean is not None
    for measures, rows in ((evaluation.euclidean, features), (evaluation.measures, None)):
        got = summarise_measures(measures)
        expected = publish(unit(features.astype(np.float64)) if rows is None else rows, labels)
        for name in ("p_at_nk", "pr_auc", "balanced_accuracy"):
            assert got[name] == pytest.approx(expected[name], abs=1e-6), name
        for k in (1, 3, 5, 7, 9):
            assert got["knn_f1"][str(k)]["mean"] == pytest.approx(expected[f"f1 of {k}"], abs=1e-6)
        assert got["nn_f1"] == pytest.approx(expected["f1 of 1"], abs=1e-6)
        if rows is not None:  # unit rows are given another scale before a regression is fitted
            assert got["lr_f1"] == pytest.approx(expected["lr_f1"], abs=1e-6)
            assert got["lr_balanced_accuracy"] == pytest.approx(expected["lr_balanced_accuracy"], abs=1e-6)


def test_frozen_figures(fixed: tuple[Features, list[str]]) -> None:
    features, labels = fixed
    evaluation = evaluate(unit(features.astype(np.float64)), labels, raw=features)
    assert evaluation.euclidean is not None
    found = {
        name: [round(summarise_measures(m)[name], 4) for m in (evaluation.measures, evaluation.euclidean)]
        for name in ("nn_f1", "p_at_nk", "map", "pr_auc", "balanced_accuracy")
    }
    assert found == FROZEN


FROZEN = {
    "nn_f1": [0.729, 0.6521],
    "p_at_nk": [0.5194, 0.4165],
    "map": [0.555, 0.4341],
    "pr_auc": [0.5077, 0.3942],
    "balanced_accuracy": [0.7332, 0.6546],
}
"""By cosine, and by Euclidean distance."""


def test_perfect_vectors_have_perfect_figures() -> None:
    vectors, labels = clusters(spread=0.0)
    for rerank in (None, Diffusion()):
        got = summarise_measures(evaluate(vectors, labels, rerank=rerank).measures)
        perfect = ("nn_f1", "balanced_accuracy", "lr_f1", "p_at_nk", "map", "pr_auc")
        assert [got[name] for name in perfect] == pytest.approx([1.0] * 6)


def test_random_vectors_name_by_chance() -> None:
    rng = np.random.default_rng(7)
    got = summarise_measures(evaluate(unit(rng.normal(size=(500, 32))), [f"{i % 5}" for i in range(500)]).measures)
    assert got["nn_f1"] == pytest.approx(0.2, abs=0.05)
    assert got["p_at_nk"] == pytest.approx(0.2, abs=0.02)


def test_order_of_the_classes_names_changes_nothing_but_the_splits(fixed: tuple[Features, list[str]]) -> None:
    features, labels = fixed
    vectors = unit(features.astype(np.float64))
    turn = np.random.default_rng(8).permutation(len(labels))
    one = evaluate(vectors, labels).measures.retrieval
    other = evaluate(vectors[turn], [labels[i] for i in turn]).measures.retrieval
    assert other.mean_p_at_nk == pytest.approx(one.mean_p_at_nk)
    assert other.p_at_nk == pytest.approx(one.p_at_nk[turn])


def test_groups_take_the_help_of_near_duplicates_away() -> None:
    """Pairs of copies make every nearest neighbour right, until copies are no candidates."""
    vectors, labels = clusters(3, 40, spread=3.0)
    twice: Embeddings = np.concatenate([vectors, vectors])
    pairs = [f"pair {i}" for i in range(len(vectors))] * 2
    alone = evaluate(twice, labels * 2).measures
    apart = evaluate(twice, labels * 2, groups=pairs).measures
    assert alone.retrieval.precision[:, 0].mean() == 1
    assert apart.retrieval.precision[:, 0].mean() < 0.7
    assert apart.knn[1].macro_f1.mean() < alone.knn[1].macro_f1.mean()
    assert (apart.retrieval.relevant == 78).all()


def test_reranking_changes_the_order_and_says_so() -> None:
    vectors, labels = clusters(spread=0.9)
    plain, anew = evaluate(vectors, labels), evaluate(vectors, labels, rerank=Diffusion())
    assert (plain.reranked_by, anew.reranked_by, anew.euclidean) == (None, "diffusion", None)
    assert anew.measures.retrieval.mean_p_at_nk > plain.measures.retrieval.mean_p_at_nk
    assert np.array_equal(plain.measures.regression.confusion, anew.measures.regression.confusion)


def test_every_block_is_told_of() -> None:
    vectors, labels = clusters()
    told: list[Block] = []
    evaluation = evaluate(vectors, labels, on_block=told.append)
    assert sum(len(block.ranked) for block in told) == len(vectors)
    assert [len(named) for named in evaluation.test_predictions] == [12] * 10


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [(["a"], None, "1 labels"), (["a", "b"], ["x"], "expected as many"), ([], None, "no labelled image")],
)
def test_what_does_not_fit_together_is_refused(labels: list[str], groups: list[str] | None, message: str) -> None:
    vectors = np.ones((2 if labels else 0, 3), np.float32)
    with pytest.raises(QueryError, match=message):
        evaluate(vectors, labels, groups=groups)
