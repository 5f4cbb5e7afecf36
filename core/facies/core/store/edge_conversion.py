"""Our words in those of Qdrant Edge, and back; the casts that its narrow type stubs want are kept here."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

import numpy as np
import qdrant_edge as edge

from facies.core.records import FieldKind
from facies.core.store.base import Payload, Point, Vector, VectorQuery
from facies.core.store.checks import possible_ids
from facies.core.store.conditions import (
    Condition,
    Every,
    HasVector,
    IdIn,
    Never,
    NumberIn,
    Some,
    TextIn,
    field_path,
    lower_filter,
)
from facies.core.store.graph import DEFAULT_EF, OVERSAMPLING
from facies.core.store.ranking import Candidate, average_target


def edge_filter(condition: Condition | None) -> edge.Filter | None:
    """Translate a condition for Qdrant Edge; None where everything matches."""
    return None if condition is None else edge.Filter(must=[_edge_condition(condition)])


def _edge_condition(  # noqa: PLR0911 (one return for each kind of condition)
    condition: Condition,
) -> edge.FieldCondition | edge.HasIdCondition | edge.HasVectorCondition | edge.Filter:
    match condition:
        case TextIn(path, texts):
            return edge.FieldCondition(path, match=edge.MatchAny(list(texts)))
        case NumberIn(path, gt, gte, lt, lte):
            return edge.FieldCondition(path, range=edge.RangeFloat(gt=gt, gte=gte, lt=lt, lte=lte))
        case IdIn(ids):
            return edge.HasIdCondition(set(ids))
        case HasVector(name):
            return edge.HasVectorCondition(name)
        case Never(inner):
            return edge.Filter(must_not=[_edge_condition(inner)])
        case Every(inner):
            return edge.Filter(must=[_edge_condition(one) for one in inner])
        case Some(inner):
            return edge.Filter(should=[_edge_condition(one) for one in inner])
        case _:
            assert_never(condition)


def edge_points(points: Sequence[Point]) -> edge.UpdateOperation:
    """Make the operation that stores or replaces points."""
    return edge.UpdateOperation.upsert_points(
        [
            edge.Point(point.id, {name: _row(vector) for name, vector in point.vectors.items()}, dict(point.payload))
            for point in points
        ]
    )


def edge_rows(name: str, rows: Mapping[str, Vector]) -> edge.UpdateOperation:
    """Make the operation that gives points one named vector (id -> vector); it is refused for an unknown id."""
    return edge.UpdateOperation.update_vectors(
        [edge.PointVectors(one, {name: _row(vector)}) for one, vector in rows.items()]
    )


def edge_index(field_name: str, kind: FieldKind) -> edge.UpdateOperation:
    """Make the operation that indexes a field.

    Integers are indexed as floats: the integer index truncates fractional bounds and leaves floats out.
    """
    form = edge.PayloadSchemaType.Keyword if kind == "keyword" else edge.PayloadSchemaType.Float
    return edge.UpdateOperation.create_field_index(field_path(field_name), form)


def edge_request(query: VectorQuery, limit: int) -> edge.QueryRequest:
    """Translate a query that asks for the best ``limit`` points."""
    best_score = query.strategy == "best_score"
    if best_score:
        examples = edge.RecommendQuery([_row(one) for one in query.positive], [_row(one) for one in query.negative])
        target = edge.Query.RecommendBestScore(examples, using=query.vector_name)
    else:
        target = edge.Query.Nearest(_row(average_target(query.positive, query.negative)), using=query.vector_name)
    return edge.QueryRequest(
        limit=limit,
        query=target,
        filter=edge_filter(lower_filter(query.where, possible_ids(query.exclude))),
        params=_search_params(query),
        with_payload=False,
        with_vector=[query.vector_name] if best_score or query.with_vectors else False,
    )


def _search_params(query: VectorQuery) -> edge.SearchParams:
    # Where vectors are packed, twice as many as wanted are found with the packed ones and ordered by the full ones.
    packed = edge.QuantizationSearchParams(ignore=query.exact, rescore=True, oversampling=OVERSAMPLING)
    return edge.SearchParams(hnsw_ef=query.ef or DEFAULT_EF, exact=query.exact, quantization=packed)


def point_of(record: edge.Record) -> Point:
    """Read a point from the engine's answer."""
    return Point(str(record.id), _vectors(record.vector), record.payload or {})


def candidate_of(scored: edge.ScoredPoint, vector_name: str) -> Candidate:
    """Read a scored point from the engine's answer."""
    vectors: Any = scored.vector  # a list that is made each time it is asked for
    return Candidate(str(scored.id), scored.score, _array(vectors[vector_name]) if vectors else None)


def size_bytes(point: Point) -> int:
    """Estimate, generously, what a point takes: in the storage, in the log, and in the indexes."""
    return 16 * sum(len(vector) for vector in point.vectors.values()) + payload_bytes(point.payload)


def payload_bytes(payload: Payload) -> int:
    """Estimate, generously, what a payload takes."""
    return 512 + sum(8 * (len(name) + len(str(value))) for name, value in payload.items())


def _row(vector: Vector) -> list[float]:
    """Give the engine a row as it reads it fastest: in a third of a numpy row's time. Its stubs know lists only."""
    return cast("list[float]", np.ascontiguousarray(vector, dtype=np.float32).data)


def _vectors(answer: Any) -> dict[str, Vector]:  # ours are always named, which the stubs' union does not say
    return {name: _array(values) for name, values in (answer or {}).items()}


def _array(values: list[float]) -> Vector:
    """Read a row from the engine's list of numbers: in half of the time that numpy takes to look into a list."""
    row = np.empty(len(values), dtype=np.float32)
    struct.pack_into(f"{len(values)}f", row.data, 0, *values)
    return row
