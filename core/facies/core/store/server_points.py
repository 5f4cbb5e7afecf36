"""Points of one collection on a server: what takes more than one plain question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from qdrant_client import grpc, models
from qdrant_client.conversions.conversion import GrpcToRest
from qdrant_client.http.models import QueryResponse

from facies.core.errors import StoreError
from facies.core.store.base import Payload, Point, Vector, VectorQuery, WithVectors
from facies.core.store.conditions import IdIn, field_path
from facies.core.store.ranking import Candidate
from facies.core.store.server_connection import Connection
from facies.core.store.server_conversion import (
    candidate_of,
    grpc_points,
    point_of,
    server_filter,
    server_points,
    server_request,
    server_rows,
)
from facies.core.store.server_errors import UnknownPointError

_VANISHING: Final = 5
"""How often points may vanish between the look at them and the write before that is an error."""


def store_points(server: Connection, collection: str, points: Sequence[Point]) -> None:
    """Store or replace points, as many as one request takes."""
    if server.speaks_grpc:
        server.write(_upsert_grpc, server, collection, grpc_points(points))
    else:
        server.write(server.points.upsert, collection, server_points(points))


def retrieve(
    server: Connection, collection: str, ids: list[str], *, vectors: WithVectors, payload: bool = True
) -> list[models.Record]:
    """Fetch points by id; unknown ids are absent."""
    wanted = vectors if isinstance(vectors, bool) else list(vectors)
    return server.ask(server.points.retrieve, collection, ids, with_payload=payload, with_vectors=wanted)


def fetch_points(
    server: Connection, collection: str, batches: Iterable[list[str]], vectors: WithVectors
) -> dict[str, Point]:
    """Fetch points by id, in the order of the ids; unknown ids are absent."""
    found: dict[str, Point] = {}
    for batch in batches:
        points = {one.id: one for one in map(point_of, retrieve(server, collection, batch, vectors=vectors))}
        found |= {one: points[one] for one in batch if one in points}
    return found


def put_rows(server: Connection, collection: str, name: str, rows: Mapping[str, Vector]) -> None:
    """Give existing points one named vector; unknown ids are passed over.

    Raises:
        StoreError: points vanish again and again while they are being written.
    """
    for _ in range(_VANISHING):
        # A server refuses the whole batch for one id that it does not have.
        present = {str(one.id) for one in retrieve(server, collection, list(rows), vectors=False, payload=False)}
        chosen = {one: row for one, row in rows.items() if one in present}
        try:
            if chosen:
                server.write(server.points.update_vectors, collection, server_rows(name, chosen))
        except UnknownPointError:  # deleted since we looked
            continue
        return
    raise StoreError(f"points of {collection!r} are being deleted while they get vectors; try again afterwards.")


def merge_payload(server: Connection, collection: str, ids: Sequence[str], payload: Payload) -> None:
    """Merge fields into the payload of points; unknown ids are passed over."""
    server.write(server.points.set_payload, collection, dict(payload), points=_those_of(ids))


def cut_payload(server: Connection, collection: str, ids: Sequence[str], names: Sequence[str]) -> None:
    """Take fields out of the payload of points; unknown ids are passed over."""
    server.write(server.points.delete_payload, collection, [field_path(name) for name in names], points=_those_of(ids))


def _those_of(ids: Sequence[str]) -> models.Filter | None:
    """A server refuses a whole list of ids for one that it does not have; by a filter it takes those that there are."""
    return server_filter(IdIn(frozenset(ids)))


def query_batch(server: Connection, collection: str, requests: list[models.QueryRequest]) -> list[QueryResponse]:
    """Answer several queries at once."""
    return server.ask(server.points.query_batch_points, collection, requests)


def fetch_candidates(server: Connection, collection: str, query: VectorQuery, limit: int) -> list[Candidate]:
    """Fetch the best ``limit`` points for a query."""
    answer = query_batch(server, collection, [server_request(query, limit)])[0]
    return [candidate_of(one, query.vector_name) for one in answer.points]


def scroll_points(
    server: Connection, collection: str, where: models.Filter | None, vectors: bool, batch: int
) -> Iterator[Point]:
    """Walk over matching points in order of id."""
    position = None
    while True:
        records, position = server.ask(
            server.points.scroll,
            collection,
            where,
            limit=batch,
            offset=position,
            with_payload=True,
            with_vectors=vectors,
        )
        yield from map(point_of, records)
        if position is None:
            return


def _upsert_grpc(server: Connection, collection: str, points: list[grpc.PointStruct], wait: bool) -> Any:
    """Send points through the raw gRPC client: the other one wants lists of numbers, and looks into each for texts."""
    request = grpc.UpsertPoints(collection_name=collection, points=points, wait=wait)
    answer = server.points.grpc_points.Upsert(request, timeout=server.timeout_s)
    return GrpcToRest.convert_update_result(answer.result)
