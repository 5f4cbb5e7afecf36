from __future__ import annotations

import numpy as np

from facies.indexer.evaluation.comparison import Contender, recommend
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.report_tables import render_classes, render_comparison, render_confusion

from .conftest import clusters, unit
from .pages import Page


def test_every_cell_of_the_confusion_is_there() -> None:
    vectors, labels = clusters(4, 15, spread=1.0)
    evaluation = evaluate(vectors, labels)
    page = Page(render_confusion(evaluation))
    counts = evaluation.measures.knn[1].confusion.sum(axis=0)
    titles = [cell["title"] or "" for cell in page.of("td")]
    assert len(titles) == 16
    assert titles[1] == f"class a named class b: {counts[0, 1]} of {counts[0].sum()}"
    assert len(page.of("td", "diagonal")) == 4
    shades = [float((cell["style"] or "").removeprefix("--s:")) for cell in page.of("td")]
    assert all((shade > 0) == (count > 0) for shade, count in zip(shades, counts.ravel(), strict=True))
    assert max(shades) <= 1


def test_classes_come_best_first_and_may_lack_figures() -> None:
    vectors, labels = clusters(3, 15, spread=0.8)
    labels = ["alone" if i == 0 else label for i, label in enumerate(labels)]
    page = Page(render_classes(evaluate(vectors, labels, groups=[f"{i % 9}" for i in range(len(labels))])))
    assert page.text.index("class") < page.text.index("alone1")  # with no figure behind it, last
    assert len(page.of("i")) == 8


def test_what_is_worse_is_coloured() -> None:
    vectors, labels = clusters(4, 30)
    noise = np.random.default_rng(0).normal(size=vectors.shape)
    good = Contender("good", evaluate(vectors, labels), 5.0, 12)
    bad = Contender("bad", evaluate(unit(vectors + 2.0 * noise), labels), 50.0, 12)
    page = Page(render_comparison([good, bad], recommend([good, bad])))
    assert len(page.of("span", "worse")) == 2
    assert len(page.of("tr", "chosen")) == 1
    assert "Recommended: good." in page.text
