from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.filters import matches, parse_filter
from facies.ui.where import FilterChoice, split_words, to_where

values = st.floats(-1e6, 1e6, allow_nan=False)
bounds = st.tuples(st.none() | values, st.none() | values)


@given(
    st.lists(st.sampled_from("abc"), unique=True).map(tuple),
    st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    bounds,
    st.fixed_dictionaries({"label": st.sampled_from("abc"), "well": st.sampled_from("xyz"), "depth_m": values}),
)
def test_a_choice_means_what_the_filter_language_says(
    labels: tuple[str, ...],
    wells: tuple[str, ...],
    depths: tuple[float | None, float | None],
    payload: dict[str, Any],
) -> None:
    choice = FilterChoice(labels, {"well": wells}, {"depth_m": depths})
    where = to_where(choice)
    low, high = depths
    passes = (
        (not labels or payload["label"] in labels)
        and (not wells or payload["well"] in wells)
        and (low is None or payload["depth_m"] >= low)
        and (high is None or payload["depth_m"] <= high)
    )
    found = where is None or matches(parse_filter(where), payload)
    assert found == passes
    assert (choice.count == 0) == (where is None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" | ", ()),
        ("6407/6-5", ("6407/6-5",)),
        ("a, b | c;a, b", ("a, b", "c")),
    ],
)
def test_words_are_parted_by_bars_and_semicolons_but_not_by_commas(text: str, expected: tuple[str, ...]) -> None:
    assert split_words(text) == expected
