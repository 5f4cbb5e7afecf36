"""The contract of `VectorStore`: every test here runs on both backends."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    InvalidPointError,
    QueryError,
    StoreUnavailableError,
)
from facies.core.filters import AnyOf, Equals, Filter, Not, Range, matches
from facies.core.store import CollectionSchema, Hit, Point, VectorQuery, VectorStore

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect in the local Qdrant:UserWarning"  # local mode scans, which is right here
)


SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer", "x": "float"})


Rows = Callable[..., NDArray[np.float32]]


MakePoints = Callable[..., list[Point]]


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


def exact(points: list[Point], target: NDArray[np.float32], where: Filter | None = None) -> list[tuple[str, float]]:
    """Rank points by float64 cosine, ties by id: the oracle."""
    unit = target.astype(np.float64) / np.linalg.norm(target)
    kept = [point for point in points if where is None or matches(where, point.payload)]
    scored = [(point.id, float(point.vectors["v"].astype(np.float64) @ unit)) for point in kept]
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))


def assert_same_ranking(hits: list[Hit], expected: list[tuple[str, float]]) -> None:
    assert [hit.id for hit in hits] == [one for one, _ in expected]
    np.testing.assert_allclose([hit.similarity for hit in hits], [s for _, s in expected], atol=2e-6)


def test_satisfies_the_protocol(store: VectorStore) -> None:
    assert isinstance(store, VectorStore)
    assert store.health().ok


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_search_equals_exact_search(filled: tuple[VectorStore, list[Point]], data: st.DataObject) -> None:
    store, points = filled
    example = points[data.draw(st.integers(0, len(points) - 1))]
    k, offset = data.draw(st.integers(1, 40)), data.draw(st.sampled_from([0, 0, 1, 7, 30]))
    banned = frozenset(name_of(i) for i in data.draw(st.lists(st.integers(0, 900), max_size=20)))
    where = data.draw(
        st.sampled_from([None, Equals("label", "a"), Range("x", gte=10, lt=200.5), Not(AnyOf("n", (3, 4)))])
    )
    query = VectorQuery("v", [example.vectors["v"]], k=k, offset=offset, where=where, exclude=banned)
    ranked = [pair for pair in exact(points, example.vectors["v"], where) if pair[0] not in banned]
    assert_same_ranking(store.search("c", query), ranked[offset : offset + k])


def test_a_point_is_its_own_nearest_neighbour(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    queries = [VectorQuery("v", [point.vectors["v"]], k=1) for point in points[:40]]
    for point, hits in zip(points, store.search_batch("c", queries), strict=False):
        assert hits[0].id == point.id
        assert hits[0].similarity == pytest.approx(1.0, abs=1e-6)
        assert hits[0].similarity <= 1.0


def test_several_examples_average_as_qdrant_does(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    plus, minus = [p.vectors["v"] for p in points[:3]], [p.vectors["v"] for p in points[3:5]]
    target = np.mean(plus, axis=0) + np.mean(plus, axis=0) - np.mean(minus, axis=0)
    hits = store.search("c", VectorQuery("v", plus, minus, k=25))
    assert_same_ranking(hits, exact(points, target)[:25])


def test_examples_that_cancel_out_are_refused(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    row = points[0].vectors["v"]
    with pytest.raises(QueryError, match="cancel"):
        store.search("c", VectorQuery("v", [row, -row]))


def test_best_score_ranks_by_the_nearest_example(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    plus = [p.vectors["v"] for p in points[:2]]
    hits = store.search("c", VectorQuery("v", plus, strategy="best_score", k=20))
    gallery = np.stack([p.vectors["v"] for p in points])
    best = np.max(gallery @ np.stack(plus).T, axis=1)
    assert [hit.id for hit in hits] == [points[i].id for i in np.argsort(-best)[:20]]
    centre = np.mean(plus, axis=0)
    rows = {p.id: p.vectors["v"] for p in points}
    expected = [float(rows[hit.id] @ centre / np.linalg.norm(centre)) for hit in hits]
    np.testing.assert_allclose([hit.similarity for hit in hits], expected, atol=2e-6)


def test_best_score_keeps_away_from_negatives(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    query = VectorQuery("v", [points[0].vectors["v"]], [points[1].vectors["v"]], strategy="best_score", k=800)
    ranks = {hit.id: rank for rank, hit in enumerate(store.search("c", query))}
    assert ranks[points[0].id] == 0
    assert ranks[points[1].id] == len(points) - 1


def test_equal_similarities_come_in_order_of_id(store: VectorStore, make_points: MakePoints) -> None:
    row, other = np.eye(16, dtype=np.float32)[:2]  # exact in every order of summation
    points = make_points(np.stack([other, *[row] * 60]))
    store.ensure("c", SCHEMA)
    store.upsert("c", points)
    twins = sorted(point.id for point in points[1:])
    for offset, k in [(0, 1), (0, 10), (5, 10), (50, 10), (55, 20)]:
        hits = store.search("c", VectorQuery("v", [row], k=k, offset=offset))
        assert [hit.id for hit in hits] == [*twins, points[0].id][offset : offset + k]


def test_more_neighbours_than_points(store: VectorStore, rows: Rows, make_points: MakePoints) -> None:
    store.ensure("c", SCHEMA)
    query = VectorQuery("v", [rows(1)[0]], k=10)
    assert store.search("c", query) == []
    store.upsert("c", make_points(rows(3)))
    assert len(store.search("c", query)) == 3
    assert store.search_batch("c", []) == []


def test_scroll_gives_every_point_once_in_order(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    found = list(store.scroll("c", vectors=True, batch=97))
    assert [point.id for point in found] == sorted(point.id for point in points)
    rows = {point.id: point.vectors["v"] for point in points}
    for point in found[:50]:
        np.testing.assert_allclose(point.vectors["v"], rows[point.id], atol=1e-6)
    assert not next(store.scroll("c")).vectors


def test_get_returns_what_is_there_in_the_order_asked(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    asked = [points[5].id, name_of(99999), points[2].id, "not-an-id", *(point.id for point in points[100:500])]
    found = store.get("c", asked)
    assert list(found) == [points[5].id, points[2].id, *(point.id for point in points[100:500])]
    assert found[points[5].id].payload == points[5].payload
    assert found[points[5].id].vectors["v"].dtype == np.float32
    np.testing.assert_allclose(found[points[5].id].vectors["v"], points[5].vectors["v"], atol=1e-6)
    assert not store.get("c", [points[5].id], vectors=False)[points[5].id].vectors


@pytest.mark.parametrize("strategy", ["average", "best_score"])
def test_hits_come_with_their_vectors_where_that_is_asked(
    filled: tuple[VectorStore, list[Point]], strategy: Literal["average", "best_score"]
) -> None:
    store, points = filled
    rows = {point.id: point.vectors["v"] for point in points}
    query = VectorQuery("v", [points[0].vectors["v"]], [points[1].vectors["v"]], strategy=strategy, k=50)
    plain = store.search("c", query)
    assert {hit.vector is None for hit in plain} == {True}
    hits = store.search("c", replace(query, with_vectors=True))
    assert hits == plain  # the vectors take no part in the comparison
    for hit in hits:
        assert hit.vector is not None
        np.testing.assert_allclose(hit.vector, rows[hit.id], atol=1e-6)


def test_get_brings_only_the_vectors_that_are_named(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.ensure("c", CollectionSchema({"w": 4, "x": 2}))
    store.put_vectors("c", "w", {points[0].id: np.eye(4, dtype=np.float32)[0]})
    ids = [points[0].id, points[1].id]
    assert [set(store.get("c", ids, vectors=["w"])[one].vectors) for one in ids] == [{"w"}, set()]
    assert [set(store.get("c", ids, vectors=["w", "v"])[one].vectors) for one in ids] == [{"v", "w"}, {"v"}]
    assert not store.get("c", ids, vectors=["x"])[ids[0]].vectors
    found = store.get("c", ids, vectors=["v"])[ids[0]]
    np.testing.assert_allclose(found.vectors["v"], points[0].vectors["v"], atol=1e-6)
    found.vectors["v"][0] = 2.0  # a row of its own, which the caller may change
    assert found.payload == points[0].payload
    with pytest.raises(QueryError, match="no named vector 'y'"):
        store.get("c", ids, vectors=["v", "y"])


def test_upsert_replaces_and_is_idempotent(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.upsert("c", points[:300])
    assert store.count("c") == len(points)
    store.upsert("c", [Point(points[0].id, points[1].vectors, {"label": "z"})])
    changed = store.get("c", [points[0].id])[points[0].id]
    assert changed.payload == {"label": "z"}
    np.testing.assert_allclose(changed.vectors["v"], points[1].vectors["v"], atol=1e-6)
    store.upsert("c", [])


def test_set_payload_merges_and_passes_over_unknown_ids(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.set_payload("c", [points[0].id, name_of(99999), "junk"], {"label": "z", "Depth (m)": 3.5})
    assert store.get("c", [points[0].id])[points[0].id].payload == {**points[0].payload, "label": "z", "Depth (m)": 3.5}
    assert store.count("c", Equals("Depth (m)", 3.5)) == 1
    assert store.count("c") == len(points)
    with pytest.raises(InvalidPointError, match="flag"):
        store.set_payload("c", [points[0].id], {"flag": True})


def test_drop_payload_passes_over_unknown_ids_and_fields(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    rest = {name: value for name, value in points[0].payload.items() if name != "label"}
    before = store.count("c", Equals("label", points[0].payload["label"]))
    store.drop_payload("c", [points[0].id, name_of(99999), "junk"], ["label", "never there"])
    assert store.get("c", [points[0].id])[points[0].id].payload == rest
    assert store.count("c", Equals("label", points[0].payload["label"])) == before - 1
    store.drop_payload("c", [points[1].id], [])
    assert store.get("c", [points[1].id])[points[1].id].payload == points[1].payload


def test_delete_passes_over_unknown_ids(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.delete("c", [*(point.id for point in points[:700]), name_of(99999), "junk"])
    assert store.count("c") == len(points) - 700
    assert store.search("c", VectorQuery("v", [points[0].vectors["v"]], k=1))[0].id != points[0].id


def test_facet_counts_values_largest_first(filled: tuple[VectorStore, list[Point]]) -> None:
    store, _ = filled
    assert list(store.facet("c", "label").items()) == [("a", 267), ("b", 267), ("c", 266)]
    assert store.facet("c", "label", where=Range("n", lt=1), limit=1) == {"a": 6}
    for field_name in ("n", "missing"):
        with pytest.raises(QueryError, match="no keyword index"):
            store.facet("c", field_name)


def test_a_value_that_no_point_has_any_more_is_not_counted(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.set_payload("c", [point.id for point in points if point.payload["label"] == "a"], {"label": "b"})
    assert store.facet("c", "label") == {"b": 534, "c": 266}
    store.delete("c", [point.id for point in points if point.payload["label"] == "c"])
    assert store.facet("c", "label") == {"b": 534}


def test_an_upsert_replaces_a_point_with_all_its_vectors(store: VectorStore, rows: Rows) -> None:
    store.ensure("c", CollectionSchema({"v": 16, "w": 4}))
    v, w = rows(1)[0], rows(1, 4)[0]
    store.upsert("c", [Point(name_of(0), {"v": v, "w": w}, {"a": 1}), Point(name_of(1), {"w": w})])
    assert list(store.get("c", [name_of(1)])[name_of(1)].vectors) == ["w"]
    assert [hit.id for hit in store.search("c", VectorQuery("v", [v]))] == [name_of(0)]
    store.upsert("c", [Point(name_of(0), {"w": w}, {"b": 2})])
    replaced = store.get("c", [name_of(0)])[name_of(0)]
    assert (list(replaced.vectors), replaced.payload) == (["w"], {"b": 2})
    assert store.search("c", VectorQuery("v", [v])) == []


def test_a_staged_generation_takes_over_in_one_step(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, points = filled
    staged = store.stage("c", CollectionSchema({"w": 4}, {"label": "keyword"}))
    assert re.fullmatch(r"c@\d{4,}", staged)
    assert store.collections() == ["c"]
    new = [Point(point.id, {"w": row}, point.payload) for point, row in zip(points, rows(300, 4), strict=False)]
    store.upsert(staged, new)
    store.ensure(staged, CollectionSchema({"w": 4}, {"n": "integer"}))
    assert (store.count(staged), store.count("c")) == (300, 800)
    assert store.search(staged, VectorQuery("w", [new[4].vectors["w"]]))[0].id == new[4].id
    pages = store.scroll("c", batch=10)
    first = [next(pages).id for _ in range(10)]
    store.publish(staged)
    assert store.collections() == ["c"]
    assert store.count("c") == 300
    assert store.schema("c") == CollectionSchema({"w": 4}, {"label": "keyword", "n": "integer"})
    assert store.search("c", VectorQuery("w", [new[4].vectors["w"]]))[0].id == new[4].id
    rest = [point.id for point in pages]
    assert first + rest == sorted(first + rest)
    assert store.facet("c", "label") == {"a": 100, "b": 100, "c": 100}


def test_a_staged_generation_can_be_discarded(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    store.upsert(store.stage("c", SCHEMA), points[:7])
    second = store.stage("c", SCHEMA)
    assert store.count(second) == 0
    store.upsert(second, points[:5])
    store.discard(second)
    store.discard(second)
    store.discard("never@0007")
    with pytest.raises(CollectionNotFoundError):
        store.upsert(second, points[:5])
    assert store.count("c") == len(points)
    with pytest.raises(CollectionNotFoundError):
        store.stage("gone", SCHEMA)
    third = store.stage("c", SCHEMA)
    store.drop("c")
    assert store.collections() == []
    with pytest.raises(CollectionNotFoundError):
        store.count(third)


def test_another_dimension_is_refused(store: VectorStore) -> None:
    store.ensure("c", SCHEMA)
    with pytest.raises(CollectionExistsError, match="16, asked for 8"):
        store.ensure("c", CollectionSchema({"v": 8}))


def test_collections_are_listed_and_dropped(store: VectorStore) -> None:
    for name in ("b", "a", "c.2"):
        store.ensure(name, SCHEMA)
    assert store.collections() == ["a", "b", "c.2"]
    store.drop("b")
    store.drop("b")
    assert store.collections() == ["a", "c.2"]
    store.ensure("b", CollectionSchema({"w": 3}))
    assert store.count("b") == 0
    assert store.schema("b") == CollectionSchema({"w": 3})


def test_a_missing_collection_is_named_with_those_there_are(store: VectorStore, rows: Rows) -> None:
    store.ensure("here", SCHEMA)
    calls: list[Callable[[], object]] = [
        lambda: store.schema("gone"),
        lambda: store.search("gone", VectorQuery("v", [rows(1)[0]])),
        lambda: store.upsert("gone", [Point(name_of(0), {"v": rows(1)[0]})]),
        lambda: store.count("gone"),
        lambda: store.get("gone", [name_of(0)]),
        lambda: store.delete("gone", [name_of(0)]),
        lambda: store.set_payload("gone", [name_of(0)], {"a": 1}),
        lambda: store.drop_payload("gone", [name_of(0)], ["a"]),
        lambda: store.scroll("gone"),
        lambda: store.facet("gone", "label"),
        lambda: store.drop_vector("gone", "v"),
    ]
    for call in calls:
        with pytest.raises(CollectionNotFoundError, match=r"no collection 'gone'\. There are: here"):
            call()


def test_a_closed_store_says_so(store: VectorStore) -> None:
    store.ensure("c", SCHEMA)
    store.flush()
    store.close()
    store.close()
    assert not store.health().ok
    for call in (store.collections, store.flush, lambda: store.count("c"), lambda: store.ensure("c", SCHEMA)):
        with pytest.raises(StoreUnavailableError, match="closed"):
            call()
