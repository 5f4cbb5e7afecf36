"""The embedded store: Qdrant Edge in this process, one folder per collection, no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

import qdrant_edge as edge

from facies.core.errors import CollectionNotFoundError, FaciesError, StoreUnavailableError
from facies.core.filters import Filter
from facies.core.records import FieldKind, MetadataValue
from facies.core.store import layout
from facies.core.store.base import (
    MAX_BATCH,
    CollectionSchema,
    Hit,
    Payload,
    Point,
    StoreHealth,
    VectorQuery,
)
from facies.core.store.checks import (
    check_collection_name,
    check_facet,
    check_payload,
    check_points,
    check_query,
    check_schema,
    merge_schemas,
    possible_ids,
)
from facies.core.store.conditions import field_path, lower_filter
from facies.core.store.edge_conversion import (
    candidate_of,
    edge_filter,
    edge_index,
    edge_points,
    edge_request,
    payload_bytes,
    point_of,
    size_bytes,
)
from facies.core.store.lock import FolderLock
from facies.core.store.ranking import Candidate, first_limit, rank_candidates
from facies.core.store.shard import Shard

T = TypeVar("T")
PointId: TypeAlias = int | UUID | str

_INDEX_BYTES_PER_POINT: Final = 256
"""Generous estimate of what a payload index or an empty vector takes."""


@dataclass(slots=True)
class _Collection:
    generation: Path
    schema: CollectionSchema
    shard: Shard


class EdgeStore:
    """Collections under one folder; the folder is locked against other processes until `close`."""

    def __init__(self, root: Path) -> None:
        """Lock the folder, making it where there is none, and clear away what a crash left.

        Raises:
            StoreLockedError: another process, or another store of this one, holds the folder.
            StorageError: the folder cannot be written.
        """
        self._root = root
        self._lock = RLock()
        self._open: dict[str, _Collection] = {}
        self._folder_lock = FolderLock(root)
        self._closed = False
        try:
            layout.sweep(root)
            self._generations = layout.find_generations(root)
        except BaseException:
            self._folder_lock.release()
            raise

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes."""
        check_collection_name(collection)
        check_schema(schema)
        with self._lock:
            self._check_open()
            if collection in self._generations:
                self._complete(collection, schema)
            else:
                self._create(collection, schema)

    def drop(self, collection: str) -> None:
        """Delete the collection and its points; nothing happens where there is none."""
        with self._lock:
            self._check_open()
            if collection not in self._generations:
                return
            if held := self._open.pop(collection, None):
                held.shard.abandon()
            layout.remove_collection(self._root, collection)
            del self._generations[collection]

    def collections(self) -> list[str]:
        """Names in alphabetical order."""
        with self._lock:
            self._check_open()
            return sorted(self._generations)

    def schema(self, collection: str) -> CollectionSchema:
        """The named vectors and indexes of a collection."""
        return self._collection(collection).schema

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Store or replace points; on return they survive a kill of the process."""
        held = self._collection(collection)
        check_points(held.schema, points)
        for batch in _batches(points):
            held.shard.write(_update(edge_points(batch)), sum(map(size_bytes, batch)))

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""
        held = self._collection(collection)
        check_payload("the payload", payload)
        for batch in _batches(possible_ids(ids)):
            held.shard.write(_merge_payload(batch, dict(payload)), len(batch) * payload_bytes(payload))

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""
        held = self._collection(collection)
        for batch in _batches(possible_ids(ids)):
            held.shard.write(_update(edge.UpdateOperation.delete_points([*batch])), 64 * len(batch))

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = True) -> dict[str, Point]:
        """Fetch points by id; unknown ids are absent from the answer."""
        held = self._collection(collection)
        found: dict[str, Point] = {}
        for batch in _batches(possible_ids(ids)):
            records = held.shard.read(_retrieve(batch, payload=True, vectors=vectors))
            points = {point.id: point for point in map(point_of, records)}
            found |= {one: points[one] for one in batch if one in points}
        return found

    def search(self, collection: str, query: VectorQuery) -> list[Hit]:
        """The nearest points, most similar first; equal similarities in order of id."""
        return self.search_batch(collection, [query])[0]

    def search_batch(self, collection: str, queries: Sequence[VectorQuery]) -> list[list[Hit]]:
        """Answers to several queries, in their order."""
        held = self._collection(collection)
        for query in queries:
            check_query(held.schema, query)
        if not queries:
            return []
        request = edge.QueryBatchRequest([edge_request(query, first_limit(query)) for query in queries])
        answers = held.shard.read(lambda engine: engine.query_batch(request))
        return [
            rank_candidates(
                query, [candidate_of(one, query.vector_name) for one in scored], partial(_fetch, held.shard, query)
            )
            for query, scored in zip(queries, answers, strict=True)
        ]

    def scroll(
        self, collection: str, *, where: Filter | None = None, vectors: bool = False, batch: int = MAX_BATCH
    ) -> Iterator[Point]:
        """Every matching point once, in order of id, fetched ``batch`` at a time."""
        return _scroll(self._collection(collection).shard, edge_filter(lower_filter(where)), vectors, max(1, batch))

    def count(self, collection: str, where: Filter | None = None) -> int:
        """Exact number of matching points."""
        request = edge.CountRequest(exact=True, filter=edge_filter(lower_filter(where)))
        return self._collection(collection).shard.read(lambda engine: engine.count(request))

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first; equal counts in order of the value."""
        held = self._collection(collection)
        check_facet(held.schema, field_name, limit)
        # The engine breaks ties at the limit as it likes, so all values are counted and cut here.
        request = edge.FacetRequest(
            field_path(field_name), limit=2**31, exact=True, filter=edge_filter(lower_filter(where))
        )
        answer = held.shard.read(lambda engine: engine.facet(request))
        counts = sorted(((str(hit.value), hit.count) for hit in answer.hits), key=lambda pair: (-pair[1], pair[0]))
        return dict(counts[:limit])

    def flush(self) -> None:
        """Write everything to disk now; errors surface here, not at close."""
        with self._lock:
            self._check_open()
            held = list(self._open.values())
        for one in held:
            one.shard.flush()

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises."""
        with self._lock:
            if self._closed:
                return StoreHealth(ok=False, backend="edge", detail=f"{self._root} has been closed")
            return StoreHealth(ok=True, backend="edge", detail=f"{len(self._generations)} collections at {self._root}")

    def close(self) -> None:
        """Flush and let go of the store; further calls raise StoreUnavailableError."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            failures: list[FaciesError] = []
            for held in self._open.values():
                try:
                    held.shard.close()
                except FaciesError as error:  # the others still want to be closed
                    failures.append(error)
            self._open.clear()
            self._folder_lock.release()
        if failures:
            raise failures[0]

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailableError(str(self._root), "it has been closed")

    def _collection(self, name: str) -> _Collection:
        with self._lock:
            self._check_open()
            if name not in self._generations:
                raise CollectionNotFoundError(name, self._generations)
            if name not in self._open:
                generation = self._generations[name]
                schema = layout.read_schema(generation)
                self._open[name] = _Collection(generation, schema, Shard.load(layout.shard_folder(generation)))
            return self._open[name]

    def _create(self, name: str, schema: CollectionSchema) -> None:
        generation = layout.start_generation(self._root, name)
        try:
            shard = _create_shard(layout.shard_folder(generation), schema)
            layout.write_schema(generation, schema)
            layout.publish_generation(generation)
        except FaciesError:
            layout.discard_generation(generation)
            raise
        self._generations[name] = generation
        self._open[name] = _Collection(generation, schema, shard)

    def _complete(self, name: str, schema: CollectionSchema) -> None:
        held = self._collection(name)
        merged = merge_schemas(name, held.schema, schema)
        if merged == held.schema:
            return
        points = held.shard.read(lambda engine: engine.count(edge.CountRequest(exact=True)))
        for vector_name in merged.vectors.keys() - held.schema.vectors.keys():
            _create_vector(held.shard, vector_name, merged.vectors[vector_name], points)
        for field_name, kind in merged.indexes.items():
            if held.schema.indexes.get(field_name) != kind:
                _create_index(held.shard, field_name, kind, points)
        held.shard.flush()
        layout.write_schema(held.generation, merged)
        held.schema = merged


