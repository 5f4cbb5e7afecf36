"""The filter language: its JSON form, its command-line form, and its meaning."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import QueryError
from facies.core.filters import (
    MAX_DEPTH,
    All,
    Any_,
    AnyOf,
    Equals,
    Filter,
    Not,
    Range,
    matches,
    parse_expression,
    parse_expressions,
    parse_filter,
    to_json,
)

texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False))
values = st.one_of(texts, numbers)
names = st.text(st.characters(codec="utf-8", exclude_characters='"\\'), min_size=1, max_size=12)
bounds = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), numbers, min_size=1)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Equals, names, values),
    st.builds(AnyOf, names, st.lists(values, max_size=3).map(tuple)),
    st.builds(lambda name, limits: Range(name, **limits), names, bounds),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Any_, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(filters)
def test_json_form_round_trips(where: Filter) -> None:
    assert parse_filter(json.loads(json.dumps(to_json(where)))) == where


@given(filters, st.dictionaries(names, values, max_size=4))
def test_not_is_the_complement(where: Filter, payload: dict[str, Any]) -> None:
    assert matches(Not(where), payload) is not matches(where, payload)


@given(filters, filters, st.dictionaries(names, values, max_size=4))
def test_all_and_any_obey_de_morgan(first: Filter, second: Filter, payload: dict[str, Any]) -> None:
    both = matches(All((first, second)), payload)
    assert both is not matches(Any_((Not(first), Not(second))), payload)


@pytest.mark.parametrize(
    ("where", "payload", "expected"),
    [
        (Equals("n", 3), {"n": 3.0}, True),
        (Equals("n", 3), {"n": "3"}, False),
        (Equals("n", "3"), {"n": 3}, False),
        (Equals("n", 3), {}, False),
        (Not(Equals("n", 3)), {}, True),
        (Range("n", gte=1), {"n": "5"}, False),
        (Range("n", gte=1, lt=2), {"n": 2}, False),
        (Range("n", gt=1, lte=2), {"n": 2}, True),
        (Not(Range("n", gt=1)), {"m": 7}, True),
        (AnyOf("n", ()), {"n": 1}, False),
        (AnyOf("n", (1, "a")), {"n": "a"}, True),
        (Equals("n", 0.3), {"n": 0.1 + 0.2}, True),
        (Range("n", gt=0.3), {"n": 0.1 + 0.2}, False),
        (Range("n", gte=0.1 + 0.2), {"n": 0.3}, True),
        (Equals("n", 10**15), {"n": 10**15 - 1}, False),
        (All(()), {}, True),
        (Any_(()), {}, False),
    ],
)
def test_meaning(where: Filter, payload: dict[str, Any], expected: bool) -> None:
    assert matches(where, payload) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label=areoligera", Equals("label", "areoligera")),
        ("well != 6407/6-5", Not(Equals("well", "6407/6-5"))),
        ("depth_m>=1200", Range("depth_m", gte=1200)),
        ("depth_m<-1.5e3", Range("depth_m", lt=-1500.0)),
        ("depth_m > .5", Range("depth_m", gt=0.5)),
        ("depth_m<=7", Range("depth_m", lte=7)),
        ("well=a|b", AnyOf("well", ("a", "b"))),
        ("well!=a|b", Not(AnyOf("well", ("a", "b")))),
        ("well=12", AnyOf("well", (12, "12"))),
        ('well="12"', Equals("well", "12")),
        ('well="a|b"|c', AnyOf("well", ("a|b", "c"))),
        ('note=""', Equals("note", "")),
        ("Depth (m)>3", Range("Depth (m)", gt=3)),
        ("uri=file:///a=b", Equals("uri", "file:///a=b")),
    ],
)
def test_expression(text: str, expected: Filter) -> None:
    assert parse_expression(text) == expected


@given(numbers, numbers)
def test_numbers_are_less_equal_or_greater(stored: float, bound: float) -> None:
    relations: list[Filter] = [Range("n", lt=bound), Equals("n", bound), Range("n", gt=bound)]
    assert sum(matches(relation, {"n": stored}) for relation in relations) == 1


@given(st.integers(-(10**15), 10**15 - 1))
def test_integers_stay_apart(number: int) -> None:
    assert not matches(Equals("n", number), {"n": number + 1})
    assert not matches(Equals("n", number + 1), {"n": number})


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(QueryError):
        parse_filter(to_json(parse_expression(text)))


@pytest.mark.parametrize(
    "text", ["", "label", "=x", "label=", "label=a|", "label=|a", "depth>=deep", "depth>=nan", 'a="b', "a<b"]
)
def test_text_that_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"expected|bound"):
        parse_expression(text)


def test_several_expressions_must_all_hold() -> None:
    assert parse_expressions([]) is None
    assert parse_expressions(["a=b"]) == Equals("a", "b")
    assert parse_expressions(["a=b", "c>1"]) == All((Equals("a", "b"), Range("c", gt=1)))


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "label=a",
        {},
        {"field": "a"},
        {"field": "a", "equals": True},
        {"field": "a", "equals": None},
        {"field": "a", "equals": ["b"]},
        {"field": "a", "equals": float("nan")},
        {"field": "a", "equals": 10**15 + 1},
        {"field": "a", "equals": "b", "range": {"gt": 1}},
        {"field": "", "equals": 1},
        {"field": 'a"b', "equals": 1},
        {"field": "a\\b", "equals": 1},
        {"field": "\ud800", "equals": 1},
        {"field": "a", "equals": "\ud800"},
        {"field": 3, "equals": 1},
        {"field": "a", "any_of": "bc"},
        {"field": "a", "any_of": [1, False]},
        {"field": "a", "range": {}},
        {"field": "a", "range": {"gte": None}},
        {"field": "a", "range": {"gt": "1"}},
        {"field": "a", "range": {"above": 1}},
        {"field": "a", "range": {"gt": True}},
        {"not": []},
        {"all": {}},
        {"any": [{"field": "a"}]},
        {"none": []},
    ],
)
def test_a_document_that_is_no_filter_is_refused(document: object) -> None:
    with pytest.raises(QueryError, match=r"expected|bound"):
        parse_filter(document)


def test_the_message_names_the_part() -> None:
    with pytest.raises(QueryError, match=r"filter\.all\[1\]\.not"):
        parse_filter({"all": [{"field": "a", "equals": 1}, {"not": {"what": 1}}]})


def test_deep_nesting_is_refused() -> None:
    document: dict[str, Any] = {"field": "a", "equals": 1}
    for _ in range(MAX_DEPTH - 1):
        document = {"not": document}
    parse_filter(document)
    for _ in range(5000):
        document = {"not": document}
    with pytest.raises(QueryError, match="deeper"):
        parse_filter(document)
