from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from facies.ui import markup

ALLOWED = {"ol", "li", "span", "i", "dl", "dt", "dd", "div", "img"}


class Seen(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


nasty = st.text() | st.sampled_from(["<script>alert(1)</script>", '" onload="x', "' onerror='x", "a & <b>"])


@given(nasty, st.floats(-2, 2), nasty)
def test_no_value_becomes_markup(name: str, part: float, words: str) -> None:
    for text in (
        markup.bar_list([(name, part, words)], kind="votes"),
        markup.figures([(name, words)]),
        markup.facts([(name, words)]),
        markup.mosaic([(f"http://127.0.0.1/{name}", words)]),
    ):
        seen = Seen(text)
        assert set(seen.tags) <= ALLOWED
        assert not [a for a, _ in seen.attributes if a.startswith("on")]


def test_bars_are_as_long_as_their_share() -> None:
    text = markup.count_bars([("a", 50), ("b", 25)])
    assert "width:100.0%" in text
    assert "width:50.0%" in text
    assert Seen(text).words == "a50b25"


def test_a_bar_never_leaves_its_track() -> None:
    assert "width:100.0%" in markup.bar_list([("a", 1.7, "")], kind="votes")
    assert "width:0.0%" in markup.bar_list([("a", -1, "")], kind="votes")


def test_a_mosaic_loads_pictures_over_http_only() -> None:
    refused = ["javascript:alert(1)", "data:image/png,x", "//elsewhere/x.png", "/\\elsewhere/x.png", "x.png"]
    assert Seen(markup.mosaic([(src, "x") for src in refused])).tags == ["div"]
    for src in ("http://127.0.0.1/v1/x", "https://facies.lan/v1/x", "/v1/x"):
        assert ("src", src) in Seen(markup.mosaic([(src, "x")])).attributes
