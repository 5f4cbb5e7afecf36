"""Collections, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from facies.core.catalog import map_rows, projections
from facies.core.catalog import vectors as named_vectors
from facies.core.catalog.tables import CollectionRow, FieldRow, ImageRow, LabelBatchRow, LabelEventRow
from facies.core.errors import CollectionExistsError, CollectionNotFoundError
from facies.core.records import CollectionRecord, ProjectionRecord, VectorRecord

_BY_NAME = select(CollectionRow).where(CollectionRow.name == bindparam("name"))
# Built once: building it takes longer than its answer, and every request asks for it.


def create(
    connection: Connection,
    name: str,
    preset: str,
    vectors: Sequence[VectorRecord],
    computed_by: Sequence[ProjectionRecord],
) -> CollectionRecord:
    """Add a collection with its vectors, the first of them the default, and the projections that compute some of them.

    Raises:
        CollectionExistsError: the name is taken.
        CatalogError: no vector is given, two have one name, or one is computed from what is not there.
    """
    there = connection.execute(_BY_NAME, {"name": name}).first()
    if there is not None:
        raise CollectionExistsError(name, f"made on {there.created_at:%Y-%m-%d %H:%M} UTC, preset {there.preset!r}")
    created_at = datetime.now(UTC)
    connection.execute(insert(CollectionRow), [{"name": name, "preset": preset, "created_at": created_at}])
    projections.put(connection, computed_by)
    named_vectors.insert_all(connection, name, vectors)
    projections.sweep(connection, [one.digest for one in computed_by])  # what no vector needs is not kept
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


def note_change(connection: Connection, name: str, *, of_labels: bool) -> None:
    """Count a change of the collection's images, within the transaction that makes it and has locked the collection.

    Args:
        connection: of that transaction.
        name: of the collection.
        of_labels: whether labels change with it, or images that have one come or go.
    """
    counts = {"changes": CollectionRow.changes + 1}
    if of_labels:
        counts["label_changes"] = CollectionRow.label_changes + 1
    connection.execute(update(CollectionRow).where(CollectionRow.name == name).values(counts))


def fetch(connection: Connection, name: str) -> CollectionRecord:
    """Read one collection, or raise CollectionNotFoundError naming those that exist."""
    return _record(require(connection, name), named_vectors.fetch(connection, name))


def fetch_all(connection: Connection) -> list[CollectionRecord]:
    """Read all collections in order of name."""
    vectors = named_vectors.fetch_all(connection)
    rows = connection.execute(select(CollectionRow).order_by(CollectionRow.name))
    return [_record(row, vectors.get(row.name, ())) for row in rows]


def remove(connection: Connection, name: str) -> None:
    """Delete a collection with everything in it, label events included."""
    lock(connection, name)
    # Said outright rather than left to ON DELETE CASCADE, which one forgotten pragma would turn off.
    connection.execute(update(LabelBatchRow).where(LabelBatchRow.collection == name).values(undoes=None))
    for table in (FieldRow, LabelEventRow, LabelBatchRow, ImageRow):
        connection.execute(delete(table).where(table.collection == name))
    map_rows.remove_all(connection, name)
    named_vectors.remove_all(connection, name)
    connection.execute(delete(CollectionRow).where(CollectionRow.name == name))


def _record(row: Row[Any], vectors: tuple[VectorRecord, ...]) -> CollectionRecord:
    return CollectionRecord(
        name=row.name, preset=row.preset, created_at=row.created_at, vectors=vectors, taxonomy=row.taxonomy
    )
