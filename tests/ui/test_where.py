from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from facies.core.filters import matches, parse_filter
from facies.ui.where import FilterChoice, read_texts, to_texts, to_where

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
    choice = FilterChoice({"label": labels, "well": wells}, {"depth_m": depths})
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


@given(
    st.dictionaries(st.sampled_from(["label", "well"]), st.lists(st.text(min_size=1), min_size=1, unique=True)),
    st.dictionaries(st.sampled_from(["depth_m", "um"]), bounds),
)
def test_an_address_brings_the_same_choice_back(words: dict[str, list[str]], spans: dict[str, Any]) -> None:
    choice = FilterChoice({name: tuple(values) for name, values in words.items()}, spans)
    kinds = {"label": "keyword", "well": "keyword", "depth_m": "float", "um": "float"}
    back, strange = read_texts(to_texts(choice), kinds)
    assert strange == []
    assert to_where(back) == to_where(choice)


def test_what_means_nothing_in_a_collection_is_handed_back() -> None:
    kinds = {"label": "keyword", "slide": "integer"}
    texts = ["label=a", "wel=b", "slide=high..", "slide=5", "label=", "slide=3.."]
    choice, strange = read_texts(texts, kinds)
    assert choice == FilterChoice({"label": ("a",)}, {"slide": (3, None)})
    assert strange == ["wel=b", "slide=high..", "slide=5", "label="]


def test_one_field_can_be_left_out() -> None:
    choice = FilterChoice({"label": ("a",), "well": ("b",)}, {"depth_m": (1.0, None)})
    assert choice.without("label") == FilterChoice({"well": ("b",)}, {"depth_m": (1.0, None)})
    assert choice.without("depth_m").bounds == {}
