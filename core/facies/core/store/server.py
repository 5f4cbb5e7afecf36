"""The store at scale: a Qdrant server or cluster through qdrant-client."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient, models

from facies.core.errors import (
    CollectionNotFoundError,
    ConfigurationError,
    FaciesError,
    StoreError,
    StoreUnavailableError,
)
from facies.core.filters import Filter
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
from facies.core.store.ranking import Candidate, first_limit, rank_candidates
from facies.core.store.server_conversion import (
    candidate_of,
    point_of,
    schema_of,
    server_filter,
    server_index,
    server_metadata,
    server_point,
    server_request,
    server_vector,
)
from facies.core.store.server_errors import MissingCollectionError, server_errors

T = TypeVar("T")


def open_server_store(url: str, *, api_key: str | None = None, timeout_s: float = 30.0) -> ServerStore:
    """Connect to a Qdrant server and see that it answers.

    Args:
        url: for example ``http://127.0.0.1:6333``; the port is 6333 where none is given.
        api_key: the server's key, if it wants one.
        timeout_s: longest wait for one answer, in seconds; rounded up to whole seconds.

    Raises:
        ConfigurationError: the URL is none.
        StoreUnavailableError: it does not answer, or refuses the key.
    """
    try:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("expected http or https, and a host")
        # The client's own version check warns from a thread; whether the server answers is asked below.
        client = QdrantClient(url=url, api_key=api_key, timeout=math.ceil(timeout_s), check_compatibility=False)
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(
            f"{url!r} is no address of a Qdrant server ({error}); set FACIES_STORE__URL, e.g. http://127.0.0.1:6333."
        ) from error
    store = ServerStore(client, where=url)
    try:
        store.collections()
    except FaciesError:
        client.close()
        raise
    return store


class ServerStore:
    """Collections on a Qdrant server. Every write waits until the server has applied it."""

    def __init__(self, client: QdrantClient, *, where: str = "the Qdrant server") -> None:
        """Use a client that is connected already; `close` closes it.

        Args:
            client: may also be in the client's local mode.
            where: the server, for messages.
        """
        self._client = client
        self._where = where
        self._closed = False
        self._lock = Lock()

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes."""
        check_collection_name(collection)
        check_schema(schema)
        with self._calls(collection):
            if self._client.collection_exists(collection):
                self._complete(collection, schema)
                return
            # First without fields: metadata name an index only once it exists.
            self._client.create_collection(
                collection,
                vectors_config={name: server_vector(dim) for name, dim in schema.vectors.items()},
                metadata=server_metadata({}),
            )
            self._create_indexes(collection, CollectionSchema(schema.vectors), schema)

    def drop(self, collection: str) -> None:
        """Delete the collection and its points; nothing happens where there is none."""
        with self._calls(collection):
            if self._client.collection_exists(collection):
                self._client.delete_collection(collection)

    def collections(self) -> list[str]:
        """Names in alphabetical order."""
        with self._calls():
            return self._names()

    def schema(self, collection: str) -> CollectionSchema:
        """The named vectors and indexes of a collection."""
        with self._calls(collection):
            return self._schema(collection)

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Store or replace points; on return they survive a kill of the process."""
        with self._calls(collection):
            check_points(self._schema(collection), points)
            for batch in _batches(points):
                self._client.upsert(collection, [server_point(point) for point in batch], wait=True)

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""
        check_payload("the payload", payload)
        with self._calls(collection):
            self._schema(collection)
            for batch in _batches(possible_ids(ids)):
                # A server refuses the whole batch for one id that it does not have.
                present = [record.id for record in self._client.retrieve(collection, batch, with_payload=False)]
                if present and payload:
                    self._client.set_payload(collection, dict(payload), points=present, wait=True)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""
        with self._calls(collection):
            self._schema(collection)
            for batch in _batches(possible_ids(ids)):
                self._client.delete(collection, models.PointIdsList(points=[*batch]), wait=True)

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = True) -> dict[str, Point]:
        """Fetch points by id; unknown ids are absent from the answer."""
        found: dict[str, Point] = {}
        with self._calls(collection):
            self._schema(collection)
            for batch in _batches(possible_ids(ids)):
                records = self._client.retrieve(collection, batch, with_payload=True, with_vectors=vectors)
                points = {point.id: point for point in map(point_of, records)}
                found |= {one: points[one] for one in batch if one in points}
        return found

    def search(self, collection: str, query: VectorQuery) -> list[Hit]:
        """The nearest points, most similar first; equal similarities in order of id."""
        return self.search_batch(collection, [query])[0]

    def search_batch(self, collection: str, queries: Sequence[VectorQuery]) -> list[list[Hit]]:
        """Answers to several queries, in their order."""
        with self._calls(collection):
            schema = self._schema(collection)
            for query in queries:
                check_query(schema, query)
            if not queries:
                return []
            requests = [server_request(query, first_limit(query)) for query in queries]
            answers = self._client.query_batch_points(collection, requests)
            return [
                rank_candidates(
                    query,
                    [candidate_of(one, query.vector_name) for one in answer.points],
                    partial(self._fetch, collection, query),
                )
                for query, answer in zip(queries, answers, strict=True)
            ]

    def scroll(
        self, collection: str, *, where: Filter | None = None, vectors: bool = False, batch: int = MAX_BATCH
    ) -> Iterator[Point]:
        """Every matching point once, in order of id, fetched ``batch`` at a time."""
        self.schema(collection)
        return self._scroll(collection, server_filter(lower_filter(where)), vectors, max(1, batch))

    def count(self, collection: str, where: Filter | None = None) -> int:
        """Exact number of matching points."""
        with self._calls(collection):
            return self._client.count(collection, server_filter(lower_filter(where)), exact=True).count

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first; equal counts in order of the value."""
        with self._calls(collection):
            check_facet(self._schema(collection), field_name, limit)
            # The engine breaks ties at the limit as it likes, so all values are counted and cut here.
            answer = self._client.facet(
                collection, field_path(field_name), server_filter(lower_filter(where)), limit=2**31, exact=True
            )
        counts = sorted(((str(hit.value), hit.count) for hit in answer.hits), key=lambda pair: (-pair[1], pair[0]))
        return dict(counts[:limit])

    def flush(self) -> None:
        """Nothing to do: every write has waited for the server, which keeps its own log."""
        self._check_open()

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises."""
        try:
            names = self.collections()
        except FaciesError as error:
            return StoreHealth(ok=False, backend="server", detail=str(error))
        return StoreHealth(ok=True, backend="server", detail=f"{len(names)} collections at {self._where}")

    def close(self) -> None:
        """Let go of the connection; further calls raise StoreUnavailableError."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._client.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailableError(self._where, "it has been closed")

    @contextmanager
    def _calls(self, collection: str = "") -> Iterator[None]:
        """Run calls of the client; where the collection is missing, tell which ones there are."""
        self._check_open()
        try:
            with server_errors(self._where):
                yield
        except MissingCollectionError as error:
            with server_errors(self._where):
                names = self._names()
            raise CollectionNotFoundError(collection, names) from error

    def _names(self) -> list[str]:
        return sorted(one.name for one in self._client.get_collections().collections)

    def _schema(self, collection: str) -> CollectionSchema:
        schema = schema_of(self._client.get_collection(collection))
        if schema is None:
            raise StoreError(
                f"collection {collection!r} at {self._where} has vectors without names: facies did not make it. "
                "Choose another name."
            )
        return schema

    def _complete(self, collection: str, schema: CollectionSchema) -> None:
        old = self._schema(collection)
        merged = merge_schemas(collection, old, schema)
        for name in merged.vectors.keys() - old.vectors.keys():
            dense = models.DenseVectorConfig(size=merged.vectors[name], distance=models.Distance.COSINE)
            self._client.create_vector_name(collection, name, models.DenseVectorNameConfig(dense=dense), wait=True)
        self._create_indexes(collection, old, merged)

    def _create_indexes(self, collection: str, old: CollectionSchema, new: CollectionSchema) -> None:
        changed = {name: kind for name, kind in new.indexes.items() if old.indexes.get(name) != kind}
        for name, kind in changed.items():
            self._client.create_payload_index(collection, field_path(name), server_index(kind), wait=True)
        if changed:
            self._client.update_collection(collection, metadata=server_metadata({**old.indexes, **new.indexes}))

    def _fetch(self, collection: str, query: VectorQuery, limit: int) -> list[Candidate]:
        answers = self._client.query_batch_points(collection, [server_request(query, limit)])
        return [candidate_of(one, query.vector_name) for one in answers[0].points]

    def _scroll(self, collection: str, where: models.Filter | None, vectors: bool, batch: int) -> Iterator[Point]:
        position = None
        while True:
            with self._calls(collection):
                records, position = self._client.scroll(
                    collection, where, limit=batch, offset=position, with_payload=True, with_vectors=vectors
                )
            yield from map(point_of, records)
            if position is None:
                return


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    return (list(items[start : start + MAX_BATCH]) for start in range(0, len(items), MAX_BATCH))
