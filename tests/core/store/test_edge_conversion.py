"""Our words in those of Qdrant Edge; that they mean the same is shown by the contract's property tests."""

from __future__ import annotations

import numpy as np
import pytest
import qdrant_edge as edge

from facies.core.filters import Equals, Not, Range
from facies.core.store import Point, VectorQuery
from facies.core.store.conditions import lower_filter
from facies.core.store.edge_conversion import edge_filter, edge_request, size_bytes

ROW = np.eye(4, dtype=np.float32)[0]


def test_no_filter_is_none() -> None:
    assert edge_filter(lower_filter(None)) is None


def test_an_unknown_condition_is_an_error() -> None:
    with pytest.raises(AssertionError, match="unreachable"):
        edge_filter("not a condition")  # type: ignore[arg-type]  # the wrong type is the point of the test


def test_nesting_survives() -> None:
    outer = edge_filter(lower_filter(Not(Range("n", gt=0)), ["0f6a4a1e-7a52-5a7b-9a44-000000000001"]))
    assert outer is not None
    text = repr(outer)
    assert "must_not" in text
    assert "000000000001" in text


@pytest.mark.parametrize("strategy", ["average", "best_score"])
def test_requests(strategy: str) -> None:
    query = VectorQuery("v", [ROW, ROW], [-ROW], strategy=strategy, k=3, where=Equals("a", 1), exact=True)  # type: ignore[arg-type]  # a literal, from the list above
    request = edge_request(query, 7)
    assert request.limit == 7
    assert request.filter is not None
    assert request.params is not None
    assert request.params.exact
    assert isinstance(request.query, edge.Query)


def test_sizes_are_generous() -> None:
    point = Point("x", {"v": ROW}, {"label": "é" * 100})
    assert size_bytes(point) > 4 * 4 + 2 * 100
