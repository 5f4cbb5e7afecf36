from __future__ import annotations

import io

from rich.console import Console

from facies.core.wire import FailureOut
from facies.indexer.evaluation.comparison import Contender, recommend
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.tables import print_comparison, print_evaluation

from .conftest import clusters, make_gallery


def console() -> Console:
    return Console(file=io.StringIO(), width=140)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_figures_classes_failures_and_notes() -> None:
    vectors, labels = clusters()
    failures = tuple(FailureOut(path=f"[red]{i}.png", reason="cut") for i in range(22))
    gallery = make_gallery(vectors, labels, failures=failures, notes=("mind [this]",))
    evaluation, to = evaluate(vectors, labels, raw=vectors), console()
    print_evaluation(gallery, evaluation, to)
    text = shown(to)
    for said in (
        "Euclidean, raw",
        "P@n_k",
        "PR AUC",
        "class d",
        "[red]0.png: cut",
        "and 2 more",
        "mind [this]",
        "20.0",
    ):
        assert said in text
    assert f"{evaluation.measures.retrieval.mean_p_at_nk:.3f}" in text


def test_groups_and_stored_vectors() -> None:
    vectors, labels = clusters()
    groups = [f"g{i % 8}" for i in range(60)]
    to = console()
    gallery = make_gallery(vectors, labels, groups=tuple(groups), images_per_s=None)
    print_evaluation(gallery, evaluate(vectors, labels, groups=groups), to)
    assert "60 images of 4 classes in 8 groups" in shown(to)
    assert "stored" in shown(to)


def test_one_line_for_each_recipe_and_what_to_take() -> None:
    vectors, labels = clusters()
    evaluation, to = evaluate(vectors, labels), console()
    contenders = [Contender("lite:[b]", evaluation, 5.0, 12), Contender("lite:other", evaluation, 2.0, 12)]
    print_comparison(contenders, recommend(contenders), to)
    text = shown(to)
    assert "lite:[b]" in text
    assert "recommended: lite:[b]" in text
    assert "+0.000 [+0.000, +0.000]" in text
