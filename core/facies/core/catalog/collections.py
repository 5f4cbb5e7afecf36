"""Collections and their named vectors, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from facies.core.catalog.tables import CollectionRow, FieldRow, ImageRow, LabelEventRow, VectorRow
from facies.core.errors import CatalogError, CollectionExistsError, CollectionNotFoundError, QueryError
from facies.core.records import CollectionRecord, Fingerprint, VectorRecord

_BY_NAME = select(CollectionRow).where(CollectionRow.name == bindparam("name"))
_VECTORS_OF = select(VectorRow).where(VectorRow.collection == bindparam("name")).order_by(VectorRow.position)
# Both are built once: building them takes longer than their answers, and every request asks for them.


def create(connection: Connection, name: str, preset: str, vectors: Sequence[VectorRecord]) -> CollectionRecord:
    """Add a collection with its vectors, the first of them the default.

    Raises:
        CollectionExistsError: the name is taken.
        CatalogError: no vector is given, or two have one name.
    """
    names = [vector.name for vector in vectors]
    if not names or len(set(names)) != len(names):
        raise CatalogError(f"collection {name!r} needs at least one vector, each with a name of its own; got {names}")
    there = connection.execute(_BY_NAME, {"name": name}).first()
    if there is not None:
        raise CollectionExistsError(name, f"made on {there.created_at:%Y-%m-%d %H:%M} UTC, preset {there.preset!r}")
    created_at = datetime.now(UTC)
    connection.execute(insert(CollectionRow), [{"name": name, "preset": preset, "created_at": created_at}])
    connection.execute(insert(VectorRow), [_vector_row(name, i, vector) for i, vector in enumerate(vectors)])
    return CollectionRecord(name=name, preset=preset, created_at=created_at, vectors=tuple(vectors))


def require(connection: Connection, name: str) -> Row[Any]:
    """Fetch a collection's row, or raise CollectionNotFoundError naming those that exist."""
    row = connection.execute(_BY_NAME, {"name": name}).first()
    if row is None:
        raise CollectionNotFoundError(name, connection.scalars(select(CollectionRow.name)))
    return row


def lock(connection: Connection, name: str) -> None:
    """Let nobody else add to or take from this collection until the transaction ends.

    SQLite has one writer anyway and leaves the clause out; other databases lock the row.
    """
    if connection.scalar(select(CollectionRow.name).where(CollectionRow.name == name).with_for_update()) is None:
        require(connection, name)


def fetch(connection: Connection, name: str) -> CollectionRecord:
    """Read one collection, or raise CollectionNotFoundError naming those that exist."""
    return _record(require(connection, name), connection.execute(_VECTORS_OF, {"name": name}))


def fetch_all(connection: Connection) -> list[CollectionRecord]:
    """Read all collections in order of name."""
    vectors: dict[str, list[Row[Any]]] = {}
    for vector in connection.execute(select(VectorRow).order_by(VectorRow.position)):
        vectors.setdefault(vector.collection, []).append(vector)
    rows = connection.execute(select(CollectionRow).order_by(CollectionRow.name))
    return [_record(row, vectors.get(row.name, [])) for row in rows]


def add_vector(connection: Connection, name: str, vector: VectorRecord) -> CollectionRecord:
    """Add a named vector behind those that the collection has.

    Raises:
        CatalogError: it has one of this name.
    """
    lock(connection, name)
    record = fetch(connection, name)
    if any(there.name == vector.name for there in record.vectors):
        raise CatalogError(f"collection {name!r} has a vector {vector.name!r} already; each needs a name of its own")
    connection.execute(insert(VectorRow), [_vector_row(name, len(record.vectors), vector)])
    return fetch(connection, name)


def set_default(connection: Connection, name: str, vector: str) -> CollectionRecord:
    """Bring a named vector to position 0; the others keep their order.

    Raises:
        QueryError: the collection has no vector of this name.
    """
    lock(connection, name)
    names = [there.name for there in fetch(connection, name).vectors]
    if vector not in names:
        raise QueryError(f"no named vector {vector!r}; the collection has {', '.join(sorted(names))}.")
    ordered = [vector, *(other for other in names if other != vector)]
    # Two rounds, since no two rows may have one position even for a moment.
    for shift in (-len(names), 0):
        for position, one in enumerate(ordered):
            connection.execute(
                update(VectorRow)
                .where(VectorRow.collection == name, VectorRow.name == one)
                .values(position=position + shift)
            )
    return fetch(connection, name)


def remove_vector(connection: Connection, name: str, vector: str) -> CollectionRecord:
    """Delete a named vector that is not the default; the others keep their order.

    Raises:
        QueryError: the collection has no vector of this name.
        CatalogError: it is the default.
    """
    lock(connection, name)
    names = [there.name for there in fetch(connection, name).vectors]
    if vector not in names:
        raise QueryError(f"no named vector {vector!r}; the collection has {', '.join(sorted(names))}.")
    position = names.index(vector)
    if position == 0:
        raise CatalogError(f"{vector!r} is the default vector of collection {name!r}; make another the default first")
    connection.execute(delete(VectorRow).where(VectorRow.collection == name, VectorRow.name == vector))
    for place, follower in enumerate(names[position + 1 :], start=position):
        connection.execute(
            update(VectorRow).where(VectorRow.collection == name, VectorRow.name == follower).values(position=place)
        )
    return fetch(connection, name)


def remove(connection: Connection, name: str) -> None:
    """Delete a collection with everything in it, label events included."""
    lock(connection, name)
    # Said outright rather than left to ON DELETE CASCADE, which one forgotten pragma would turn off.
    for table in (FieldRow, LabelEventRow, ImageRow, VectorRow):
        connection.execute(delete(table).where(table.collection == name))
    connection.execute(delete(CollectionRow).where(CollectionRow.name == name))


def _vector_row(collection: str, position: int, vector: VectorRecord) -> dict[str, object]:
    return {
        "collection": collection,
        "name": vector.name,
        "position": position,
        "dim": vector.dim,
        **asdict(vector.fingerprint),
    }


def _record(row: Row[Any], vectors: Iterable[Row[Any]]) -> CollectionRecord:
    return CollectionRecord(
        name=row.name,
        preset=row.preset,
        created_at=row.created_at,
        vectors=tuple(
            VectorRecord(
                name=v.name,
                dim=v.dim,
                fingerprint=Fingerprint(
                    card=v.card,
                    weights_sha256=v.weights_sha256,
                    preprocessing=v.preprocessing,
                    recipe=v.recipe,
                    runtime=v.runtime,
                    precision=v.precision,
                ),
            )
            for v in vectors
        ),
    )
