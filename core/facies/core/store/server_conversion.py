"""Our words in those of a Qdrant server, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

import numpy as np
from qdrant_client import models

from facies.core.records import FieldKind
from facies.core.store.base import CollectionSchema, Point, Vector, VectorQuery
from facies.core.store.checks import possible_ids
from facies.core.store.conditions import Condition, Every, IdIn, Never, NumberIn, Some, TextIn, lower_filter
from facies.core.store.ranking import Candidate, average_target

METADATA_KEY = "facies"
"""Under it the collection's metadata on the server hold what the engine does not know: the kinds of the fields."""


def server_filter(condition: Condition | None) -> models.Filter | None:
    """Translate a condition for a server; None where everything matches."""
    return None if condition is None else models.Filter(must=[_server_condition(condition)])


def _server_condition(condition: Condition) -> models.FieldCondition | models.HasIdCondition | models.Filter:
    match condition:
        case TextIn(path, texts):
            return models.FieldCondition(key=path, match=models.MatchAny(any=list(texts)))
        case NumberIn(path, gt, gte, lt, lte):
            return models.FieldCondition(key=path, range=models.Range(gt=gt, gte=gte, lt=lt, lte=lte))
        case IdIn(ids):
            return models.HasIdCondition(has_id=sorted(ids))
        case Never(inner):
            return models.Filter(must_not=[_server_condition(inner)])
        case Every(inner):
            return models.Filter(must=[_server_condition(one) for one in inner])
        case Some(inner):
            return models.Filter(should=[_server_condition(one) for one in inner])
        case _:
            assert_never(condition)


def server_point(point: Point) -> models.PointStruct:
    """Translate a point."""
    vectors: Any = {name: _row(vector) for name, vector in point.vectors.items()}
    return models.PointStruct(id=point.id, vector=vectors, payload=dict(point.payload))


def server_vector(dim: int) -> models.VectorParams:
    """Describe a named vector."""
    return models.VectorParams(size=dim, distance=models.Distance.COSINE)


def server_index(kind: FieldKind) -> models.PayloadSchemaType:
    """Choose the index of a field; integers as floats, since the integer index truncates fractional bounds."""
    return models.PayloadSchemaType.KEYWORD if kind == "keyword" else models.PayloadSchemaType.FLOAT


def server_metadata(indexes: Mapping[str, FieldKind]) -> dict[str, Any]:
    """Describe the fields for the collection's metadata: a list, since a server merges objects."""
    return {METADATA_KEY: {"format": 1, "indexes": [[name, kind] for name, kind in indexes.items()]}}


def server_request(query: VectorQuery, limit: int) -> models.QueryRequest:
    """Translate a query that asks for the best ``limit`` points."""
    best_score = query.strategy == "best_score"
    target: models.NearestQuery | models.RecommendQuery
    if best_score:
        examples = models.RecommendInput(
            positive=[_row(one) for one in query.positive],
            negative=[_row(one) for one in query.negative],
            strategy=models.RecommendStrategy.BEST_SCORE,
        )
        target = models.RecommendQuery(recommend=examples)
    else:
        target = models.NearestQuery(nearest=_row(average_target(query.positive, query.negative)))
    return models.QueryRequest(
        query=target,
        using=query.vector_name,
        filter=server_filter(lower_filter(query.where, possible_ids(query.exclude))),
        params=models.SearchParams(exact=query.exact),
        limit=limit,
        with_payload=True,
        with_vector=[query.vector_name] if best_score else False,
    )


def schema_of(info: models.CollectionInfo) -> CollectionSchema | None:
    """Read the schema of a collection; None where its vectors have no names, so that it is not one of ours."""
    vectors = info.config.params.vectors
    if not isinstance(vectors, dict):
        return None
    described = (info.config.metadata or {}).get(METADATA_KEY, {})
    return CollectionSchema(
        {name: parameters.size for name, parameters in vectors.items()},
        {str(name): kind for name, kind in described.get("indexes", [])},
    )


def point_of(record: models.Record) -> Point:
    """Read a point from the server's answer."""
    return Point(str(record.id), _vectors(record.vector), record.payload or {})


def candidate_of(scored: models.ScoredPoint, vector_name: str) -> Candidate:
    """Read a scored point from the server's answer."""
    return Candidate(str(scored.id), scored.score, scored.payload or {}, _vectors(scored.vector).get(vector_name))


def _row(vector: Vector) -> list[float]:
    row: list[float] = np.asarray(vector, dtype=np.float32).tolist()
    return row


def _vectors(answer: Any) -> dict[str, Vector]:  # ours are always named, which the client's union does not say
    return {name: np.asarray(values, dtype=np.float32) for name, values in (answer or {}).items()}
