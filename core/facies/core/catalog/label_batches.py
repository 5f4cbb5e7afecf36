"""Batches of label events: who gave labels, when, and by what; taken back, and brought back, as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, insert, select, update

from facies.core.catalog import labels
from facies.core.catalog.tables import CollectionRow, LabelBatchRow, LabelEventRow
from facies.core.errors import CatalogError, LabelBatchNotFoundError, LabelBatchUndoneError
from facies.core.records import LabelBatch, LabelBatchRecord, LabelEventRecord, LabelSource

_SOURCES: dict[str, LabelSource] = {source: source for source in get_args(LabelSource)}
_CHUNK = 500


def open_batch(connection: Connection, collection: str, batch: LabelBatch, *, undoes: int | None = None) -> int:
    """Add a batch without events yet; gives its number."""
    row = {
        "collection": collection,
        "source": batch.source,
        "actor": batch.actor,
        "verified": batch.verified,
        "created_at": datetime.now(UTC),
        "provenance": dict(batch.provenance),
        "undoes": undoes,
        "in_effect": True,
    }
    return int(connection.scalar(insert(LabelBatchRow).returning(LabelBatchRow.id), row) or 0)


def is_in_effect(connection: Connection, collection: str, number: int) -> bool:
    """Whether the collection has this batch and nobody has undone it."""
    wanted = (LabelBatchRow.id == number, LabelBatchRow.collection == collection)
    return bool(connection.scalar(select(LabelBatchRow.in_effect).where(*wanted)))


def undo(connection: Connection, collection: str, number: int, by: LabelBatch) -> int:
    """Take a batch back, or bring it back where it is an undo; gives the number of the batch that says so.

    Raises:
        LabelBatchNotFoundError: the collection has no batch of this number.
        LabelBatchUndoneError: it is not in effect.
    """
    row = _find(connection, collection, number)
    if not row.in_effect:
        raise LabelBatchUndoneError(collection, number, _undone_by(connection, row))
    made = open_batch(connection, collection, by, undoes=number)
    in_effect = False
    while True:
        connection.execute(update(LabelBatchRow).where(LabelBatchRow.id == row.id).values(in_effect=in_effect))
        if row.undoes is None:
            break
        row = _find(connection, collection, row.undoes)
        in_effect = not in_effect
    labels.follow(connection, collection, row.id)
    return made


def fetch(connection: Connection, collection: str, number: int) -> LabelBatchRecord:
    """Read one batch, or raise LabelBatchNotFoundError."""
    return _records(connection, collection, [_find(connection, collection, number)])[0]


def fetch_page(connection: Connection, collection: str, *, before: int | None, limit: int) -> list[LabelBatchRecord]:
    """Read batches, the newest first; with ``before`` those that are older than the one of this number."""
    query = select(LabelBatchRow).where(LabelBatchRow.collection == collection)
    if before is not None:
        query = query.where(LabelBatchRow.id < before)
    rows = connection.execute(query.order_by(LabelBatchRow.id.desc()).limit(limit)).all()
    return _records(connection, collection, rows)


def history(connection: Connection, collection: str, image_id: str) -> list[LabelEventRecord]:
    """Read the events of an image, the oldest first, those that are out of effect among them."""
    query = (
        select(LabelEventRow)
        .where(LabelEventRow.collection == collection, LabelEventRow.image_id == image_id)
        .order_by(LabelEventRow.id)
    )
    return _events(connection, connection.execute(query).all())


def fetch_events(connection: Connection, collection: str, numbers: Sequence[int]) -> dict[int, LabelEventRecord]:
    """Read events of a collection by number; unknown numbers are absent."""
    found: dict[int, LabelEventRecord] = {}
    for start in range(0, len(numbers), _CHUNK):
        wanted = LabelEventRow.id.in_(numbers[start : start + _CHUNK])
        rows = connection.execute(select(LabelEventRow).where(wanted, LabelEventRow.collection == collection)).all()
        found |= {event.number: event for event in _events(connection, rows)}
    return found


def touched(connection: Connection, collection: str, after: int, image_id: str, limit: int) -> list[str]:
    """Read ids of images whose label may have changed by a batch after this one; those behind an id, in order of id."""
    newer = select(LabelBatchRow).where(LabelBatchRow.collection == collection, LabelBatchRow.id > after)
    numbers: set[int] = set()
    for row in connection.execute(newer):
        numbers.add(_root(connection, collection, row))
    if not numbers:
        return []
    query = (
        select(LabelEventRow.image_id)
        .where(
            LabelEventRow.collection == collection, LabelEventRow.batch.in_(numbers), LabelEventRow.image_id > image_id
        )
        .distinct()
        .order_by(LabelEventRow.image_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def newest(connection: Connection, collection: str) -> int:
    """Read the number of the newest batch of a collection; 0 where there is none."""
    return connection.scalar(select(func.max(LabelBatchRow.id)).where(LabelBatchRow.collection == collection)) or 0


def followed(connection: Connection, collection: str) -> int:
    """Read up to which batch the vector store has followed the labels."""
    return connection.scalar(select(CollectionRow.followed).where(CollectionRow.name == collection)) or 0


def set_followed(connection: Connection, collection: str, number: int) -> None:
    """Note up to which batch the vector store has followed the labels, unless somebody is further already."""
    behind = (CollectionRow.name == collection, CollectionRow.followed < number)
    connection.execute(update(CollectionRow).where(*behind).values(followed=number))


def rewind_followed(connection: Connection, collection: str, number: int) -> None:
    """Note that the vector store has to follow all batches after this one, if it has not to follow more anyway."""
    ahead = (CollectionRow.name == collection, CollectionRow.followed > number)
    connection.execute(update(CollectionRow).where(*ahead).values(followed=number))


def _root(connection: Connection, collection: str, row: Row[Any]) -> int:
    """The batch whose events a batch brings into or takes out of effect: itself, or what it undoes at last."""
    while row.undoes is not None:
        row = _find(connection, collection, row.undoes)
    return int(row.id)


def _find(connection: Connection, collection: str, number: int) -> Row[Any]:
    wanted = (LabelBatchRow.id == number, LabelBatchRow.collection == collection)
    row = connection.execute(select(LabelBatchRow).where(*wanted)).first()
    if row is None:
        raise LabelBatchNotFoundError(collection, number)
    return row


def _undone_by(connection: Connection, row: Row[Any]) -> int | None:
    """The batch that took this one out of effect: the last one that undoes it, or undoes what undid its undoing."""
    query = select(func.max(LabelBatchRow.id)).where(LabelBatchRow.undoes == row.id, LabelBatchRow.in_effect)
    return connection.scalar(query)


def _count_events(connection: Connection, numbers: Sequence[int]) -> dict[int, int]:
    query = (
        select(LabelEventRow.batch, func.count().label("n"))
        .where(LabelEventRow.batch.in_(numbers))
        .group_by(LabelEventRow.batch)
    )
    return {row.batch: row.n for row in connection.execute(query)}


def _records(connection: Connection, collection: str, rows: Sequence[Row[Any]]) -> list[LabelBatchRecord]:
    """Batches with the number of images that they label, or whose labels they bring into or take out of effect."""
    roots = {row.id: _root(connection, collection, row) for row in rows}
    counts = _count_events(connection, sorted(set(roots.values())))
    return [_record(row, counts.get(roots[row.id], 0)) for row in rows]


def _events(connection: Connection, rows: Sequence[Row[Any]]) -> list[LabelEventRecord]:
    numbers = sorted({row.batch for row in rows})
    counts = _count_events(connection, numbers)
    batches = {
        row.id: _record(row, counts.get(row.id, 0))
        for row in connection.execute(select(LabelBatchRow).where(LabelBatchRow.id.in_(numbers)))
    }
    return [LabelEventRecord(row.id, row.image_id, labels.label_of(row), batches[row.batch]) for row in rows]


def _record(row: Row[Any], images: int) -> LabelBatchRecord:
    if row.source not in _SOURCES:
        raise CatalogError(f"{row.source!r} is no source of labels, expected one of {', '.join(_SOURCES)}")
    return LabelBatchRecord(
        number=row.id,
        collection=row.collection,
        source=_SOURCES[row.source],
        actor=row.actor,
        verified=row.verified,
        created_at=row.created_at,
        provenance=row.provenance,
        undoes=row.undoes,
        in_effect=row.in_effect,
        images=images,
    )
