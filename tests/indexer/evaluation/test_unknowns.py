from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.evaluation.unknowns import Grouped, evaluate_unknowns
from tests.indexer.evaluation.conftest import clusters

SHARES = ("beyond", "known_beyond", "in_groups", "purity", "homogeneity", "found", "akin")


def measure(spread: float, seed: int = 0) -> Grouped:
    return evaluate_unknowns(*clusters(10, 30, spread=spread, seed=seed))


def test_unknown_classes_that_lie_apart_are_found_whole() -> None:
    found = measure(0.1)
    assert (found.images, found.classes, found.strange, len(found.groups)) == (300, 10, 2, 10)
    assert found.beyond.min() == 1
    assert found.found.min() == 1
    assert found.purity.mean() > 0.95
    assert found.homogeneity.mean() > 0.95
    assert found.rand.mean() > 0.9


def test_what_lies_close_is_grouped_worse_and_every_share_is_one() -> None:
    near, far = measure(1.2), measure(0.3)
    assert np.nanmean(near.found) < far.found.mean()
    for name in SHARES:
        values = getattr(near, name)
        assert ((values >= 0) & (values <= 1 + 1e-9) | np.isnan(values)).all()


def test_where_no_group_is_found_nothing_is_claimed() -> None:
    vectors, labels = clusters(4, 10, spread=0.3)
    found = evaluate_unknowns(vectors, labels, fewest=40)
    assert found.groups.tolist() == [0.0] * 10
    assert found.found.tolist() == [0.0] * 10
    assert np.isnan(found.purity).all()


def test_the_same_images_give_the_same_figures() -> None:
    assert measure(0.5).rand.tolist() == measure(0.5).rand.tolist()


@pytest.mark.parametrize("labels", [[], ["a", "a", "b", "b"], ["a", "a", "b", "b", "c"]])
def test_bad_input_is_told(labels: list[str]) -> None:
    with pytest.raises(QueryError, match="expected 3 or more classes"):
        evaluate_unknowns(np.eye(8, dtype=np.float32)[: len(labels)], labels)
