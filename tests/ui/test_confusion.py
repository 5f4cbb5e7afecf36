from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from facies.ui.confusion import SET, UNKNOWN, Cell, class_rows, count_cells, measure, to_spec

LABELS = st.sampled_from("abcd")


@settings(deadline=None)  # scikit-learn takes its time at first
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40))
def test_the_figures_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, named = zip(*pairs, strict=True)
    figures = measure(count_cells(pairs))
    labels = [one.label for one in figures.classes]
    precision, recall, f1, support = precision_recall_fscore_support(truth, named, labels=labels, zero_division=np.nan)
    for place, one in enumerate(figures.classes):
        for ours, theirs in ((one.precision, precision), (one.recall, recall), (one.f1, f1)):
            assert ours == (None if np.isnan(theirs[place]) else pytest.approx(theirs[place]))
        assert one.images == support[place]
    assert figures.macro_f1 == pytest.approx(f1_score(truth, named, labels=labels, average="macro", zero_division=0))
    assert figures.precision == pytest.approx(np.mean(np.array(truth) == np.array(named)))
    assert figures.coverage == 1


def test_unsure_images_have_no_label_and_lower_recall_alone() -> None:
    figures = measure([Cell("a", "a", 2), Cell("a", SET, 1), Cell("b", UNKNOWN, 1), Cell("b", "a", 1)])
    assert (figures.images, figures.named, figures.right) == (5, 3, 2)
    first, second = figures.classes
    assert [first.precision, first.recall] == pytest.approx([2 / 3, 2 / 3])
    assert (second.precision, second.recall, second.mistaken_for) == (None, 0, ("a", 1))
    assert [row["most often taken for"] for row in class_rows(figures)] == ["", "a (1)"]


def test_the_chart_has_the_unsure_last_and_drops_numbers_where_classes_are_many() -> None:
    few = to_spec([Cell("b", UNKNOWN, 1), Cell("a", "b", 3), Cell("a", "a", 1)])
    assert few["encoding"]["x"]["scale"]["domain"] == ["a", "b", UNKNOWN]
    assert few["encoding"]["y"]["scale"]["domain"] == ["a", "b"]
    assert [one["share"] for one in few["data"]["values"]] == [1, 0.75, 0.25]
    assert len(few["layer"]) == 2
    many = to_spec([Cell(f"{n:02d}", f"{n:02d}", 1) for n in range(60)])
    assert len(many["layer"]) == 1
    assert many["width"]["step"] < few["width"]["step"]


def test_nothing_is_said_of_nothing() -> None:
    figures = measure([])
    assert (figures.coverage, figures.precision, figures.macro_f1, figures.classes) == (0, None, None, ())
