"""The client's REST models in the words of Qdrant Edge, and back; whatever facies does not use is an error."""

from __future__ import annotations

from typing import Any

import qdrant_edge as edge
from qdrant_client import models


def edge_filter(where: models.Filter | None) -> edge.Filter | None:
    if where is None:
        return None
    assert where.min_should is None
    return edge.Filter(must=_all(where.must), should=_all(where.should), must_not=_all(where.must_not))


def _all(conditions: Any) -> list[Any] | None:
    if conditions is None:
        return None
    return [_condition(one) for one in (conditions if isinstance(conditions, list) else [conditions])]


def _condition(condition: Any) -> Any:
    match condition:
        case models.Filter():
            return edge_filter(condition)
        case models.HasIdCondition():
            return edge.HasIdCondition(set(map(str, condition.has_id)))
        case models.HasVectorCondition():
            return edge.HasVectorCondition(condition.has_vector)
        case models.FieldCondition(match=models.MatchAny() as match):
            texts: list[Any] = list(match.any)
            return edge.FieldCondition(condition.key, match=edge.MatchAny(texts))
        case models.FieldCondition(range=models.Range() as bounds):
            return edge.FieldCondition(
                condition.key, range=edge.RangeFloat(gt=bounds.gt, gte=bounds.gte, lt=bounds.lt, lte=bounds.lte)
            )
        case _:
            raise NotImplementedError(f"condition {condition!r}")


def edge_query(request: models.QueryRequest) -> edge.QueryRequest:
    using = request.using
    match request.query:
        case models.NearestQuery(nearest=list() as vector):
            query = edge.Query.Nearest(vector, using=using)
        case models.RecommendQuery(recommend=recommend):
            assert recommend.strategy == models.RecommendStrategy.BEST_SCORE
            positive: list[Any] = list(recommend.positive or [])
            negative: list[Any] = list(recommend.negative or [])
            query = edge.Query.RecommendBestScore(edge.RecommendQuery(positive, negative), using=using)
        case _:
            raise NotImplementedError(f"query {request.query!r}")
    return edge.QueryRequest(
        limit=request.limit or 10,
        query=query,
        filter=edge_filter(request.filter),
        params=_params(request.params),
        with_payload=_selector(request.with_payload),
        with_vector=_selector(request.with_vector),
    )


def _params(params: models.SearchParams | None) -> edge.SearchParams | None:
    if params is None:
        return None
    packed = params.quantization
    quantization = None
    if packed is not None:
        quantization = edge.QuantizationSearchParams(
            ignore=bool(packed.ignore), rescore=packed.rescore, oversampling=packed.oversampling
        )
    return edge.SearchParams(hnsw_ef=params.hnsw_ef, exact=bool(params.exact), quantization=quantization)


def _selector(selector: Any) -> Any:
    assert selector is None or isinstance(selector, (bool, list)), f"selector {selector!r}"
    return bool(selector) if selector is None else selector


def edge_points(points: list[models.PointStruct]) -> edge.UpdateOperation:
    return edge.UpdateOperation.upsert_points(
        [edge.Point(str(point.id), _named(point.vector), point.payload or {}) for point in points]
    )


def edge_rows(points: list[models.PointVectors]) -> edge.UpdateOperation:
    return edge.UpdateOperation.update_vectors(
        [edge.PointVectors(str(point.id), _named(point.vector)) for point in points]
    )


def _named(vectors: Any) -> Any:
    assert isinstance(vectors, dict), "vectors without names"
    return vectors


def edge_config(config: models.CreateCollection) -> edge.EdgeConfig:
    vectors = config.vectors
    assert isinstance(vectors, dict)
    hnsw = config.hnsw_config or models.HnswConfigDiff(m=16)
    optimizers = config.optimizers_config or models.OptimizersConfigDiff()
    return edge.EdgeConfig(
        vectors={name: edge.EdgeVectorParams(one.size, edge.Distance.Cosine) for name, one in vectors.items()},
        hnsw_config=edge.HnswIndexConfig(hnsw.m or 0, hnsw.ef_construct or 100, 10, max_indexing_threads=1),
        quantization_config=_packing(config.quantization_config),
        # One segment: the threshold that a test sets is that of the whole collection.
        optimizers=edge.EdgeOptimizersConfig(
            indexing_threshold=optimizers.indexing_threshold, default_segment_number=1
        ),
        wal_enabled=True,
    )


def _packing(config: models.QuantizationConfig | None) -> Any:
    match config:
        case models.ScalarQuantization():
            return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, quantile=config.scalar.quantile)
        case models.TurboQuantization():
            assert config.turbo.bits == models.TurboQuantBitSize.BITS4
            return edge.TurboQuantQuantizationConfig(bits=edge.TurboQuantBitSize.Bits4)
        case None:
            return None
        case _:
            raise NotImplementedError(f"quantization {config!r}")


def record_of(record: edge.Record) -> models.Record:
    return models.Record(id=str(record.id), payload=record.payload, vector=_lists(record.vector))


def scored_of(point: edge.ScoredPoint) -> models.ScoredPoint:
    return models.ScoredPoint(
        id=str(point.id), version=0, score=point.score, payload=point.payload, vector=_lists(point.vector)
    )


def _lists(vectors: Any) -> Any:
    return None if vectors is None else {name: list(map(float, row)) for name, row in vectors.items()}
