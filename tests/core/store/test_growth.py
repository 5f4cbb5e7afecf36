"""Graphs, as the contract has them: what every backend does when a collection has grown."""

from __future__ import annotations

from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import CollectionNotFoundError
from facies.core.filters import Equals
from facies.core.store import CollectionInfo, CollectionSchema, Point, VectorQuery, VectorStore, needs_optimizing

Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]


def info(points: int, graphed: int, *, optimizing: bool = False) -> CollectionInfo:
    return CollectionInfo(points, graphed, quantization="none", disk_bytes=None, optimizing=optimizing)


@pytest.mark.parametrize(
    ("points", "graphed", "wanted"),
    [
        (0, 0, False),
        (20_000, 0, False),
        (20_001, 0, True),
        (120_000, 100_000, False),
        (120_001, 100_000, True),
        (1_000_000, 900_000, False),
        (1_000_000, 899_999, True),
    ],
)
def test_a_graph_is_wanted_once_many_points_are_outside_it(points: int, graphed: int, wanted: bool) -> None:
    assert needs_optimizing(info(points, graphed), graph_above=20_000) is wanted
    assert not needs_optimizing(info(points, graphed, optimizing=True), graph_above=20_000)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(1000, 10**6))
def test_more_points_outside_the_graph_never_want_it_less(points: int, graphed: int, graph_above: int) -> None:
    graphed = min(points, graphed)
    if needs_optimizing(info(points, graphed), graph_above):
        assert needs_optimizing(info(points, graphed // 2), graph_above)
    assert not needs_optimizing(info(points, points), graph_above)


def test_a_collection_is_described(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    described = store.describe("c")
    assert (described.points, described.quantization, described.optimizing) == (len(points), "none", False)
    assert 0 <= described.graphed <= described.points
    assert described.disk_bytes is None or described.disk_bytes > 800 * 16 * 4


def test_the_same_is_found_after_optimizing(filled: tuple[VectorStore, list[Point]]) -> None:
    store, points = filled
    queries = [
        VectorQuery("v", [point.vectors["v"]], k=12, where=where, exact=exact)
        for point in points[:25]
        for where in (None, Equals("label", "a"))
        for exact in (False, True)
    ]
    before, facet = store.search_batch("c", queries), store.facet("c", "label")
    assert store.optimize("c").points == len(points)
    after = store.search_batch("c", queries)
    assert [[hit.id for hit in hits] for hits in after] == [[hit.id for hit in hits] for hits in before]
    assert store.facet("c", "label") == facet
    found = store.get("c", [point.id for point in points])
    for point in points[:50]:  # a float may come out an ulp off
        assert found[point.id].payload == pytest.approx(point.payload)
    np.testing.assert_allclose(
        np.stack([found[point.id].vectors["v"] for point in points]),
        np.stack([point.vectors["v"] for point in points]),
        atol=1e-6,
    )


def test_an_optimized_collection_is_written_like_any_other(filled: tuple[VectorStore, list[Point]], rows: Rows) -> None:
    store, points = filled
    store.optimize("c")
    new = [
        Point(str(uuid5(NAMESPACE_URL, f"new {i}")), {"v": row}, {"n": 1000}) for i, row in enumerate(rows(30, seed=5))
    ]
    store.upsert("c", new)
    store.delete("c", [points[0].id, points[1].id])
    store.set_payload("c", [points[2].id], {"label": "z"})
    assert store.count("c") == len(points) + 28
    assert store.search("c", VectorQuery("v", [new[3].vectors["v"]], k=1))[0].id == new[3].id
    assert store.search("c", VectorQuery("v", [points[2].vectors["v"]], k=1, where=Equals("label", "z")))
    store.optimize("c")
    assert store.count("c") == len(points) + 28
    assert {hit.id for hit in store.search("c", VectorQuery("v", [points[0].vectors["v"]], k=900))}.isdisjoint(
        {points[0].id, points[1].id}
    )
    assert store.get("c", [points[2].id])[points[2].id].payload["label"] == "z"


@pytest.mark.parametrize("ef", [1, 50, 10_000])
def test_any_number_of_candidates_gives_neighbours(filled: tuple[VectorStore, list[Point]], ef: int) -> None:
    store, points = filled
    store.optimize("c")
    hits = store.search("c", VectorQuery("v", [points[9].vectors["v"]], k=5, ef=ef))
    assert len(hits) == 5
    assert hits[0].id == points[9].id


def test_an_empty_collection_is_optimized_by_doing_nothing(store: VectorStore) -> None:
    store.ensure("c", CollectionSchema({"v": 16}))
    assert store.optimize("c").points == 0


def test_a_missing_collection_has_no_graph(store: VectorStore) -> None:
    for call in (store.describe, store.optimize):
        with pytest.raises(CollectionNotFoundError):
            call("gone")
