from __future__ import annotations

from facies.indexer.evaluation.examples import Example, Found
from facies.indexer.evaluation.report_images import render_examples

from .conftest import clusters, make_gallery
from .pages import Page


def test_wrong_neighbours_are_marked_by_more_than_colour() -> None:
    vectors, _ = clusters(2, 2)
    gallery = make_gallery(vectors, ["a", "a", "b", "b"])
    example = Example(0, 0.5, 2, (Found(1, right=True, similarity=0.9), Found(2, right=False, similarity=0.81)))
    page = Page(render_examples(gallery, [example]))
    assert [figure["class"] for figure in page.of("figure")] == ["query", "right", "wrong"]
    assert [figure["title"] for figure in page.of("figure")] == ["a: image 0", "a: image 1", "b: image 2"]
    for said in ("P@n_k 0.50", "1 of 2", "0.900", "✕ b", "0.810"):
        assert said in page.text


def test_an_image_without_a_picture_has_its_place() -> None:
    vectors, _ = clusters(2, 2)
    gallery = make_gallery(vectors, ["a", "a", "b", "b"], read_thumbnail=lambda _: None)
    page = Page(render_examples(gallery, [Example(0, 0.0, 1, ())]))
    assert not page.of("img")
    assert "no picture" in page.text
