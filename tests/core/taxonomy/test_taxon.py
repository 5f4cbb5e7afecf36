from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import Span
from facies.core.taxonomy.taxon import fold

ends = st.one_of(st.none(), st.integers(-50, 50))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    low, high = draw(ends), draw(ends)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Span(low, high)


@given(spans(), spans())
def test_ranges_overlap_where_some_value_lies_in_both(one: Span, other: Span) -> None:
    def holds(span: Span, value: int) -> bool:
        return (span.low is None or span.low <= value) and (span.high is None or value <= span.high)

    assert one.overlaps(other) == any(holds(one, value) and holds(other, value) for value in range(-51, 52))
    assert one.overlaps(other) == other.overlaps(one)


@pytest.mark.parametrize(("low", "high"), [(3, 2), (math.nan, None), (None, math.inf)])
def test_a_range_that_is_none_is_refused(low: float | None, high: float | None) -> None:
    with pytest.raises(TaxonomyError, match="range"):
        Span(low, high)


@pytest.mark.parametrize(
    ("span", "text"),
    [(Span(), "any"), (Span(3), "3 and more"), (Span(None, 4.5), "up to 4.5"), (Span(3, 4), "3 to 4")],
)
def test_a_range_reads_well(span: Span, text: str) -> None:
    assert str(span) == text


@given(st.text(max_size=20))
def test_spellings_of_one_name_fold_to_the_same(text: str) -> None:
    assert fold(f"  {text}\t") == fold(text)
    assert fold(text.replace(" ", "   ")) == fold(text)


def test_accents_are_the_same_however_they_are_coded() -> None:
    assert fold("Palæo\N{LATIN SMALL LETTER E WITH ACUTE}") == fold("palæoe\N{COMBINING ACUTE ACCENT}")
    assert fold("e") != fold("\N{LATIN SMALL LETTER E WITH ACUTE}")
