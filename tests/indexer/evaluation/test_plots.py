from __future__ import annotations

from xml.etree import ElementTree  # what is parsed here was drawn here

from facies.indexer.evaluation.plots import Point, draw_curve, draw_points

SVG = "{http://www.w3.org/2000/svg}"


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  # drawn by the function under test


def test_a_curve_lies_in_its_frame_and_names_its_points() -> None:
    drawn = parse(draw_curve([0, 0.2, 1], [1, 0.7, 0], ["", "recall <0.2>", ""]))
    *_, line = drawn.iter("polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.get("points", "").split()]
    assert points == [(52.0, 14.0), (130.4, 92.0), (444.0, 274.0)]
    assert [title.text for title in drawn.iter("title")] == ["recall <0.2>"]
    assert {"recall", "precision"} <= {text.text for text in drawn.iter("text")}


def test_error_bars_end_at_the_frame() -> None:
    drawn = parse(draw_points([Point(1, 0.9, 0.7, 1.2, "k = 1"), Point(3, 0.5, 0.5, 0.5, "k = 3")], "k", "F1"))
    bars = [line for line in drawn.iter("line") if line.get("class") == "bar"]
    assert [(bar.get("y1"), bar.get("y2")) for bar in bars] == [("92.0", "14.0")]
    assert [title.text for title in drawn.iter("title")] == ["k = 1", "k = 3"]
    assert {"1", "3", "0.90", "0.50"} <= {text.text for text in drawn.iter("text")}
