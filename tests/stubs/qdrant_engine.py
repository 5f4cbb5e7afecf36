"""What stands behind both stub servers: collections of Qdrant Edge, named and refused as a Qdrant server does it.

Texts, statuses and what resolves an alias are those of the server's sources (storage/src/content_manager, 1.18).
Stricter than a server in one thing: a write that did not wait becomes visible late, never at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any

import qdrant_edge as edge
from qdrant_client import models

from tests.stubs.qdrant_conversion import (
    edge_config,
    edge_filter,
    edge_points,
    edge_query,
    edge_rows,
    record_of,
    scored_of,
)

LATE_S = 0.2
"""When a write that did not wait becomes visible."""


class RefusedError(Exception):
    """An answer that is an error: an HTTP status and the server's text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Engine:
    """All collections of one server. Safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self.lock = RLock()
        self._folder = folder
        self._numbers = count()
        self._collections: dict[str, Collection] = {}
        self._aliases: dict[str, str] = {}

    def close(self) -> None:
        with self.lock:
            for one in self._collections.values():
                one.shard.close()

    def names(self) -> list[str]:
        with self.lock:
            return list(self._collections)

    def aliases(self) -> dict[str, str]:
        with self.lock:
            return dict(self._aliases)

    def create(self, name: str, config: models.CreateCollection) -> bool:
        with self.lock:
            if name in self._collections or name in self._aliases:
                raise RefusedError(409, f"Wrong input: Collection `{name}` already exists!")
            if (config.replication_factor or 1) > 8:
                raise RefusedError(400, "Wrong input: replication factor is larger than the number of peers")
            path = self._folder / str(next(self._numbers))
            path.mkdir(parents=True)
            self._collections[name] = Collection(path, config)
            return True

    def delete_collection(self, name: str) -> bool:
        """An alias is no name here; the aliases of a collection go with it."""
        with self.lock:
            found = self._collections.pop(name, None)
            self._aliases = {alias: target for alias, target in self._aliases.items() if target != name}
            if found:
                found.shard.close()
            return found is not None

    def change_aliases(self, actions: list[models.AliasOperations]) -> bool:
        with self.lock:
            changed = dict(self._aliases)
            for action in actions:
                match action:
                    case models.CreateAliasOperation(create_alias=one):
                        self.exact(one.collection_name)
                        if one.alias_name in self._collections:
                            raise RefusedError(409, f"Wrong input: Collection `{one.alias_name}` already exists!")
                        changed[one.alias_name] = one.collection_name
                    case models.DeleteAliasOperation(delete_alias=gone):
                        changed.pop(gone.alias_name, None)
                    case _:
                        raise NotImplementedError(f"alias operation {action!r}")
            self._aliases = changed
            return True

    def exact(self, name: str) -> Collection:
        """The collection of this name, which may be no alias."""
        with self.lock:
            if name not in self._collections:
                raise RefusedError(404, f"Not found: Collection `{name}` doesn't exist!")
            return self._collections[name]

    def find(self, name: str) -> Collection:
        """The collection of this name or alias."""
        with self.lock:
            found = self.exact(self._aliases.get(name, name))
            found.catch_up()
            return found


class Collection:
    """One collection: a shard of Qdrant Edge and what the server knows besides."""

    def __init__(self, path: Path, config: models.CreateCollection) -> None:
        self.config = config
        self.indexes: dict[str, models.PayloadSchemaType] = {}
        self.shard = edge.EdgeShard.create(str(path), edge_config(config))
        self._path = path
        self._late: list[tuple[float, Callable[[], None]]] = []
        self._optimizing = False

    @property
    def vectors(self) -> dict[str, models.VectorParams]:
        assert isinstance(self.config.vectors, dict)
        return self.config.vectors

    def info(self) -> models.CollectionInfo:
        """Yellow while a graph is being built, which takes until the next question."""
        self.catch_up()
        status = models.CollectionStatus.YELLOW if self._optimizing else models.CollectionStatus.GREEN
        shard = self.shard.info()
        answer = models.CollectionInfo(
            status=status,
            optimizer_status=models.OptimizersStatusOneOf.OK,
            indexed_vectors_count=shard.indexed_vectors_count,
            points_count=self.shard.count(edge.CountRequest(exact=True)),
            segments_count=shard.segments_count,
            config=_whole_config(self.config),
            payload_schema={
                field: models.PayloadIndexInfo(data_type=kind, points=0) for field, kind in self.indexes.items()
            },
        )
        if self._optimizing:
            self.shard.optimize()
            self._optimizing = False
        return answer

    def update(self, diff: models.UpdateCollection) -> bool:
        changes: dict[str, Any] = {}
        if diff.metadata is not None:
            changes["metadata"] = {**(self.config.metadata or {}), **diff.metadata}
        if diff.hnsw_config is not None:
            changes["hnsw_config"] = _merged(self.config.hnsw_config, diff.hnsw_config)
        if diff.optimizers_config is not None:
            changes["optimizers_config"] = _merged(self.config.optimizers_config, diff.optimizers_config)
        if diff.quantization_config is not None:
            off = diff.quantization_config == models.Disabled.DISABLED
            changes["quantization_config"] = None if off else diff.quantization_config
        self.config = self.config.model_copy(update=changes)
        if changes.keys() - {"metadata"}:
            self.shard.flush()
            self.shard.close()
            self.shard = edge.EdgeShard.load(str(self._path), edge_config(self.config))
            self._optimizing = self.config.hnsw_config is None or bool(self.config.hnsw_config.m)
        return True

    def create_vector(self, name: str, config: models.DenseVectorConfig) -> None:
        if name in self.vectors:
            raise RefusedError(409, f"Wrong input: Vector `{name}` already exists!")
        self.shard.update(edge.UpdateOperation.create_dense_vector(name, config.size, edge.Distance.Cosine))
        added = models.VectorParams(size=config.size, distance=config.distance)
        self.config = self.config.model_copy(update={"vectors": {**self.vectors, name: added}})

    def delete_vector(self, name: str) -> None:
        """Refuses a name that is not there, which a server may do as well as not."""
        if name not in self.vectors:
            raise RefusedError(400, f"Wrong input: Not existing vector name error: {name}")
        self.shard.update(edge.UpdateOperation.delete_vector_name(name))
        others = {one: params for one, params in self.vectors.items() if one != name}
        self.config = self.config.model_copy(update={"vectors": others})

    def create_index(self, field: str, kind: models.PayloadSchemaType) -> None:
        forms = {
            models.PayloadSchemaType.KEYWORD: edge.PayloadSchemaType.Keyword,
            models.PayloadSchemaType.FLOAT: edge.PayloadSchemaType.Float,
        }
        self.shard.update(edge.UpdateOperation.create_field_index(field, forms[kind]))
        self.indexes[field] = kind

    def upsert(self, points: list[models.PointStruct]) -> None:
        for point in points:
            self._check_vectors(point.vector)
        self.shard.update(edge_points(points))

    def update_vectors(self, points: list[models.PointVectors]) -> None:
        for point in points:
            self._check_vectors(point.vector)
        self._check_ids([str(point.id) for point in points])
        self.shard.update(edge_rows(points))

    def set_payload(self, payload: dict[str, Any], chosen: models.PointsSelector) -> None:
        match chosen:
            case models.PointIdsList():
                ids = list(map(str, chosen.points))
                self._check_ids(ids)
                self.shard.update(edge.UpdateOperation.set_payload([*ids], payload))
            case models.FilterSelector():
                where = edge_filter(chosen.filter)
                assert where is not None
                self.shard.update(edge.UpdateOperation.set_payload_by_filter(where, payload))

    def delete_payload(self, names: list[str], chosen: models.PointsSelector) -> None:
        assert isinstance(chosen, models.FilterSelector)
        where = edge_filter(chosen.filter)
        assert where is not None
        self.shard.update(edge.UpdateOperation.delete_payload_by_filter(where, names))

    def delete(self, chosen: models.PointsSelector) -> None:
        assert isinstance(chosen, models.PointIdsList)
        self.shard.update(edge.UpdateOperation.delete_points([*map(str, chosen.points)]))

    def retrieve(self, ids: list[Any], payload: Any, vectors: Any) -> list[models.Record]:
        return [record_of(one) for one in self.shard.retrieve([*map(str, ids)], bool(payload), vectors or False)]

    def query(self, requests: list[models.QueryRequest]) -> list[list[models.ScoredPoint]]:
        for request in requests:
            if request.using not in self.vectors:
                raise RefusedError(400, f"Wrong input: Not existing vector name error: {request.using}")
        batch = edge.QueryBatchRequest([edge_query(request) for request in requests])
        return [[scored_of(one) for one in answer] for answer in self.shard.query_batch(batch)]

    def scroll(self, request: models.ScrollRequest) -> tuple[list[models.Record], str | None]:
        if request.order_by is not None:
            raise RefusedError(400, "Wrong input: No range index for `order_by` key")
        offset: Any = None if request.offset is None else str(request.offset)
        asked = edge.ScrollRequest(
            offset,
            request.limit or 10,
            edge_filter(request.filter),
            with_payload=bool(request.with_payload),
            with_vector=bool(request.with_vector),
        )
        records, position = self.shard.scroll(asked)
        return [record_of(one) for one in records], None if position is None else str(position)

    def count(self, where: models.Filter | None) -> int:
        return self.shard.count(edge.CountRequest(exact=True, filter=edge_filter(where)))

    def facet(self, request: models.FacetRequest) -> list[models.FacetValueHit]:
        if self.indexes.get(request.key) != models.PayloadSchemaType.KEYWORD:
            raise RefusedError(
                400,
                f"Wrong input: No appropriate index for faceting: `{request.key}`. Please create one to facet on this "
                "field.",
            )
        asked = edge.FacetRequest(
            request.key, limit=request.limit or 10, exact=bool(request.exact), filter=edge_filter(request.filter)
        )
        return [models.FacetValueHit(value=hit.value, count=hit.count) for hit in self.shard.facet(asked).hits]

    def apply(self, wait: bool, change: Callable[[], None]) -> models.UpdateStatus:
        """Make a change now, or later where nobody waits for it."""
        self.catch_up()
        if wait:
            change()
            return models.UpdateStatus.COMPLETED
        self._late.append((time.monotonic() + LATE_S, change))
        return models.UpdateStatus.ACKNOWLEDGED

    def catch_up(self) -> None:
        """Make the changes whose time has come."""
        while self._late and self._late[0][0] <= time.monotonic():
            self._late.pop(0)[1]()

    def _check_vectors(self, vectors: Any) -> None:
        if not isinstance(vectors, dict):
            raise RefusedError(400, "Wrong input: Not existing vector name error: ")
        for name, row in vectors.items():
            if name not in self.vectors:
                raise RefusedError(400, f"Wrong input: Not existing vector name error: {name}")
            if len(row) != self.vectors[name].size:
                raise RefusedError(
                    400,
                    f"Wrong input: Vector dimension error: expected dim: {self.vectors[name].size}, got {len(row)}",
                )

    def _check_ids(self, ids: list[str]) -> None:
        present = {str(one.id) for one in self.shard.retrieve([*ids], False, False)}
        for one in ids:
            if one not in present:
                raise RefusedError(404, f"Not found: No point with id {one} found")


def _merged(old: Any, new: Any) -> Any:
    return new if old is None else old.model_copy(update=new.model_dump(exclude_none=True))


def _whole_config(config: models.CreateCollection) -> models.CollectionConfig:
    hnsw = config.hnsw_config or models.HnswConfigDiff(m=16)
    optimizers = config.optimizers_config or models.OptimizersConfigDiff()
    return models.CollectionConfig(
        params=models.CollectionParams(
            vectors=config.vectors,
            shard_number=config.shard_number,
            replication_factor=config.replication_factor,
            write_consistency_factor=config.write_consistency_factor,
        ),
        hnsw_config=models.HnswConfig(m=hnsw.m or 0, ef_construct=hnsw.ef_construct or 100, full_scan_threshold=10_000),
        optimizer_config=models.OptimizersConfig(
            deleted_threshold=0.2,
            vacuum_min_vector_number=1000,
            default_segment_number=0,
            indexing_threshold=optimizers.indexing_threshold,
            flush_interval_sec=5,
        ),
        quantization_config=config.quantization_config,
        metadata=config.metadata,
    )
