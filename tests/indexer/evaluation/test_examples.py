from __future__ import annotations

import numpy as np
import pytest

from facies.indexer.evaluation.examples import choose_examples
from facies.indexer.evaluation.protocol import evaluate

from .conftest import clusters


@pytest.mark.parametrize("worst", [False, True])
def test_one_query_of_each_class_in_order(worst: bool) -> None:
    vectors, labels = clusters(5, 14, spread=1.1)
    evaluation = evaluate(vectors, labels)
    chosen = choose_examples(evaluation, vectors, count=4, worst=worst)
    of_query = evaluation.measures.retrieval.p_at_nk
    values = [example.p_at_nk for example in chosen]
    assert values == sorted(values, reverse=not worst)
    assert values[0] == (of_query.min() if worst else of_query.max())
    assert len({labels[example.query] for example in chosen}) == 4
    for example in chosen:
        for one in example.neighbours:
            assert one.right == (labels[one.image] == labels[example.query])
            assert one.similarity == pytest.approx(float(vectors[one.image] @ vectors[example.query]))
        assert len(example.neighbours) == 9
        assert example.relevant == 13


def test_a_query_that_found_all_is_none_of_the_worst() -> None:
    vectors, labels = clusters(3, 12, spread=0.1)
    evaluation = evaluate(vectors, labels)
    assert evaluation.measures.retrieval.p_at_nk.min() == 1
    assert choose_examples(evaluation, vectors, count=3, worst=True) == []
    assert len(choose_examples(evaluation, vectors, count=3)) == 3


def test_queries_that_take_no_part_are_not_shown() -> None:
    vectors, labels = clusters(3, 12)
    labels = ["alone" if i == 0 else label for i, label in enumerate(labels)]
    groups = [f"{i // 2}" for i in range(len(labels))]
    evaluation = evaluate(vectors, labels, groups=groups)
    chosen = choose_examples(evaluation, vectors, count=10, worst=True)
    assert len(chosen) == 3
    assert all(labels[example.query] != "alone" for example in chosen)


def test_a_small_gallery_shows_what_it_has() -> None:
    vectors, labels = clusters(2, 3)
    chosen = choose_examples(evaluate(vectors, labels), vectors, count=1)
    assert len(chosen[0].neighbours) == 5
    assert np.isfinite([one.similarity for one in chosen[0].neighbours]).all()
