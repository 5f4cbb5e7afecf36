"""Collections and their named vectors, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from facies.core.catalog.tables import CollectionRow, FieldRow, ImageRow, LabelEventRow, VectorRow, add_rows
from facies.core.errors import CatalogError, CollectionExistsError, CollectionNotFoundError, QueryError
from facies.core.records import CollectionRecord, Fingerprint, VectorRecord


def create(session: Session, name: str, preset: str, vectors: Sequence[VectorRecord]) -> CollectionRecord:
    """Add a collection with its vectors, the first of them the default.

    Raises:
        CollectionExistsError: the name is taken.
        CatalogError: no vector is given, or two have one name.
    """
    names = [vector.name for vector in vectors]
    if not names or len(set(names)) != len(names):
        raise CatalogError(f"collection {name!r} needs at least one vector, each with a name of its own; got {names}")
    there = session.get(CollectionRow, name)
    if there is not None:
        raise CollectionExistsError(name, f"made on {there.created_at:%Y-%m-%d %H:%M} UTC, preset {there.preset!r}")
    created_at = datetime.now(UTC)
    add_rows(session, CollectionRow, [{"name": name, "preset": preset, "created_at": created_at}])
    add_rows(session, VectorRow, [_vector_row(name, i, vector) for i, vector in enumerate(vectors)])
    return CollectionRecord(name=name, preset=preset, created_at=created_at, vectors=tuple(vectors))


def require(session: Session, name: str) -> CollectionRow:
    """Fetch a collection's row, or raise CollectionNotFoundError naming those that exist."""
    row = session.get(CollectionRow, name)
    if row is None:
        raise CollectionNotFoundError(name, session.scalars(select(CollectionRow.name)))
    return row


def lock(session: Session, name: str) -> None:
    """Let nobody else add to or take from this collection until the transaction ends.

    SQLite has one writer anyway and leaves the clause out; other databases lock the row.
    """
    if session.scalar(select(CollectionRow.name).where(CollectionRow.name == name).with_for_update()) is None:
        require(session, name)


def fetch(session: Session, name: str | None = None) -> list[CollectionRecord]:
    """Read one collection, or all in order of name."""
    query = select(CollectionRow).order_by(CollectionRow.name)
    vectors = select(VectorRow).order_by(VectorRow.position)
    if name is not None:
        require(session, name)
        query = query.where(CollectionRow.name == name)
        vectors = vectors.where(VectorRow.collection == name)
    by_collection: dict[str, list[VectorRow]] = {}
    for vector in session.scalars(vectors):
        by_collection.setdefault(vector.collection, []).append(vector)
    return [_record(row, by_collection.get(row.name, [])) for row in session.scalars(query)]


def add_vector(session: Session, name: str, vector: VectorRecord) -> CollectionRecord:
    """Add a named vector behind those that the collection has.

    Raises:
        CatalogError: it has one of this name.
    """
    lock(session, name)
    record = fetch(session, name)[0]
    if any(there.name == vector.name for there in record.vectors):
        raise CatalogError(f"collection {name!r} has a vector {vector.name!r} already; each needs a name of its own")
    add_rows(session, VectorRow, [_vector_row(name, len(record.vectors), vector)])
    return fetch(session, name)[0]


def set_default(session: Session, name: str, vector: str) -> CollectionRecord:
    """Bring a named vector to position 0; the others keep their order.

    Raises:
        QueryError: the collection has no vector of this name.
    """
    lock(session, name)
    names = [there.name for there in fetch(session, name)[0].vectors]
    if vector not in names:
        raise QueryError(f"no named vector {vector!r}; the collection has {', '.join(sorted(names))}.")
    ordered = [vector, *(other for other in names if other != vector)]
    # Two rounds, since no two rows may have one position even for a moment.
    for shift in (-len(names), 0):
        for position, one in enumerate(ordered):
            session.execute(
                update(VectorRow)
                .where(VectorRow.collection == name, VectorRow.name == one)
                .values(position=position + shift)
            )
    return fetch(session, name)[0]


def remove_vector(session: Session, name: str, vector: str) -> CollectionRecord:
    """Delete a named vector that is not the default; the others keep their order.

    Raises:
        QueryError: the collection has no vector of this name.
        CatalogError: it is the default.
    """
    lock(session, name)
    names = [there.name for there in fetch(session, name)[0].vectors]
    if vector not in names:
        raise QueryError(f"no named vector {vector!r}; the collection has {', '.join(sorted(names))}.")
    position = names.index(vector)
    if position == 0:
        raise CatalogError(f"{vector!r} is the default vector of collection {name!r}; make another the default first")
    session.execute(delete(VectorRow).where(VectorRow.collection == name, VectorRow.name == vector))
    for place, follower in enumerate(names[position + 1 :], start=position):
        session.execute(
            update(VectorRow).where(VectorRow.collection == name, VectorRow.name == follower).values(position=place)
        )
    return fetch(session, name)[0]


def remove(session: Session, name: str) -> None:
    """Delete a collection with everything in it, label events included."""
    lock(session, name)
    # Said outright rather than left to ON DELETE CASCADE, which one forgotten pragma would turn off.
    for table in (FieldRow, LabelEventRow, ImageRow, VectorRow):
        session.execute(delete(table).where(table.collection == name))
    session.execute(delete(CollectionRow).where(CollectionRow.name == name))


def _vector_row(collection: str, position: int, vector: VectorRecord) -> dict[str, object]:
    return {
        "collection": collection,
        "name": vector.name,
        "position": position,
        "dim": vector.dim,
        **asdict(vector.fingerprint),
    }


def _record(row: CollectionRow, vectors: Iterable[VectorRow]) -> CollectionRecord:
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
