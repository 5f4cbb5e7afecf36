"""Our words in those of a Qdrant server, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, assert_never

import numpy as np
from qdrant_client import grpc, models
from qdrant_client.conversions.conversion import payload_to_grpc

from facies.core.records import FieldKind
from facies.core.store.base import CollectionSchema, Point, Vector, VectorQuery
from facies.core.store.checks import possible_ids
from facies.core.store.conditions import Condition, Every, HasVector, IdIn, Never, NumberIn, Some, TextIn, lower_filter
from facies.core.store.graph import DEFAULT_EF, OVERSAMPLING
from facies.core.store.ranking import Candidate, average_target

METADATA_KEY = "facies"
"""Under it the collection's metadata on the server hold what the engine does not know: the kinds of the fields."""

MAX_POINTS: Final = 1000
MAX_BYTES: Final = 24 * 2**20
"""Most points, and most bytes of JSON, in one request; a server takes 32 MiB."""


def server_filter(condition: Condition | None) -> models.Filter | None:
    """Translate a condition for a server; None where everything matches."""
    return None if condition is None else models.Filter(must=[_server_condition(condition)])


def _server_condition(  # noqa: PLR0911 (one return for each kind of condition)
    condition: Condition,
) -> models.FieldCondition | models.HasIdCondition | models.HasVectorCondition | models.Filter:
    match condition:
        case TextIn(path, texts):
            return models.FieldCondition(key=path, match=models.MatchAny(any=list(texts)))
        case NumberIn(path, gt, gte, lt, lte):
            return models.FieldCondition(key=path, range=models.Range(gt=gt, gte=gte, lt=lt, lte=lte))
        case IdIn(ids):
            return models.HasIdCondition(has_id=sorted(ids))
        case HasVector(name):
            return models.HasVectorCondition(has_vector=name)
        case Never(inner):
            return models.Filter(must_not=[_server_condition(inner)])
        case Every(inner):
            return models.Filter(must=[_server_condition(one) for one in inner])
        case Some(inner):
            return models.Filter(should=[_server_condition(one) for one in inner])
        case _:
            assert_never(condition)


def server_points(points: Sequence[Point]) -> list[models.PointStruct]:
    """Translate points for REST."""
    return [
        models.PointStruct(id=point.id, vector=_rows(point.vectors), payload=dict(point.payload)) for point in points
    ]


def grpc_points(points: Sequence[Point]) -> list[grpc.PointStruct]:
    """Translate points for gRPC, rows as they lie in memory: twice as fast as through lists of numbers."""
    return [
        grpc.PointStruct(
            id=grpc.PointId(uuid=point.id),
            vectors=grpc.Vectors(vectors=grpc.NamedVectors(vectors=_packed_rows(point.vectors))),
            payload=payload_to_grpc(dict(point.payload)),
        )
        for point in points
    ]


def server_rows(name: str, rows: Mapping[str, Vector]) -> list[models.PointVectors]:
    """Translate one named vector of several points."""
    return [models.PointVectors(id=one, vector=_rows({name: row})) for one, row in rows.items()]


def server_batches(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Cut points into requests that a server takes."""
    batch: list[Point] = []
    size = 0
    for point in points:
        more = json_bytes(point)
        if batch and (len(batch) == MAX_POINTS or size + more > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += more
    if batch:
        yield batch


def json_bytes(point: Point) -> int:
    """Estimate, generously, what a point takes as JSON; over gRPC it is a fifth of it."""
    numbers = sum(len(vector) for vector in point.vectors.values())
    texts = sum(len(name) + len(str(value)) + 8 for name, value in point.payload.items())
    return 128 + 22 * numbers + 6 * texts


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
        params=_search_options(query),
        limit=limit,
        with_payload=False,
        with_vector=[query.vector_name] if best_score or query.with_vectors else False,
    )


def _search_options(query: VectorQuery) -> models.SearchParams:
    if query.exact:
        return models.SearchParams(exact=True, quantization=models.QuantizationSearchParams(ignore=True))
    packed = models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING)
    return models.SearchParams(hnsw_ef=query.ef or DEFAULT_EF, quantization=packed)


def schema_of(info: models.CollectionInfo) -> CollectionSchema | None:
    """Read the schema of a collection; None where it is not one of ours."""
    vectors = info.config.params.vectors
    described = (info.config.metadata or {}).get(METADATA_KEY)
    if described is None or not isinstance(vectors, dict):
        return None
    return CollectionSchema(
        {name: parameters.size for name, parameters in vectors.items()},
        {str(name): kind for name, kind in described.get("indexes", [])},
    )


def point_of(record: models.Record) -> Point:
    """Read a point from the server's answer."""
    return Point(str(record.id), _vectors(record.vector), record.payload or {})


def candidate_of(scored: models.ScoredPoint, vector_name: str) -> Candidate:
    """Read a scored point from the server's answer."""
    return Candidate(str(scored.id), scored.score, _vectors(scored.vector).get(vector_name))


def _rows(vectors: Mapping[str, Vector]) -> Any:  # the client's union of vectors is not worth spelling out
    return {name: _row(vector) for name, vector in vectors.items()}


def _packed_rows(vectors: Mapping[str, Vector]) -> dict[str, grpc.Vector]:
    return {name: grpc.Vector(dense=_packed(vector)) for name, vector in vectors.items()}


def _packed(vector: Vector) -> grpc.DenseVector:
    """Write ``repeated float data = 1`` as protobuf does: tag, length, little-endian float32.

    Source: Protocol Buffers documentation, Encoding, "Packed Repeated Fields".
    """
    data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
    message: grpc.DenseVector = grpc.DenseVector.FromString(b"\x0a" + _varint(len(data)) + data)
    return message


def _varint(number: int) -> bytes:
    head = bytearray()
    while number > 127:
        head.append(number & 127 | 128)
        number >>= 7
    return bytes([*head, number])


def _row(vector: Vector) -> list[float]:
    row: list[float] = np.asarray(vector, dtype=np.float32).tolist()
    return row


def _vectors(answer: Any) -> dict[str, Vector]:  # ours are always named, which the client's union does not say
    return {name: np.asarray(values, dtype=np.float32) for name, values in (answer or {}).items()}
