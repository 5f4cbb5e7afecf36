from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, f1_score, precision_score, recall_score
from sklearn.neighbors import KNeighborsClassifier

from facies.core.metrics import macro_f1
from facies.indexer.evaluation.classification import (
    Scores,
    count_confusion,
    give_scale,
    score_regression,
    score_votes,
    spread,
    vote,
)
from facies.indexer.evaluation.ranking import Order, rank_split
from facies.indexer.evaluation.splits import compute_splits

from .conftest import clusters


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth, named = rng.integers(0, 4, 30), rng.integers(0, 5, 30)
        scores = Scores(count_confusion(truth, named, 5)[None])
        assert np.array_equal(scores.confusion[0], confusion_matrix(truth, named, labels=range(5)))
        assert scores.macro_f1[0] == pytest.approx(f1_score(truth, named, average="macro"))
        assert scores.macro_f1[0] == pytest.approx(macro_f1(truth.tolist(), named.tolist()))
        there = truth[np.isin(named, truth)], named[np.isin(named, truth)]
        tested = Scores(count_confusion(*there, 5)[None])
        assert tested.balanced_accuracy[0] == pytest.approx(balanced_accuracy_score(*there))
        labels = np.unique(truth)
        of_class = precision_score(truth, named, average=None, labels=labels, zero_division=0)
        assert scores.precision[0, labels] == pytest.approx(of_class)
        assert scores.recall[0, labels] == pytest.approx(recall_score(truth, named, average=None, labels=labels))


def test_a_class_that_does_not_occur_takes_no_part() -> None:
    scores = Scores(count_confusion(np.array([0, 0, 1]), np.array([0, 0, 0]), 3)[None])
    assert np.isnan(scores.class_f1[0, 2])
    assert np.isnan(scores.recall[0, 2])
    assert scores.precision[0, :2].tolist() == [pytest.approx(2 / 3), 0]
    assert scores.macro_f1[0] == pytest.approx(0.4)
    assert scores.balanced_accuracy[0] == pytest.approx(0.5)


@pytest.mark.parametrize("k", [1, 3, 5, 7, 9])
def test_votes_are_those_of_scikit_learn(k: int) -> None:
    vectors, labels = clusters(6, 12, spread=1.2)
    codes = np.unique(labels, return_inverse=True)[1]
    for split in compute_splits(codes)[:3]:
        there = KNeighborsClassifier(n_neighbors=k).fit(vectors[split.train], codes[split.train])
        found = rank_split(vectors, split, Order(), 9)
        assert np.array_equal(vote(codes[found], k, 6), there.predict(vectors[split.test]))


def test_equal_votes_go_to_the_first_class() -> None:
    assert vote(np.array([[2, 1, 1, 2]]), 4, 3).tolist() == [1]
    assert vote(np.array([[2, 1]]), 9, 3).tolist() == [1]


def test_votes_over_splits() -> None:
    vectors, labels = clusters()
    codes = np.unique(labels, return_inverse=True)[1]
    splits = compute_splits(codes)
    scores = score_votes([rank_split(vectors, split, Order(), 9) for split in splits], codes, splits, 3)
    assert scores.confusion.shape == (10, 4, 4)
    assert (scores.confusion.sum(axis=(1, 2)) == 12).all()


def test_the_regression_weighs_classes_alike() -> None:
    rng = np.random.default_rng(6)
    features = rng.normal(size=(80, 5)).astype(np.float32)
    codes = np.repeat([0, 1], [60, 20])
    features[codes == 1] += 0.8
    splits = compute_splits(codes)[:2]
    scores = score_regression(features, codes, splits)
    for confusion, split in zip(scores.confusion, splits, strict=True):
        model = LogisticRegression(max_iter=10_000, class_weight="balanced", random_state=split.seed)
        named = model.fit(features[split.train], codes[split.train]).predict(features[split.test])
        assert np.array_equal(confusion, confusion_matrix(codes[split.test], named))


def test_scaling_keeps_cosines_in_fewer_dimensions() -> None:
    vectors, _ = clusters(2, 5, dim=50)
    scaled = give_scale(vectors)
    assert scaled.shape == (10, 10)
    assert scaled.dtype == np.float32
    assert np.allclose(scaled @ scaled.T / 50, vectors @ vectors.T, atol=1e-5)
    assert np.array_equal(give_scale(vectors[:, :8]), vectors[:, :8] * np.float32(np.sqrt(8)))


def test_spread() -> None:
    assert spread(np.array([0.5, 0.7])) == pytest.approx((0.6, np.std([0.5, 0.7], ddof=1)))
    assert spread(np.array([0.5])) == (0.5, 0.0)
