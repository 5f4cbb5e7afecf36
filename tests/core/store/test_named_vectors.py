"""Several named vectors in one collection: the contract of every backend."""

from __future__ import annotations

from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import (
    CollectionNotFoundError,
    ConfigurationError,
    DimensionMismatchError,
    InvalidPointError,
    QueryError,
)
from facies.core.store import CollectionSchema, Point, VectorQuery, VectorStore

SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer", "x": "float"})


Rows = Callable[..., NDArray[np.float32]]


MakePoints = Callable[..., list[Point]]


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


def test_a_second_vector_and_index_complete_a_collection(store: VectorStore, rows: Rows) -> None:
    store.ensure("c", CollectionSchema({"v": 16}))
    store.upsert("c", [Point(name_of(0), {"v": rows(1)[0]}, {"label": "a"})])
    store.ensure("c", CollectionSchema({"w": 4}, {"label": "keyword"}))
    assert store.schema("c") == CollectionSchema({"v": 16, "w": 4}, {"label": "keyword"})
    store.ensure("c", CollectionSchema({"v": 16}))
    assert store.schema("c") == CollectionSchema({"v": 16, "w": 4}, {"label": "keyword"})
    assert store.facet("c", "label") == {"a": 1}
    assert list(store.get("c", [name_of(0)])[name_of(0)].vectors) == ["v"]
    both = Point(name_of(1), {"v": rows(2)[1], "w": rows(1, 4)[0]})
    store.upsert("c", [both])
    assert [hit.id for hit in store.search("c", VectorQuery("w", [both.vectors["w"]]))] == [name_of(1)]


def test_points_get_the_vectors_of_another_model(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, points = filled
    store.ensure("c", CollectionSchema({"w": 4}))
    query = VectorQuery("w", [rows(1, 4)[0]], k=1000)
    assert store.search("c", query) == []
    assert store.count("c", lacking="w") == len(points)
    new = rows(len(points), 4, seed=3)
    given = {point.id: row for point, row in zip(points[:300], new, strict=False)}
    store.put_vectors("c", "w", given | {name_of(99999): new[-1]})
    assert store.count("c") == len(points)
    assert store.count("c", lacking="w") == len(points) - 300
    hits = store.search("c", query)
    assert {hit.id for hit in hits} == given.keys()
    assert hits[0].id == max(given, key=lambda one: float(given[one] @ query.positive[0]))
    both = store.get("c", [points[7].id])[points[7].id].vectors
    np.testing.assert_allclose(both["v"], points[7].vectors["v"], atol=1e-6)
    np.testing.assert_allclose(both["w"], given[points[7].id], atol=1e-6)
    store.put_vectors("c", "w", {points[7].id: -given[points[7].id]})
    np.testing.assert_allclose(
        store.get("c", [points[7].id])[points[7].id].vectors["w"], -given[points[7].id], atol=1e-6
    )
    assert [point.id for point in store.scroll("c", lacking="w")] == sorted(point.id for point in points[300:])


def test_vectors_that_do_not_fit_leave_nothing_behind(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, points = filled
    store.ensure("c", CollectionSchema({"w": 4}))
    good = rows(1, 4)[0]
    with pytest.raises(QueryError, match="no named vector 'x'; the collection has v, w"):
        store.put_vectors("c", "x", {points[0].id: good})
    with pytest.raises(DimensionMismatchError, match="dimension 16, expected 4"):
        store.put_vectors("c", "w", {points[0].id: good, points[1].id: points[1].vectors["v"]})
    for bad in ({"junk": good}, {points[1].id: good * 2}, {points[1].id: good * np.float32("nan")}):
        with pytest.raises(InvalidPointError):
            store.put_vectors("c", "w", {points[0].id: good, **bad})
    assert store.count("c", lacking="w") == len(points)
    store.put_vectors("c", "w", {})


def test_a_dropped_vector_is_gone_and_its_name_free(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, points = filled
    store.ensure("c", CollectionSchema({"w": 4}))
    store.put_vectors("c", "w", {p.id: row for p, row in zip(points, rows(800, 4), strict=True)})
    hits = store.search("c", VectorQuery("v", [points[3].vectors["v"]], k=20))
    store.drop_vector("c", "w")
    store.drop_vector("c", "w")
    assert store.schema("c") == SCHEMA
    found = store.get("c", [points[3].id])[points[3].id]
    assert (list(found.vectors), found.payload) == (["v"], points[3].payload)
    assert store.search("c", VectorQuery("v", [points[3].vectors["v"]], k=20)) == hits
    for call in (
        lambda: store.search("c", VectorQuery("w", [rows(1, 4)[0]])),
        lambda: store.put_vectors("c", "w", {points[0].id: rows(1, 4)[0]}),
        lambda: store.count("c", lacking="w"),
    ):
        with pytest.raises(QueryError, match="no named vector 'w'; the collection has v"):
            call()
    store.ensure("c", CollectionSchema({"w": 5}))
    assert store.count("c", lacking="w") == len(points)
    new = rows(1, 5)[0]
    store.put_vectors("c", "w", {points[7].id: new})
    assert [hit.id for hit in store.search("c", VectorQuery("w", [new]))] == [points[7].id]
    store.drop_vector("c", "v")
    assert store.schema("c").vectors == {"w": 5}
    assert store.count("c") == len(points)
    assert not store.get("c", [points[3].id])[points[3].id].vectors


def test_the_only_vector_stays(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    with pytest.raises(ConfigurationError, match="'v' is the only named vector of collection 'c'"):
        store.drop_vector("c", "v")
    store.drop_vector("c", "unknown")
    with pytest.raises(CollectionNotFoundError, match="There are: c"):
        store.drop_vector("gone", "v")
    assert store.search("c", VectorQuery("v", [points[0].vectors["v"]], k=1))[0].id == points[0].id


def test_a_staged_generation_loses_a_vector_by_itself(filled: tuple[VectorStore, list[Point]]) -> None:
    store, _ = filled
    staged = store.stage("c", CollectionSchema({"v": 16, "w": 4}))
    store.drop_vector(staged, "v")
    assert store.schema(staged).vectors == {"w": 4}
    assert store.schema("c") == SCHEMA
