from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.evaluation.bisection import WAYS, Bisected, Way, Work, evaluate_bisection
from tests.indexer.evaluation.conftest import clusters


def measure(each: int, spread: float = 0.35, precision: float = 0.95) -> Bisected:
    return evaluate_bisection(*clusters(4, each, spread=spread), page=10, precision=precision)


def per_label(found: Bisected, way: Way) -> float:
    return float(np.mean([work.actions / work.labels for work in found.trials[way]]))


def test_what_is_counted_adds_up() -> None:
    found = measure(30)
    assert (found.images, found.classes, len(found.trials["bisection"])) == (4 * 25, 4, 10)
    for trial in range(10):
        by = {way: found.trials[way][trial] for way in WAYS}
        assert by["one_by_one"] == Work(single=100, labels=100, right=100)
        assert by["suggestions"].labels == by["suggestions"].right == 100
        grown = by["bisection"]
        assert grown.single == 0
        assert grown.right <= grown.labels <= 100
        rest = by["bisection_one_by_one"]
        assert rest.labels == 100
        assert rest.single == 100 - grown.labels
        assert rest.right == grown.right + rest.single
        assert by["bisection_suggestions"].right == rest.right
        assert by["bisection_all_seen"].right == 100
        assert by["bisection_all_seen"].actions >= by["bisection_suggestions"].actions


def test_the_same_images_give_the_same_figures() -> None:
    one, other = measure(12), measure(12)
    assert [astuple(work) for way in WAYS for work in one.trials[way]] == [
        astuple(work) for way in WAYS for work in other.trials[way]
    ]


def test_growing_takes_less_for_each_label_the_more_there_are() -> None:
    """The pages of a class are as few as doublings, whereas suggestions are looked at one and all."""
    few, many = measure(80), measure(400)
    assert per_label(many, "bisection") < per_label(few, "bisection") / 2
    assert per_label(many, "bisection") < per_label(many, "suggestions") < per_label(many, "one_by_one")


def test_an_audit_keeps_what_a_person_wants() -> None:
    found = measure(200, spread=0.9, precision=0.95)
    assert np.mean([work.right / work.labels for work in found.trials["bisection"]]) > 0.93


@pytest.mark.parametrize(
    ("labels", "options"),
    [(["a"] * 4, {}), (["a", "b", "b"], {}), (list("aabb"), {"page": 0}), (list("aabb"), {"precision": 0.0})],
)
def test_bad_input_is_told(labels: list[str], options: dict[str, Any]) -> None:
    vectors = np.eye(len(labels), dtype=np.float32)
    with pytest.raises(QueryError, match="expected"):
        evaluate_bisection(vectors, labels, **options)
