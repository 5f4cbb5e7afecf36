from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from facies.core.errors import QueryError
from facies.indexer.evaluation.splits import compute_splits


def test_they_are_the_published_ones() -> None:
    labels = np.repeat([0, 1, 2], [11, 23, 16])
    for seed, split in enumerate(compute_splits(labels)):
        train, test = train_test_split(np.arange(50), test_size=0.2, stratify=labels, random_state=seed)
        assert (split.seed, split.train.tolist(), split.test.tolist()) == (seed, train.tolist(), test.tolist())
        assert sorted([*split.train, *split.test]) == list(range(50))


def test_half_may_be_held_out() -> None:
    labels = np.repeat([0, 1, 2], [11, 23, 16])
    for split in compute_splits(labels, share=0.5):
        assert (len(split.train), len(split.test)) == (25, 25)
    groups = np.arange(50) % 8
    for split in compute_splits(labels, groups, share=0.5):
        assert len(set(groups[split.train])) == 4


def test_groups_stay_together_and_every_question_has_an_answer() -> None:
    rng = np.random.default_rng(1)
    labels, groups = rng.integers(0, 5, 120), rng.integers(0, 9, 120)
    splits = compute_splits(labels, groups)
    assert len(splits) == 10
    assert len({tuple(split.test) for split in splits}) > 5  # seeds give other groups
    for split in splits:
        assert not set(groups[split.train]) & set(groups[split.test])
        assert set(labels[split.test]) <= set(labels[split.train])


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        ([0] * 9, None, "1 class;"),
        ([0, 0, 0, 1], None, "single image"),
        ([0, 0, 1, 1, 2, 2], None, "at least 11 images"),
        ([0, 0, 1, 1], [0, 0, 0, 0], "one group"),
        ([0, 0, 1, 1], [0, 1, 2, 3], "--group-parts"),
        ([0, 0, 1, 1], [0, 0, 1, 1], "two groups"),
    ],
)
def test_too_little_is_refused_with_the_remedy(labels: list[int], groups: list[int] | None, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        compute_splits(np.array(labels), None if groups is None else np.array(groups))


def test_the_least_that_is_enough() -> None:
    assert len(compute_splits(np.array([0] * 4 + [1] * 4 + [2] * 3))) == 10
