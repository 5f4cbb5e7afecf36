from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from facies.core.wire import FailureOut
from facies.indexer.evaluation.comparison import Contender, recommend
from facies.indexer.evaluation.protocol import evaluate
from facies.indexer.evaluation.report import render_report, write_report
from facies.models.rerank import Diffusion

from .conftest import clusters, make_gallery
from .pages import Page

EVIL = "<script>alert('&')</script>"


def test_one_page_with_everything() -> None:
    vectors, labels = clusters(5, 14, spread=0.8)
    gallery = make_gallery(vectors, labels, notes=("mind this",), failures=(FailureOut(path="x.png", reason="cut"),))
    evaluation = evaluate(vectors, labels)
    page = Page(render_report(gallery, evaluation))
    retrieval = evaluation.measures.retrieval
    for figure in (retrieval.mean_p_at_nk, retrieval.mean_average_precision, retrieval.pr_auc):
        assert f"{figure:.3f}" in page.text
    for said in ("70 images of 5 classes", "mind this", "x.png: cut", "20.0", "class a", "squash", "Best queries"):
        assert said in page.text
    assert len(page.of("svg")) == 2
    assert len(page.of("figure", "query")) == 10
    assert len(page.of("figure", "right") + page.of("figure", "wrong")) == 90
    assert page.of("figure", "wrong")


def test_nothing_comes_from_elsewhere_and_no_script_runs() -> None:
    vectors, labels = clusters()
    text = render_report(make_gallery(vectors, labels), evaluate(vectors, labels))
    page = Page(text)
    assert not page.of("script")
    assert not page.of("link")
    assert not re.search(r"https?://|url\(|@import|\son\w+=", text)
    assert all((image["src"] or "").startswith("data:image/jpeg;base64,") for image in page.of("img"))
    assert "prefers-color-scheme: dark" in text


def test_text_of_other_people_is_only_text() -> None:
    vectors, labels = clusters(3, 12, spread=0.9)
    labels = [EVIL if label == "class a" else label for label in labels]
    gallery = make_gallery(vectors, labels, EVIL, titles=[EVIL] * len(labels), notes=(EVIL,), recipe=EVIL)
    evaluation = evaluate(vectors, labels)
    other = Contender(f"{EVIL} again", evaluation, 3.0, 12)
    contenders = [Contender(EVIL, evaluation, None, 12), other]
    page = Page(render_report(gallery, evaluation, contenders, recommend(contenders)))
    assert not page.of("script")
    assert EVIL in page.text


def test_recipes_that_were_compared() -> None:
    vectors, labels = clusters(4, 20)
    gallery, evaluation = make_gallery(vectors, labels, images_per_s=None), evaluate(vectors, labels)
    contenders = [Contender("lite:fast", evaluation, None, 12), Contender("lite:slow", evaluation, 3.0, 12)]
    text = Page(render_report(gallery, evaluation, contenders, recommend(contenders))).text
    assert "Recommended: lite:fast." in text
    assert "lite:slow" in text
    assert "images/s embedded" not in text  # none was


def test_reranking_and_groups_are_named() -> None:
    vectors, labels = clusters()
    groups = [f"g{i % 8}" for i in range(len(labels))]
    gallery = make_gallery(vectors, labels, groups=tuple(groups))
    text = Page(render_report(gallery, evaluate(vectors, labels, groups=groups, rerank=Diffusion()))).text
    assert "re-ranked by diffusion" in text
    assert "the query's group are no candidates" in text


def test_many_failures_are_counted() -> None:
    vectors, labels = clusters()
    failures = tuple(FailureOut(path=f"{i}.png", reason="cut") for i in range(53))
    text = Page(render_report(make_gallery(vectors, labels, failures=failures), evaluate(vectors, labels))).text
    assert "and 3 more files" in text


def test_the_file_is_complete_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, labels = clusters()
    gallery, evaluation = make_gallery(vectors, labels), evaluate(vectors, labels)
    write_report(tmp_path / "r.html", gallery, evaluation)
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    def fail(_key: str) -> bytes | None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_report(tmp_path / "s.html", dataclasses.replace(gallery, read_thumbnail=fail), evaluation)
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
