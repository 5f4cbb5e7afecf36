"""Maps as rows: one for each layout, and its points in parts, which are added and never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, delete, func, insert, select

from facies.core.catalog.tables import MapPartRow, MapRow
from facies.core.errors import MapNotFoundError
from facies.core.maps import ID_TYPE, POSITION_TYPE, MapFacts, MapPoints, MapRecord

PART_POINTS = 50_000
"""Most points in a row: 1.2 MB, which any database takes in one value."""

_SIZES = (
    select(MapPartRow.map, func.sum(MapPartRow.points).label("points"), func.max(MapPartRow.addition).label("parts"))
    .group_by(MapPartRow.map)
    .subquery()
)
_LISTED = select(MapRow, _SIZES.c.points, _SIZES.c.parts).join(_SIZES, _SIZES.c.map == MapRow.number)


def put(connection: Connection, collection: str, facts: MapFacts, points: MapPoints) -> MapRecord:
    """Add a map with the points of its layout; there is at least one."""
    row = {
        "collection": collection,
        "vector": facts.vector,
        "digest": facts.digest,
        "method": facts.method,
        "fitted": facts.fitted,
        "start": facts.start,
        "trustworthiness": facts.trustworthiness,
        "parameters": dict(facts.parameters),
        "created_at": datetime.now(UTC),
    }
    number = int(connection.scalar(insert(MapRow).returning(MapRow.number), row) or 0)
    _add_part(connection, number, 1, points)
    return fetch(connection, collection, number)


def add_points(connection: Connection, collection: str, number: int, points: MapPoints) -> MapRecord:
    """Add a part to a map.

    Raises:
        MapNotFoundError: the collection has no map of this number.
    """
    record = fetch(connection, collection, number)
    if len(points):
        _add_part(connection, number, record.parts + 1, points)
    return fetch(connection, collection, number)


def fetch(connection: Connection, collection: str, number: int) -> MapRecord:
    """Read one map, without its points.

    Raises:
        MapNotFoundError: the collection has no map of this number.
    """
    wanted = _LISTED.where(MapRow.collection == collection, MapRow.number == number)
    row = connection.execute(wanted).first()
    if row is None:
        raise MapNotFoundError(collection, number, [record.number for record in fetch_all(connection, collection)])
    return _record(row)


def fetch_all(connection: Connection, collection: str) -> list[MapRecord]:
    """Read all maps of a collection without their points, the newest first."""
    rows = connection.execute(_LISTED.where(MapRow.collection == collection).order_by(MapRow.number.desc()))
    return [_record(row) for row in rows]


def fetch_points(connection: Connection, collection: str, number: int, parts: int | None) -> MapPoints:
    """Read the points of a map, in the order in which they came; with ``parts`` those of its first parts alone.

    Raises:
        MapNotFoundError: the collection has no map of this number.
    """
    fetch(connection, collection, number)
    query = select(MapPartRow.ids, MapPartRow.positions).where(MapPartRow.map == number).order_by(MapPartRow.number)
    if parts is not None:
        query = query.where(MapPartRow.addition <= parts)
    rows = connection.execute(query).all()
    ids = np.frombuffer(b"".join(row.ids for row in rows), dtype=ID_TYPE)
    positions = np.frombuffer(b"".join(row.positions for row in rows), dtype=POSITION_TYPE)
    return MapPoints(ids, positions.reshape(-1, 2).astype(np.float32, copy=False))


def remove(connection: Connection, collection: str, number: int) -> None:
    """Delete a map with its points.

    Raises:
        MapNotFoundError: the collection has no map of this number.
    """
    fetch(connection, collection, number)
    _remove(connection, [number])


def remove_all(connection: Connection, collection: str) -> None:
    """Delete all maps of a collection."""
    _remove(connection, list(connection.scalars(select(MapRow.number).where(MapRow.collection == collection))))


def _remove(connection: Connection, numbers: list[int]) -> None:
    # Said outright rather than left to ON DELETE CASCADE, as for collections.
    connection.execute(delete(MapPartRow).where(MapPartRow.map.in_(numbers)))
    connection.execute(delete(MapRow).where(MapRow.number.in_(numbers)))


def _add_part(connection: Connection, number: int, addition: int, points: MapPoints) -> None:
    first = (connection.scalar(select(func.max(MapPartRow.number)).where(MapPartRow.map == number)) or 0) + 1
    for at, start in enumerate(range(0, len(points), PART_POINTS)):
        some = slice(start, start + PART_POINTS)
        positions = np.ascontiguousarray(points.positions[some], dtype=POSITION_TYPE)
        row = {
            "map": number,
            "number": first + at,
            "addition": addition,
            "points": len(positions),
            "ids": points.ids[some].tobytes(),
            "positions": positions.tobytes(),
        }
        connection.execute(insert(MapPartRow), [row])


def _record(row: Row[Any]) -> MapRecord:
    facts = MapFacts(
        vector=row.vector,
        digest=row.digest,
        method=row.method,
        fitted=row.fitted,
        start=row.start,
        trustworthiness=row.trustworthiness,
        parameters=row.parameters,
    )
    return MapRecord(row.number, row.collection, facts, int(row.points), row.parts, row.created_at)
