"""What is refused before an engine sees it: by the functions, and by both backends."""

from __future__ import annotations

from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import ConfigurationError, DimensionMismatchError, InvalidPointError, QueryError
from facies.core.store import CollectionSchema, Point, VectorQuery, VectorStore
from facies.core.store.checks import check_points, is_collection_name, is_point_id, merge_schemas, possible_ids

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant:UserWarning"  # local mode scans, which is right here
)

SCHEMA = CollectionSchema({"v": 16})
Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]
ID = "0f6a4a1e-7a52-5a7b-9a44-000000000001"


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


@given(st.uuids())
def test_canonical_uuids_are_ids(value: object) -> None:
    assert is_point_id(str(value))
    assert not is_point_id(f"{{{value}}}")
    assert not is_point_id(value)


@given(st.text(max_size=120))
def test_collection_names_are_safe_in_paths_and_urls(name: str) -> None:
    if is_collection_name(name):
        assert name.isascii()
        assert not set(name) & set("/\\%?# ")
        assert not name.startswith(".")


def test_ids_come_once_and_in_order() -> None:
    other = ID[:-1] + "2"
    assert possible_ids([other, "x", ID, other]) == [other, ID]


def test_lengths_just_inside_and_outside_the_tolerance() -> None:
    schema = CollectionSchema({"v": 4})
    for length, accepted in [(1.0, True), (1.0009, True), (0.9991, True), (1.0011, False), (0.9989, False)]:
        point = Point(ID, {"v": np.array([length, 0, 0, 0], dtype=np.float32)})
        if accepted:
            check_points(schema, [point])
        else:
            with pytest.raises(InvalidPointError, match=f"{ID} has length {length:g}, expected 1"):
                check_points(schema, [point])


def test_the_bad_point_is_named_wherever_it_stands() -> None:
    good = Point(ID, {"v": np.array([1, 0], dtype=np.float32)})
    bad = Point(ID[:-1] + "9", {"v": np.array([2, 0], dtype=np.float32)})
    for position in (0, 255, 256, 599):
        points = [good] * 600
        points[position] = bad
        with pytest.raises(InvalidPointError, match=bad.id):
            check_points(CollectionSchema({"v": 2}), points)


def test_schemas_are_completed() -> None:
    old = CollectionSchema({"v": 4}, {"a": "integer", "b": "keyword"})
    new = CollectionSchema({"w": 2}, {"a": "float"})
    assert merge_schemas("c", old, new) == CollectionSchema({"v": 4, "w": 2}, {"a": "float", "b": "keyword"})


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../x", "a b", "é", "x" * 101])
def test_a_bad_collection_name_is_refused(store: VectorStore, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a collection"):
        store.ensure(name, SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        CollectionSchema({}),
        CollectionSchema({"v": 0}),
        CollectionSchema({"v": 10**6}),
        CollectionSchema({"": 3}),
        CollectionSchema({"v": 3}, {'a"b': "keyword"}),
        CollectionSchema({"v": 3}, {"a": "bool"}),  # type: ignore[dict-item]  # the wrong kind is the point of the test
    ],
)
def test_a_bad_schema_is_refused(store: VectorStore, schema: CollectionSchema) -> None:
    with pytest.raises(ConfigurationError):
        store.ensure("c", schema)
    assert store.collections() == []


def test_a_query_that_makes_no_sense_is_refused(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, _ = filled
    row = rows(1)[0]
    bad = [
        VectorQuery("v", [row], k=0),
        VectorQuery("v", [row], k=-3),
        VectorQuery("v", [row], offset=-1),
        VectorQuery("v", [row], k=10**9),
        VectorQuery("nope", [row]),
        VectorQuery("v", []),
        VectorQuery("v", [row * 2]),
        VectorQuery("v", [row * np.float32("nan")]),
        VectorQuery("v", [rows(4)]),
        VectorQuery("v", [row], strategy="sum"),  # type: ignore[arg-type]  # the wrong word is the point of the test
    ]
    for query in bad:
        with pytest.raises(QueryError):
            store.search("c", query)
    with pytest.raises(DimensionMismatchError, match="dimension 8, expected 16"):
        store.search("c", VectorQuery("v", [rows(1, 8)[0]]))


def bad_points(row: NDArray[np.float32]) -> dict[str, Point]:
    broken = row.copy()
    broken[3] = np.nan
    good = {"v": row}
    return {
        "no UUID": Point("not-an-id", good),
        "upper-case UUID": Point(name_of(1).upper(), good),
        "number as id": Point(7, good),  # type: ignore[arg-type]  # the wrong type is the point of the test
        "no vector": Point(name_of(1), {}),
        "unknown vector": Point(name_of(1), {"v": row, "w": row}),
        "NaN": Point(name_of(1), {"v": broken}),
        "infinite": Point(name_of(1), {"v": row * np.float32("inf")}),
        "not unit": Point(name_of(1), {"v": row * np.float32(1.01)}),
        "zero": Point(name_of(1), {"v": row * 0}),
        "two-dimensional": Point(name_of(1), {"v": row[None]}),
        "integers": Point(name_of(1), {"v": row.astype(np.int64)}),
        "list": Point(name_of(1), {"v": row.tolist()}),
        "flag": Point(name_of(1), good, {"a": True}),
        "null": Point(name_of(1), good, {"a": None}),  # type: ignore[dict-item]  # likewise
        "list value": Point(name_of(1), good, {"a": ["b"]}),  # type: ignore[dict-item]  # likewise
        "NaN value": Point(name_of(1), good, {"a": float("nan")}),
        "huge integer": Point(name_of(1), good, {"a": 10**15 + 1}),
        "lone surrogate": Point(name_of(1), good, {"a": "\ud800"}),
        "empty field": Point(name_of(1), good, {"": 1}),
        "quoted field": Point(name_of(1), good, {'a"b': 1}),
        "backslash field": Point(name_of(1), good, {"a\\b": 1}),
    }


@pytest.mark.parametrize("case", list(bad_points(np.full(16, 0.25, dtype=np.float32))))
def test_one_bad_point_leaves_nothing_behind(
    store: VectorStore, rows: Rows, make_points: MakePoints, case: str
) -> None:
    store.ensure("c", SCHEMA)
    batch = make_points(rows(600))
    batch[577] = bad_points(rows(1)[0])[case]
    with pytest.raises(InvalidPointError, match=r"(?s).+(expected|no UUID|is not a)"):
        store.upsert("c", batch)
    assert store.count("c") == 0


def test_a_vector_of_another_dimension_leaves_nothing_behind(
    store: VectorStore, rows: Rows, make_points: MakePoints
) -> None:
    store.ensure("c", SCHEMA)
    with pytest.raises(DimensionMismatchError, match="dimension 8, expected 16"):
        store.upsert("c", [*make_points(rows(3)), Point(name_of(7), {"v": rows(1, 8)[0]})])
    assert store.count("c") == 0
