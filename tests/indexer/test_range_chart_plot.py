"""The drawn chart: a document that parses, with a bar for each count, none outside it."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.range_chart import RangeChart, Sighting, count_ranges
from facies.indexer.range_chart_plot import draw_range_chart

from .test_range_chart import sightings

SVG = "{http://www.w3.org/2000/svg}"


def parse(chart: RangeChart, title: str = "chart") -> Element:
    root: Element = fromstring(draw_range_chart(chart, title, ["a note"]))
    return root


def bars(root: Element, kind: str) -> list[Element]:
    return [one for one in root.iter(f"{SVG}rect") if one.get("class") == kind]


@settings(deadline=None)
@given(st.lists(sightings(), max_size=40), st.sampled_from([None, 1.0, 7.5]))
def test_each_count_has_its_bar_within_the_picture(found: list[Sighting], bin_size: float | None) -> None:
    chart = count_ranges(found, "depth_m", bin_size=bin_size)
    root = parse(chart)
    counts = [count for sample in chart.samples for count in sample.counts.values()]
    in_legend = 1
    assert len(bars(root, "validated")) == sum(count.validated > 0 for count in counts) + in_legend
    assert len(bars(root, "automatic")) == sum(count.automatic > 0 for count in counts) + in_legend
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for bar in (*bars(root, "validated"), *bars(root, "automatic")):
        x, y, wide, tall = (float(bar.get(name, "nan")) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + tall <= height


def test_bars_of_one_scale_are_as_long_as_their_counts() -> None:
    found = [Sighting(float(depth), "", "a", "validated") for depth in (1, 2, 2, 2)]
    first, second, _ = bars(parse(count_ranges(found, "d", bin_size=1)), "validated")
    assert float(second.get("width", 0)) / float(first.get("width", 1)) == 3
    assert float(second.get("y", 0)) > float(first.get("y", 0))  # deeper is lower


def test_names_that_are_markup_or_no_text_are_written_as_text() -> None:
    names = ["<script>alert(1)</script>", "a & b", "bell\x07", '"quoted"', "x" * 300]
    root = parse(count_ranges([Sighting(1.0, "", name, "validated") for name in names], "d"), "<b>")
    assert not list(root.iter(f"{SVG}script"))
    titles = {one.text for one in root.iter(f"{SVG}title")}
    assert {"<script>alert(1)</script>", "a & b", "bell\ufffd", '"quoted"', "x" * 300} <= titles


def test_each_well_has_its_own_panel() -> None:
    found = [Sighting(1.0, well, "a", "validated") for well in ("6407/6-5", "6407/6-6")]
    texts = [one.text for one in parse(count_ranges(found, "d")).iter(f"{SVG}text")]
    assert texts.index("6407/6-5") < texts.index("6407/6-6")


def test_a_chart_of_nothing_can_be_drawn() -> None:
    assert parse(count_ranges([], "d")).tag == f"{SVG}svg"
