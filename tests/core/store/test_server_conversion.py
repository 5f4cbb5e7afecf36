"""Our words in those of a Qdrant server; that they mean the same is shown by the contract's property tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import models
from qdrant_client.conversions.conversion import RestToGrpc

from facies.core.filters import Equals
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.store.conditions import lower_filter
from facies.core.store.server_conversion import (
    MAX_BYTES,
    MAX_POINTS,
    grpc_points,
    json_bytes,
    server_batches,
    server_filter,
    server_index,
    server_metadata,
    server_points,
    server_request,
)

ROW = np.eye(4, dtype=np.float32)[0]


def test_no_filter_is_none() -> None:
    assert server_filter(lower_filter(None)) is None


def test_an_unknown_condition_is_an_error() -> None:
    with pytest.raises(AssertionError, match="unreachable"):
        server_filter("not a condition")  # type: ignore[arg-type]  # the wrong type is the point of the test


def test_a_point_goes_out_as_plain_json() -> None:
    points = server_points([Point("0f6a4a1e-7a52-5a7b-9a44-000000000001", {"v": ROW}, {"n": 1})])
    assert points[0].model_dump(mode="json") == {
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


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=3),
    st.dictionaries(st.text("ab", min_size=1), st.one_of(st.text(), st.integers(-(10**9), 10**9), st.floats(-9, 9))),
)
def test_grpc_carries_what_rest_does(dims: list[int], payload: dict[str, str | int | float]) -> None:
    """Rows are written as protobuf's bytes by hand; read back by protobuf they are what the client would have sent."""
    rng = np.random.default_rng(sum(dims))
    vectors = {f"v{i}": rng.normal(size=dim).astype(np.float32) for i, dim in enumerate(dims)}
    point = Point("0f6a4a1e-7a52-5a7b-9a44-000000000001", vectors, payload)
    assert grpc_points([point])[0] == RestToGrpc.convert_point_struct(server_points([point])[0])


def test_a_long_row_crosses_a_byte_of_the_length() -> None:
    for dim in (31, 32, 4095, 4096, 65_536):
        row = np.arange(dim, dtype=np.float32)
        sent = grpc_points([Point("0f6a4a1e-7a52-5a7b-9a44-000000000001", {"v": row[::-1]})])[0]
        np.testing.assert_array_equal(sent.vectors.vectors.vectors["v"].dense.data, row[::-1])


@pytest.mark.parametrize(("count", "dim"), [(0, 4), (1, 4), (2500, 4), (400, 4096), (3, 65_536)])
def test_batches_are_within_what_a_server_takes(count: int, dim: int) -> None:
    row = np.full(dim, 1 / 3, np.float32)
    points = [Point(f"0f6a4a1e-7a52-5a7b-9a44-{i:012d}", {"v": row}, {"t": "\u00e9" * 50}) for i in range(count)]
    batches = list(server_batches(points))
    assert [point for batch in batches for point in batch] == points
    assert all(1 <= len(batch) <= MAX_POINTS for batch in batches)
    assert all(sum(map(json_bytes, batch)) <= MAX_BYTES for batch in batches)
    for batch in batches[:1]:
        sent = models.PointsList(points=server_points(batch)).model_dump_json()
        assert len(sent.encode()) <= sum(map(json_bytes, batch)) + 100


def test_a_search_asks_for_full_vectors_in_the_end() -> None:
    packed = server_request(VectorQuery("v", [ROW], ef=300), 4).params
    assert packed == models.SearchParams(
        hnsw_ef=300, quantization=models.QuantizationSearchParams(rescore=True, oversampling=2.0)
    )
    exact = server_request(VectorQuery("v", [ROW], exact=True), 4).params
    assert exact == models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
