"""Names on a plot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.segmentation.depth_plot_text import pick_ink, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übergang\nschicht", "Übergang schicht"),
        ("$\\frac{1}{2}$", r"\$/frac{1}{2}\$"),
        ("頁 shale", "\N{REPLACEMENT CHARACTER} shale"),
        ("a very long name of a class", "a very long…"),
    ],
)
def test_what_a_plot_cannot_show_is_replaced(text: str, shown: str) -> None:
    assert printable(text, 12 if text.startswith("a very") else 90) == shown


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.integers(2, 30))
def test_names_keep_their_bounds(text: str, most: int) -> None:
    shown = printable(text, most)
    assert len(shown.replace(r"\$", "$")) <= most
    assert shown.splitlines() in ([], [shown])
    assert shown.count("$") == shown.count(r"\$")


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_the_ink_differs_from_its_ground(colour: tuple[int, int, int]) -> None:
    ink = int(pick_ink(colour)[1:3], 16)
    lightness = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    assert abs(ink - lightness) > 100
