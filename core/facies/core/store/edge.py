"""The embedded store: Qdrant Edge in this process, one folder per collection, no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

import qdrant_edge as edge

from facies.core.errors import FaciesError
from facies.core.filters import Filter
from facies.core.records import MetadataValue
from facies.core.store.base import (
    MAX_BATCH,
    CollectionInfo,
    CollectionSchema,
    Hit,
    Payload,
    Point,
    Quantization,
    StoreHealth,
    Vector,
    VectorQuery,
    WithVectors,
)
from facies.core.store.checks import (
    check_facet,
    check_lacking,
    check_payload,
    check_points,
    check_queries,
    check_rows,
    check_wanted,
    possible_ids,
)
from facies.core.store.conditions import field_path, lower_filter
from facies.core.store.edge_collections import EdgeCollections
from facies.core.store.edge_conversion import (
    candidate_of,
    edge_filter,
    edge_points,
    edge_request,
    edge_rows,
    payload_bytes,
    point_of,
    size_bytes,
)
from facies.core.store.ranking import Candidate, first_limit, rank_candidates, rank_values
from facies.core.store.shard import Shard

T = TypeVar("T")
PointId: TypeAlias = int | UUID | str

MOVED_BYTES: Final = 1024
"""Generous estimate of what a point takes beside its vectors when the engine moves it between segments."""


class EdgeStore:
    """Collections under one folder; the folder is locked against other processes until `close`."""

    def __init__(self, root: Path, *, quantization: Quantization = "none") -> None:
        """Lock the folder, making it where there is none, and clear away what a crash left.

        Args:
            root: the folder.
            quantization: how `optimize` packs vectors; nothing changes before it is called.

        Raises:
            StoreLockedError: another process, or another store of this one, holds the folder.
            StorageError: the folder cannot be written.
        """
        self._collections = EdgeCollections(root)
        self._quantization: Quantization = quantization

    @property
    def optimizes_itself(self) -> bool:
        """No: a build takes minutes of a core, and the engine would stall every search for as long."""
        return False

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes."""
        self._collections.ensure(collection, schema)

    def drop(self, collection: str) -> None:
        """Delete the collection and its points; nothing happens where there is none."""
        self._collections.drop(collection)

    def collections(self) -> list[str]:
        """Names in alphabetical order."""
        return self._collections.names()

    def schema(self, collection: str) -> CollectionSchema:
        """The named vectors and indexes of a collection."""
        return self._collections.get(collection).schema

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Store or replace points; on return they survive a kill of the process."""
        held = self._collections.get(collection)
        check_points(held.schema, points)
        for batch in _batches(points):
            held.shard.write(_update(edge_points(batch)), sum(map(size_bytes, batch)), [point.id for point in batch])

    def put_vectors(self, collection: str, name: str, rows: Mapping[str, Vector]) -> None:
        """Give existing points one named vector, or replace it; unknown ids are passed over."""
        held = self._collections.get(collection)
        check_rows(held.schema, name, rows)
        for batch in _batches(list(rows)):
            # A point that a graph holds is moved out of it, with all its vectors.
            moved = len(batch) * (MOVED_BYTES + 16 * sum(held.schema.vectors.values()))
            held.shard.write(_put_rows(name, {one: rows[one] for one in batch}), moved, batch)

    def drop_vector(self, collection: str, name: str) -> None:
        """Take a named vector away with every row of it; nothing happens where there is none of this name."""
        self._collections.drop_vector(collection, name)

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""
        held = self._collections.get(collection)
        check_payload("the payload", payload)
        for batch in _batches(possible_ids(ids)):
            held.shard.write(_merge_payload(batch, dict(payload)), len(batch) * payload_bytes(payload), batch)

    def drop_payload(self, collection: str, ids: Sequence[str], names: Sequence[str]) -> None:
        """Take fields out of the payload of existing points; unknown ids and fields are passed over."""
        held = self._collections.get(collection)
        for batch in _batches(possible_ids(ids)) if names else ():
            held.shard.write(_cut_payload(batch, [field_path(name) for name in names]), 64 * len(batch), batch)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""
        held = self._collections.get(collection)
        for batch in _batches(possible_ids(ids)):
            held.shard.write(_update(edge.UpdateOperation.delete_points([*batch])), 64 * len(batch), batch)

    def get(self, collection: str, ids: Sequence[str], *, vectors: WithVectors = True) -> dict[str, Point]:
        """Fetch points by id, in the order of the ids; unknown ids are absent from the answer."""
        held = self._collections.get(collection)
        check_wanted(held.schema, vectors)
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
        held = self._collections.get(collection)
        check_queries(held.schema, queries)
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
        self,
        collection: str,
        *,
        where: Filter | None = None,
        lacking: str | None = None,
        vectors: bool = False,
        batch: int = MAX_BATCH,
    ) -> Iterator[Point]:
        """Every matching point once, in order of id, fetched ``batch`` at a time."""
        held = self._collections.get(collection)
        check_lacking(held.schema, lacking)
        return _scroll(held.shard, edge_filter(lower_filter(where, lacking=lacking)), vectors, max(1, batch))

    def count(self, collection: str, where: Filter | None = None, *, lacking: str | None = None) -> int:
        """Exact number of matching points."""
        held = self._collections.get(collection)
        check_lacking(held.schema, lacking)
        request = edge.CountRequest(exact=True, filter=edge_filter(lower_filter(where, lacking=lacking)))
        return held.shard.read(lambda engine: engine.count(request))

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first; equal counts in order of the value."""
        held = self._collections.get(collection)
        check_facet(held.schema, field_name, limit)
        # The engine breaks ties at the limit as it likes, so all values are counted and cut here.
        request = edge.FacetRequest(
            field_path(field_name), limit=2**31, exact=True, filter=edge_filter(lower_filter(where))
        )
        answer = held.shard.read(lambda engine: engine.facet(request))
        return rank_values([(str(hit.value), hit.count) for hit in answer.hits], limit)

    def describe(self, collection: str) -> CollectionInfo:
        """Size and state of a collection."""
        return self._collections.get(collection).describe()

    def optimize(self, collection: str) -> CollectionInfo:
        """Build the graph over all points and pack the vectors as the settings say; returns when it is in use."""
        self._collections.optimize(collection, self._quantization)
        return self.describe(collection)

    def stage(self, collection: str, schema: CollectionSchema) -> str:
        """Start another generation of a collection beside the one in use; it is filled through the name returned."""
        return self._collections.stage(collection, schema)

    def publish(self, staged: str) -> None:
        """Put a staged generation in the place of the one in use, in one step, and delete the old one."""
        self._collections.publish(staged)

    def discard(self, staged: str) -> None:
        """Delete a staged generation; nothing happens where there is none."""
        self._collections.discard(staged)

    def copied(self, target: Path) -> AbstractContextManager[None]:
        """Copy everything below another folder, as at one moment: until the context ends nobody writes, reads go on."""
        return self._collections.copied(target)

    def flush(self) -> None:
        """Write everything to disk now; errors surface here, not at close."""
        self._collections.flush()

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises."""
        root = self._collections.root
        try:
            names = self._collections.names()
        except FaciesError:
            return StoreHealth(ok=False, backend="edge", detail=f"{root} has been closed")
        return StoreHealth(ok=True, backend="edge", detail=f"{len(names)} collections at {root}")

    def close(self) -> None:
        """Flush and let go of the store; further calls raise StoreUnavailableError."""
        self._collections.close()


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


def _retrieve(
    batch: list[str], *, payload: bool, vectors: WithVectors
) -> Callable[[edge.EdgeShard], list[edge.Record]]:
    wanted = vectors if isinstance(vectors, bool) else list(vectors)
    return lambda engine: engine.retrieve([*batch], payload, wanted)


def _merge_payload(batch: list[str], fields: dict[str, MetadataValue]) -> Callable[[edge.EdgeShard], None]:
    def merge(engine: edge.EdgeShard) -> None:
        # The engine refuses the whole batch for one id that it does not have.
        present = [record.id for record in _retrieve(batch, payload=False, vectors=False)(engine)]
        if present and fields:
            engine.update(edge.UpdateOperation.set_payload(present, fields))

    return merge


def _cut_payload(batch: list[str], names: list[str]) -> Callable[[edge.EdgeShard], None]:
    def cut(engine: edge.EdgeShard) -> None:
        present = [record.id for record in _retrieve(batch, payload=False, vectors=False)(engine)]
        if present:
            engine.update(edge.UpdateOperation.delete_payload(present, names))

    return cut


def _put_rows(name: str, rows: dict[str, Vector]) -> Callable[[edge.EdgeShard], None]:
    def put(engine: edge.EdgeShard) -> None:
        # As with a payload, one unknown id would have the whole batch refused.
        present = [str(record.id) for record in _retrieve(list(rows), payload=False, vectors=False)(engine)]
        if present:
            engine.update(edge_rows(name, {one: rows[one] for one in present}))

    return put


def _fetch(shard: Shard, query: VectorQuery, limit: int) -> list[Candidate]:
    request = edge_request(query, limit)
    return [candidate_of(one, query.vector_name) for one in shard.read(lambda engine: engine.query(request))]
