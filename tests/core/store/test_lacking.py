"""Part of the contract of `VectorStore`: which points lack a named vector, on every backend."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.filters import Equals
from facies.core.store import CollectionSchema, Point, VectorStore

from .conftest import MakePoints


@pytest.fixture
def points(store: VectorStore, rows: Callable[..., NDArray[np.float32]], make_points: MakePoints) -> list[Point]:
    """Forty points with vector ``v``, in a collection that got vector ``w`` afterwards."""
    made = make_points(rows(40), lambda i: {"label": "ab"[i % 2]})
    store.ensure("c", CollectionSchema({"v": 16}, {"label": "keyword"}))
    store.upsert("c", made)
    store.ensure("c", CollectionSchema({"v": 16, "w": 3}))
    return sorted(made, key=lambda point: point.id)


def test_all_lack_a_vector_that_came_later(store: VectorStore, points: list[Point]) -> None:
    assert store.count("c", lacking="v") == 0
    assert store.count("c", lacking="w") == 40
    assert [p.id for p in store.scroll("c", lacking="w", batch=7)] == [p.id for p in points]
    assert list(store.scroll("c", lacking="v")) == []


def test_what_has_the_vector_lacks_it_no_more(
    store: VectorStore, points: list[Point], rows: Callable[..., NDArray[np.float32]]
) -> None:
    some = {p.id: row for p, row in zip(points[::3], rows(40, dim=3), strict=False)}
    store.put_vectors("c", "w", some)
    lacking = [p.id for p in points if p.id not in some]
    assert [p.id for p in store.scroll("c", lacking="w", batch=5)] == lacking
    where = Equals("label", "a")
    both = {p.id for p in points if p.payload["label"] == "a"} - some.keys()
    assert {p.id for p in store.scroll("c", where=where, lacking="w")} == both
    assert store.count("c", where, lacking="w") == len(both)
    assert store.count("c", lacking="v") == 0


def test_a_scroll_that_fills_what_it_meets_ends(
    store: VectorStore, points: list[Point], rows: Callable[..., NDArray[np.float32]]
) -> None:
    row = rows(1, dim=3)[0]
    met = []
    for point in store.scroll("c", lacking="w", batch=4):
        met.append(point.id)
        store.put_vectors("c", "w", {point.id: row})
    assert met == [p.id for p in points]
    assert store.count("c", lacking="w") == 0


def test_a_vector_that_no_schema_has_is_refused(store: VectorStore, points: list[Point]) -> None:
    with pytest.raises(QueryError, match="no named vector 'x'"):
        store.count("c", lacking="x")
    with pytest.raises(QueryError, match="no named vector 'x'"):
        list(store.scroll("c", lacking="x"))
    assert len(points) == store.count("c")