def _create_shard(path: Path, schema: CollectionSchema) -> Shard:
    shard = Shard.create(path, schema.vectors)
    try:
        for field_name, kind in schema.indexes.items():
            _create_index(shard, field_name, kind, 0)
        shard.flush()
    except FaciesError:
        shard.abandon()
        raise
    return shard


def _create_vector(shard: Shard, name: str, dim: int, points: int) -> None:
    def replace(engine: edge.EdgeShard) -> None:
        # What a crash left of an earlier attempt holds no vector: the schema on disk never named it.
        engine.update(edge.UpdateOperation.delete_vector_name(name))
        engine.update(edge.UpdateOperation.create_dense_vector(name, dim, edge.Distance.Cosine))

    shard.write(replace, points * (dim * 4 + _INDEX_BYTES_PER_POINT))


def _create_index(shard: Shard, name: str, kind: FieldKind, points: int) -> None:
    shard.write(_update(edge_index(name, kind)), points * _INDEX_BYTES_PER_POINT)


def _scroll(shard: Shard, where: edge.Filter | None, vectors: bool, batch: int) -> Iterator[Point]:
    position: PointId | None = None
    while True:
        request = edge.ScrollRequest(position, batch, where, with_payload=True, with_vector=vectors)
        records, position = shard.read(partial(edge.EdgeShard.scroll, scroll=request))
        yield from map(point_of, records)
        if position is None:
            return


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    return (list(items[start : start + MAX_BATCH]) for start in range(0, len(items), MAX_BATCH))


def _update(operation: edge.UpdateOperation) -> Callable[[edge.EdgeShard], None]:
    return lambda engine: engine.update(operation)


def _retrieve(batch: list[str], *, payload: bool, vectors: bool) -> Callable[[edge.EdgeShard], list[edge.Record]]:
    return lambda engine: engine.retrieve([*batch], payload, vectors)


def _merge_payload(batch: list[str], fields: dict[str, MetadataValue]) -> Callable[[edge.EdgeShard], None]:
    def merge(engine: edge.EdgeShard) -> None:
        # The engine refuses the whole batch for one id that it does not have.
        present = [record.id for record in _retrieve(batch, payload=False, vectors=False)(engine)]
        if present and fields:
            engine.update(edge.UpdateOperation.set_payload(present, fields))

    return merge


def _fetch(shard: Shard, query: VectorQuery, limit: int) -> list[Candidate]:
    request = edge_request(query, limit)
    return [candidate_of(one, query.vector_name) for one in shard.read(lambda engine: engine.query(request))]
