"""Our words in those of a Qdrant server; that they mean the same is shown by the contract's property tests."""

from __future__ import annotations

import numpy as np
import pytest
from qdrant_client import models

from facies.core.filters import Equals
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.store.conditions import lower_filter
from facies.core.store.server_conversion import (
    server_filter,
    server_index,
    server_metadata,
    server_point,
    server_request,
)

ROW = np.eye(4, dtype=np.float32)[0]


def test_no_filter_is_none() -> None:
    assert server_filter(lower_filter(None)) is None


def test_an_unknown_condition_is_an_error() -> None:
    with pytest.raises(AssertionError, match="unreachable"):
        server_filter("not a condition")  # type: ignore[arg-type]  # the wrong type is the point of the test


def test_a_point_goes_out_as_plain_json() -> None:
    point = server_point(Point("0f6a4a1e-7a52-5a7b-9a44-000000000001", {"v": ROW}, {"n": 1}))
    assert point.model_dump(mode="json") == {
        "id": "0f6a4a1e-7a52-5a7b-9a44-000000000001",
        "vector": {"v": [1.0, 0.0, 0.0, 0.0]},
        "payload": {"n": 1},
    }


def test_integers_are_indexed_as_floats() -> None:
    assert [server_index(kind) for kind in ("keyword", "integer", "float")] == [
        models.PayloadSchemaType.KEYWORD,
        models.PayloadSchemaType.FLOAT,
        models.PayloadSchemaType.FLOAT,
    ]


def test_an_average_goes_out_as_one_nearest_query() -> None:
    request = server_request(VectorQuery("v", [ROW], k=3, where=Equals("a", "b")), 4)
    assert request.query == models.NearestQuery(nearest=[1.0, 0.0, 0.0, 0.0])
    assert request.limit == 4
    assert request.filter is not None


def test_best_score_asks_for_the_vectors() -> None:
    request = server_request(VectorQuery("v", [ROW], [-ROW], strategy="best_score"), 4)
    assert isinstance(request.query, models.RecommendQuery)
    assert request.with_vector == ["v"]


def test_metadata_name_the_fields() -> None:
    schema = CollectionSchema({"v": 4}, {"a": "keyword"})
    assert server_metadata(schema.indexes) == {"facies": {"format": 1, "indexes": [["a", "keyword"]]}}
