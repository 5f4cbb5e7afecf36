from __future__ import annotations

import json

import numpy as np
import pytest

from facies.core.wire import FailureOut
from facies.indexer.evaluation.comparison import Contender, recommend
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.summary import class_figures, summarise, summarise_comparison

from .conftest import clusters, make_gallery


def test_the_keys_that_scripts_rely_on() -> None:
    vectors, labels = clusters()
    gallery = make_gallery(vectors, labels, failures=(FailureOut(path="x.png", reason="cut"),), notes=("mind",))
    found = json.loads(json.dumps(summarise(gallery, evaluate(vectors, labels)), allow_nan=False))
    wanted = "nn_f1 p_at_nk pr_auc balanced_accuracy lr_f1 map images classes recipe reranked_by images_per_s knn_f1"
    assert set(wanted.split()) <= found.keys()
    assert (found["images"], found["classes"], found["recipe"], found["reranked_by"]) == (60, 4, "fast", None)
    assert (found["images_per_s"], found["groups"], found["splits"], found["euclidean"]) == (20.0, None, 10, None)
    assert found["knn_f1"].keys() == {"1", "3", "5", "7", "9"}
    assert found["knn_f1"]["1"] == {"mean": found["nn_f1"], "std": found["nn_f1_std"]}
    assert found["failures"] == [{"path": "x.png", "reason": "cut"}]
    assert [one["name"] for one in found["per_class"]] == [f"class {letter}" for letter in "abcd"]


def test_raw_outputs_have_figures_of_their_own() -> None:
    vectors, labels = clusters()
    found = summarise(make_gallery(vectors, labels), evaluate(vectors, labels, raw=vectors))
    assert found["euclidean"]["p_at_nk"] == pytest.approx(found["p_at_nk"])
    assert found["euclidean"]["nn_f1"] == pytest.approx(found["nn_f1"])


def test_the_mean_of_the_classes_is_the_whole() -> None:
    vectors, labels = clusters(5, 12, spread=0.9)
    evaluation = evaluate(vectors, labels)
    figures = class_figures(evaluation)
    assert [one.images for one in figures] == [12] * 5
    mean = np.mean([one.p_at_nk or 0 for one in figures])
    assert mean == pytest.approx(evaluation.measures.retrieval.mean_p_at_nk)


def test_a_class_that_nobody_asks_for_has_no_figures() -> None:
    vectors, labels = clusters(2, 10)
    labels = ["alone" if i == 0 else label for i, label in enumerate(labels)]
    first = class_figures(evaluate(vectors, labels, groups=[f"{i % 5}" for i in range(20)]))[0]
    assert (first.name, first.images, first.p_at_nk, first.recall) == ("alone", 1, None, None)


def test_a_comparison_is_json_too() -> None:
    vectors, labels = clusters()
    evaluation = evaluate(vectors, labels)
    contenders = [Contender("one", evaluation, 5.0, 12), Contender("two", evaluation, None, 12)]
    found = json.loads(json.dumps(summarise_comparison(contenders, recommend(contenders)), allow_nan=False))
    assert (found["recommended"], [one["name"] for one in found["compared"]]) == ("two", ["one", "two"])
    distances = [one["from_best"] for one in found["compared"]]
    assert distances[1] is None
    assert distances[0]["p_at_nk"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert distances[0]["worse"] is False
