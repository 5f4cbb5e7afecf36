"""The store at scale: a Qdrant server or cluster through qdrant-client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from qdrant_client import models

from facies.core.errors import CollectionNotFoundError, FaciesError, StoreError
from facies.core.filters import Filter
from facies.core.store.base import (
    MAX_BATCH,
    CollectionInfo,
    CollectionSchema,
    Hit,
    Payload,
    Point,
    StoreHealth,
    Vector,
    VectorQuery,
)
from facies.core.store.checks import (
    check_collection_name,
    check_facet,
    check_lacking,
    check_payload,
    check_points,
    check_queries,
    check_rows,
    check_schema,
    check_wanted,
    possible_ids,
)
from facies.core.store.conditions import field_path, lower_filter
from facies.core.store.ranking import first_limit, rank_candidates, rank_values
from facies.core.store.server_connection import Connection, connect
from facies.core.store.server_conversion import (
    MAX_POINTS,
    candidate_of,
    server_batches,
    server_filter,
    server_request,
)
from facies.core.store.server_errors import MissingCollectionError
from facies.core.store.server_generations import Generations, generation_name, split_generation
from facies.core.store.server_layout import ServerLayout, graph_options, quantization_of
from facies.core.store.server_points import (
    cut_payload,
    fetch_candidates,
    fetch_points,
    merge_payload,
    put_rows,
    query_batch,
    scroll_points,
    store_points,
)
from facies.core.store.server_schema import (
    complete_collection,
    make_collection,
    optimize_collection,
    own_schema,
    remove_vector,
)

T = TypeVar("T")

_BUILD_S: Final = 12 * 3600.0
"""Longest wait for an optimization, which goes on without us: a hundred million vectors take hours."""


def open_server_store(
    url: str,
    *,
    api_key: str | None = None,
    timeout_s: float = 30.0,
    grpc_port: int = 0,
    ca_file: Path | None = None,
    max_retries: int = 5,
    layout: ServerLayout | None = None,
) -> ServerStore:
    """Connect to a Qdrant server and see that it answers.

    Args:
        url: for example ``http://127.0.0.1:6333``; the port is 6333 where none is given.
        api_key: the server's key, if it wants one.
        timeout_s: longest wait for one answer, in seconds; rounded up to whole seconds.
        grpc_port: of the server's gRPC; 0 to use REST for everything.
        ca_file: PEM file of the authority that the server's certificate is from; the system's otherwise.
        max_retries: how often a call is tried again while the server is busy or out of reach.
        layout: how collections are laid out that are made from now on; by default as on a single small server.

    Raises:
        ConfigurationError: the URL is none, or the file holds no certificate.
        StoreUnavailableError: the server does not answer, or refuses the key.
    """
    connection = connect(
        url, api_key=api_key, timeout_s=timeout_s, grpc_port=grpc_port, ca_file=ca_file, max_retries=max_retries
    )
    return ServerStore(connection, layout or ServerLayout())


class ServerStore:
    """Collections on a Qdrant server. Every write waits until the server has applied it.

    The name of a collection is an alias on the server; see `facies.core.store.server_generations`.
    """

    def __init__(self, connection: Connection, layout: ServerLayout, *, build_s: float = _BUILD_S) -> None:
        """Use a connection; `close` closes it.

        Args:
            connection: a server that answers.
            layout: how collections are laid out that are made from now on.
            build_s: longest wait for an optimization, in seconds.
        """
        self._server = connection
        self._points = connection.points
        self._generations = Generations(connection)
        self._layout = layout
        self._build_s = build_s
        # Asking for it would double the calls. A check that fails looks again; what is out of date the server refuses.
        self._schemas: dict[str, CollectionSchema] = {}
        self._lock = Lock()

    def ensure(self, collection: str, schema: CollectionSchema) -> None:
        """Make the collection, or complete it with new vectors and indexes."""
        if split_generation(collection) is None:
            check_collection_name(collection)
        check_schema(schema)
        with self._changing(collection):
            physical = self._generations.find(collection)
            if physical is None:
                physical = generation_name(collection, 1)
                make_collection(self._server, physical, schema, self._layout, bulk=False)
                self._generations.use(collection, physical)
            else:
                complete_collection(self._server, physical, schema, collection)

    def drop(self, collection: str) -> None:
        """Delete the collection and its points; nothing happens where there is none."""
        with self._changing(collection):
            self._generations.drop(collection)

    def collections(self) -> list[str]:
        """Names in alphabetical order."""
        return self._generations.names()

    def schema(self, collection: str) -> CollectionSchema:
        """The named vectors and indexes of a collection."""
        with self._missing(collection):
            schema = own_schema(self._server, self._generations.resolve(collection))
        with self._lock:
            self._schemas[collection] = schema
        return schema

    def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Store or replace points; on return they survive a kill of the process."""
        self._check(collection, lambda schema: check_points(schema, points))
        with self._missing(collection):
            for batch in server_batches(points):
                store_points(self._server, collection, batch)

    def put_vectors(self, collection: str, name: str, rows: Mapping[str, Vector]) -> None:
        """Give existing points one named vector (id -> unit vector), or replace it; unknown ids are passed over."""
        self._check(collection, lambda schema: check_rows(schema, name, rows))
        with self._missing(collection):
            for batch in server_batches([Point(one, {name: row}) for one, row in rows.items()]):
                put_rows(self._server, collection, name, {point.id: point.vectors[name] for point in batch})

    def drop_vector(self, collection: str, name: str) -> None:
        """Take a named vector away with every row of it; nothing happens where there is none of this name."""
        with self._changing(collection), self._missing(collection):
            remove_vector(self._server, self._generations.resolve(collection), name, collection)

    def set_payload(self, collection: str, ids: Sequence[str], payload: Payload) -> None:
        """Merge fields into the payload of existing points; unknown ids are passed over."""
        check_payload("the payload", payload)
        self._check(collection, _anything)
        with self._missing(collection):
            for batch in _batches(possible_ids(ids)) if payload else ():
                merge_payload(self._server, collection, batch, payload)

    def drop_payload(self, collection: str, ids: Sequence[str], names: Sequence[str]) -> None:
        """Take fields out of the payload of existing points; unknown ids and fields are passed over."""
        self._check(collection, _anything)
        with self._missing(collection):
            for batch in _batches(possible_ids(ids)) if names else ():
                cut_payload(self._server, collection, batch, names)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Delete points; unknown ids are passed over."""
        self._check(collection, _anything)
        with self._missing(collection):
            for batch in _batches(possible_ids(ids)):
                self._server.write(self._points.delete, collection, models.PointIdsList(points=[*batch]))

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool | Sequence[str] = True) -> dict[str, Point]:
        """Fetch points by id, in the order of the ids; unknown ids are absent from the answer."""
        self._check(collection, partial(check_wanted, vectors=vectors))
        with self._missing(collection):
            return fetch_points(self._server, collection, _batches(possible_ids(ids)), vectors)

    def search(self, collection: str, query: VectorQuery) -> list[Hit]:
        """The nearest points, most similar first; equal similarities in order of id."""
        return self.search_batch(collection, [query])[0]

    def search_batch(self, collection: str, queries: Sequence[VectorQuery]) -> list[list[Hit]]:
        """Answers to several queries, in their order."""
        self._check(collection, partial(check_queries, queries=queries))
        if not queries:
            return []
        with self._missing(collection):
            answers = query_batch(
                self._server, collection, [server_request(query, first_limit(query)) for query in queries]
            )
            return [
                rank_candidates(
                    query,
                    [candidate_of(one, query.vector_name) for one in answer.points],
                    partial(fetch_candidates, self._server, collection, query),
                )
                for query, answer in zip(queries, answers, strict=True)
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
        self._check(collection, partial(check_lacking, name=lacking))
        condition = server_filter(lower_filter(where, lacking=lacking))
        return self._scroll(collection, scroll_points(self._server, collection, condition, vectors, max(1, batch)))

    def count(self, collection: str, where: Filter | None = None, *, lacking: str | None = None) -> int:
        """Exact number of matching points."""
        self._check(collection, partial(check_lacking, name=lacking))
        condition = server_filter(lower_filter(where, lacking=lacking))
        with self._missing(collection):
            return self._server.ask(self._points.count, collection, condition, exact=True).count

    def facet(
        self, collection: str, field_name: str, *, where: Filter | None = None, limit: int = 1000
    ) -> dict[str, int]:
        """Count points per value of an indexed keyword field, largest first; equal counts in order of the value."""
        self._check(collection, lambda schema: check_facet(schema, field_name, limit))
        condition = server_filter(lower_filter(where))
        with self._missing(collection):
            # The engine breaks ties at the limit as it likes, so all values are counted and cut here.
            answer = self._server.ask(
                self._points.facet, collection, field_path(field_name), condition, limit=2**31, exact=True
            )
        return rank_values([(str(hit.value), hit.count) for hit in answer.hits], limit)

    @property
    def optimizes_itself(self) -> bool:
        """Yes, segment by segment, from the size that the settings name."""
        return True

    def describe(self, collection: str) -> CollectionInfo:
        """Size and state of a collection. Where it has several named vectors, ``graphed`` is their mean."""
        with self._missing(collection):
            info = self._server.ask(self._server.admin.get_collection, self._generations.resolve(collection))
            points = self.count(collection)
        named = len(info.config.params.vectors) if isinstance(info.config.params.vectors, dict) else 1
        return CollectionInfo(
            points=points,
            # What the server counts is an estimate and includes points that are deleted but not cleared away.
            graphed=min(points, (info.indexed_vectors_count or 0) // max(1, named)),
            quantization=quantization_of(info.config),
            disk_bytes=None,
            optimizing=info.status == models.CollectionStatus.YELLOW,
        )

    def optimize(self, collection: str) -> CollectionInfo:
        """Let the server build graphs and pack the vectors as the settings say; returns when it has come to rest.

        A segment of a shard that holds fewer vectors than the settings ask for stays without a graph.

        Raises:
            StoreError: the server failed, or is still at it after the longest wait; it goes on by itself then.
        """
        with self._missing(collection):
            physical = self._generations.resolve(collection)
            optimize_collection(self._server, physical, self._layout, self._build_s)
        return self.describe(collection)

    def stage(self, collection: str, schema: CollectionSchema) -> str:
        """Start another generation of a collection beside the one in use; it is filled through the name returned.

        It builds no graph until `optimize` or `publish`.
        """
        check_schema(schema)
        with self._missing(collection):
            staged = self._generations.next(collection)
            with self._changing(staged):
                make_collection(self._server, staged, schema, self._layout, bulk=True)
        return staged

    def publish(self, staged: str) -> None:
        """Put a staged generation in the place of the one in use, in one step, and delete the old one.

        Call `optimize` on it before: a graph that is not there yet is built afterwards, and searches scan meanwhile.
        """
        parsed = split_generation(staged)
        if parsed is None or self._generations.find(staged) is None:
            raise CollectionNotFoundError(staged, self.collections())
        with self._changing(parsed[0]), self._missing(staged):
            self._server.ask(self._server.admin.update_collection, staged, hnsw_config=graph_options(bulk=False))
            self._generations.use(parsed[0], staged)
            self._generations.keep(staged)

    def discard(self, staged: str) -> None:
        """Delete a staged generation; nothing happens where there is none."""
        parsed = split_generation(staged)
        if parsed is None or self._generations.aliases().get(parsed[0]) == staged:
            raise StoreError(f"{staged!r} is no staged generation: it is in use, or a collection.")
        with self._changing(staged):
            self._generations.delete(staged)

    def flush(self) -> None:
        """Nothing to do: every write has waited for the server, which keeps its own log."""
        self._server.check_open()

    def health(self) -> StoreHealth:
        """Whether the store answers; never raises, and does not wait for a server that is busy."""
        admin = self._server.admin
        try:
            count = len(self._server.ask_once(admin.get_collections).collections)
            version = self._server.ask_once(admin.info).version
            if self._server.speaks_grpc:
                self._server.ask_once(self._points.info)
        except FaciesError as error:
            return StoreHealth(ok=False, backend="server", detail=str(error))
        wire = "gRPC" if self._server.speaks_grpc else "REST"
        return StoreHealth(
            ok=True, backend="server", detail=f"{count} collections at {self._server.where}, Qdrant {version}, {wire}"
        )

    def close(self) -> None:
        """Let go of the connection; further calls raise StoreUnavailableError."""
        self._server.close()

    def _scroll(self, collection: str, points: Iterator[Point]) -> Iterator[Point]:
        with self._missing(collection):
            yield from points

    @contextmanager
    def _missing(self, collection: str) -> Iterator[None]:
        """Where the server says that there is no such collection, tell which ones there are."""
        try:
            yield
        except MissingCollectionError as error:
            with self._lock:
                self._schemas.pop(collection, None)
            raise CollectionNotFoundError(collection, self.collections()) from error

    @contextmanager
    def _changing(self, collection: str) -> Iterator[None]:
        """Forget the schema of a collection that is about to change."""
        try:
            yield
        finally:
            with self._lock:
                self._schemas.pop(collection, None)

    def _check(self, collection: str, check: Callable[[CollectionSchema], None]) -> None:
        """Check something against the schema; against a fresh one before it is refused."""
        self._server.check_open()
        with self._lock:
            known = self._schemas.get(collection)
        if known is not None:
            try:
                check(known)
            except FaciesError:
                pass  # perhaps another process has completed the collection
            else:
                return
        check(self.schema(collection))


def _anything(_: CollectionSchema) -> None:
    """Check nothing but that the collection is there."""


def _batches(items: Sequence[T]) -> Iterator[list[T]]:
    pending = iter(items)
    while batch := list(islice(pending, MAX_POINTS)):
        yield batch
