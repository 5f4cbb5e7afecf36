"""Filters rewritten into conditions that mean the same to every engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.filters import All, Any_, AnyOf, Equals, Filter, Not, Range, matches, same_numbers
from facies.core.store import CollectionSchema, Point, VectorStore
from facies.core.store.conditions import (
    NOTHING,
    Condition,
    Every,
    IdIn,
    Never,
    NumberIn,
    Some,
    TextIn,
    field_path,
    lower_filter,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant:UserWarning"  # local mode scans, which is right here
)

Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]
POINT_ID = str(uuid5(NAMESPACE_URL, "0"))
LOW, HIGH = same_numbers(3)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Equals("a", "x"), Some((TextIn('"a"', ("x",)),))),
        (Equals("a", 3), Some((NumberIn('"a"', gte=LOW, lte=HIGH),))),
        (AnyOf("a", (3, "x", 3.0)), Some((NumberIn('"a"', gte=LOW, lte=HIGH), TextIn('"a"', ("x",))))),
        (AnyOf("a", ()), NOTHING),
        (Range("a", gt=3, lt=3), NumberIn('"a"', gt=HIGH, lt=LOW)),
        (Not(Any_(())), Never(NOTHING)),
        (All(()), Every(())),
        (Any_((AnyOf("a", ()),)), Some((NOTHING,))),
    ],
)
def test_lowering(where: Filter, expected: Condition) -> None:
    assert lower_filter(where) == Every((expected,))


def test_ids_to_exclude() -> None:
    assert lower_filter(None) is None
    assert lower_filter(None, ["b", "a", "b"]) == Every((Never(IdIn(frozenset({"a", "b"}))),))
    assert lower_filter(All(()), []) == Every((Every(()),))


def test_bounds_stay_finite() -> None:
    greatest = sys.float_info.max
    assert lower_filter(Range("a", gt=greatest, gte=-greatest)) == Every((NumberIn('"a"', gt=greatest, gte=-greatest),))


def test_a_field_is_never_a_path() -> None:
    assert field_path("a.b[0]") == '"a.b[0]"'


fields = st.sampled_from(["label", "n", "x", "free", "Depth (m)", "a.b", "missing"])
values = st.sampled_from(
    ["a", "b", "3", "", "é", 0, 1, 3, -2, 2.5, -2.5, 3.0, 0.1 + 0.2, 89 / 7, 1e300, 10**15, -(10**15)]
)
limits = st.sampled_from([-1e300, -(10**15), -2.5, -2, 0, 1, 2.5, 2.500001, 3, 0.3, 10**15])
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(Equals, fields, values),
    st.builds(AnyOf, fields, st.lists(values, max_size=3).map(tuple)),
    st.builds(
        lambda field, bounds: Range(field, **bounds),
        fields,
        st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), limits, min_size=1, max_size=2),
    ),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Any_, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@pytest.fixture
def mixed(store: VectorStore, rows: Rows, make_points: MakePoints) -> tuple[VectorStore, list[Point]]:
    """Points whose fields are there or not, text or number, whatever the index expects."""
    choices: list[Any] = [
        "a",
        "b",
        "3",
        "",
        "é",
        0,
        1,
        3,
        -2,
        2.5,
        -2.5,
        3.0,
        0.1 + 0.2,
        89 / 7,
        1e300,
        10**15,
        -(10**15),
        None,
    ]
    generator = np.random.default_rng(5)
    names = ["label", "n", "x", "free", "Depth (m)", "a.b"]

    def payload(_: int) -> dict[str, Any]:
        drawn = {name: choices[generator.integers(len(choices))] for name in names}
        return {name: value for name, value in drawn.items() if value is not None}

    points = make_points(rows(150), payload)
    indexes = {"label": "keyword", "n": "integer", "x": "float", "Depth (m)": "float"}
    store.ensure("c", CollectionSchema({"v": 16}, indexes))  # type: ignore[arg-type]  # literals widened by the dict
    store.upsert("c", points)
    return store, points


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=filters)
def test_filters_select_what_matches_says(mixed: tuple[VectorStore, list[Point]], where: Filter) -> None:
    store, points = mixed
    expected = sorted(point.id for point in points if matches(where, point.payload))
    assert [point.id for point in store.scroll("c", where=where, batch=100)] == expected
    assert store.count("c", where) == len(expected)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    payload=st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters='"\\'), min_size=1, max_size=20),
        st.one_of(
            st.text(st.characters(codec="utf-8"), max_size=20),
            st.integers(-(10**15), 10**15),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=4,
    )
)
def test_any_payload_comes_back_and_is_found(store: VectorStore, rows: Rows, payload: dict[str, Any]) -> None:
    store.ensure("c", CollectionSchema({"v": 16}))
    store.upsert("c", [Point(POINT_ID, {"v": rows(1)[0]}, payload)])
    stored = store.get("c", [POINT_ID])[POINT_ID].payload
    assert stored.keys() == payload.keys()
    for name, value in payload.items():
        assert stored[name] == (pytest.approx(value, rel=4e-16, abs=0) if isinstance(value, float) else value)
        assert store.count("c", Equals(name, value)) == 1
