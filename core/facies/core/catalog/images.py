"""Images of a collection, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.engine import CursorResult

from facies.core.catalog import collections, label_batches, labels, metadata
from facies.core.catalog.tables import ImageRow
from facies.core.records import ImageRecord, Label, LabelBatch, LabelRows, MetadataValue

T = TypeVar("T")

_CHUNK = 500
"""Ids in one statement; databases limit its parameters, the smallest limit in use being 999."""
_ID_LENGTH = 36
SCANNED_ABOVE = 50_000
"""Images of a collection above which the whole table is read for its labels."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of images that were added.

    Attributes:
        named_before: ids of those that had label events, whose current label may not be that of the record.
        batch: number of the batch that the labels came with; None where no label was new.
    """

    named_before: frozenset[str]
    batch: int | None


def add(
    connection: Connection, collection: str, records: Sequence[ImageRecord], batch: LabelBatch, into: int | None
) -> Added:
    """Add the images that are not there yet, and the first label of those that have none.

    Args:
        connection: within a transaction that has locked the collection.
        collection: its name.
        records: images; of several with one id the first counts.
        batch: that the labels come with, unless ``into`` names one that is in effect.
        into: number of the batch that earlier images of the same run came with.
    """
    number = into if into is not None and label_batches.is_in_effect(connection, collection, into) else None
    named_before: set[str] = set()
    up_to_date = label_batches.followed(connection, collection) >= label_batches.newest(connection, collection)
    late = came = named = False
    for chunk in _chunks(list({record.id: record for record in reversed(records)}.values())[::-1]):
        ids = [record.id for record in chunk]
        there = set(_existing(connection, collection, ids))
        said = labels.named(connection, collection, ids)
        now = labels.current(connection, collection, sorted(said))
        new = [record for record in chunk if record.id not in there]
        if new:
            connection.execute(insert(ImageRow), [_row(collection, record, now.get(record.id)) for record in new])
            came, named = True, named or any(record.id in now for record in new)
            metadata.note_fields(connection, collection, [record.metadata for record in new])
        first = {r.id: _first_label(r.label, r.state) for r in chunk if r.label is not None and r.id not in said}
        if first:
            if number is None:
                number = label_batches.open_batch(connection, collection, batch)
            labels.append(connection, collection, number, first)
            labels.follow(connection, collection, number, list(first))
            late |= not there.isdisjoint(first)
            named = True
        named_before |= said
    if came or named:
        collections.note_change(connection, collection, of_labels=named)
    if number is not None and late:
        # These points have a payload without the label.
        label_batches.rewind_followed(connection, collection, number - 1)
    elif number is not None and up_to_date:
        # The caller stored the points of new images with these labels.
        label_batches.set_followed(connection, collection, number)
    return Added(frozenset(named_before), number)


def _existing(connection: Connection, collection: str, ids: Sequence[str]) -> Sequence[str]:
    return connection.scalars(select(ImageRow.id).where(ImageRow.collection == collection, ImageRow.id.in_(ids))).all()


def _first_label(label: str, state: str | None) -> Label:
    return Label(label, labels.read_state(state or "validated"))  # folders and manifests, which name no state, are sure


def _row(collection: str, record: ImageRecord, named: tuple[int, Label] | None) -> dict[str, Any]:
    event, label = named or (None, None)
    return {
        "collection": collection,
        "id": record.id,
        "sha256": record.sha256,
        "page": record.page,
        "uri": record.uri,
        "width": record.width,
        "height": record.height,
        "format": record.format,
        "scaling": record.scaling,
        "metadata": metadata.check(record.id, record.metadata),
        "label": label.label if label else None,
        "state": label.state if label else None,
        "event": event,
    }


_ANY_OF_CONTENT = (
    select(literal(1))
    .where(ImageRow.collection == bindparam("collection"), ImageRow.sha256 == bindparam("sha256"))
    .limit(1)
)
_BY_ID = select(ImageRow).where(
    ImageRow.collection == bindparam("collection"), ImageRow.id.in_(bindparam("ids", expanding=True))
)
_AMONG = (ImageRow.collection == bindparam("collection"), ImageRow.id.in_(bindparam("ids", expanding=True)))
_IDS = select(ImageRow.id).where(*_AMONG)
_COUNT = select(func.count()).where(*_AMONG)
# Built once: building them takes longer than their answers.


def has_content(connection: Connection, collection: str, sha256: str) -> bool:
    """Whether there is an image made from a file of this content."""
    return connection.execute(_ANY_OF_CONTENT, {"collection": collection, "sha256": sha256}).first() is not None


def fetch_hashes(connection: Connection, collection: str) -> list[str]:
    """Read the hashes of the files that there are images of."""
    return list(connection.scalars(select(ImageRow.sha256).where(ImageRow.collection == collection).distinct()))


def fetch(connection: Connection, collection: str, ids: Sequence[str]) -> dict[str, ImageRecord]:
    """Read images by id, in the order asked for; unknown ids are absent."""
    found: dict[str, ImageRecord] = {}
    for chunk in _chunks(ids):
        rows = connection.execute(_BY_ID, {"collection": collection, "ids": chunk})
        found |= {row.id: _record(row) for row in rows}
    return {image_id: found[image_id] for image_id in ids if image_id in found}


def known(connection: Connection, collection: str, ids: Sequence[str]) -> set[str]:
    """Tell which of the ids there are images of, without reading their rows."""
    found: set[str] = set()
    for chunk in _chunks(list(dict.fromkeys(ids))):
        asked = {"collection": collection, "ids": chunk}
        # Nearly always all of them are there, and a number is read sooner than so many rows.
        all_there = connection.scalar(_COUNT, asked) == len(chunk)
        found.update(chunk if all_there else connection.scalars(_IDS, asked))
    return found


def fetch_by_content(connection: Connection, collection: str, sha256s: Sequence[str]) -> dict[str, list[ImageRecord]]:
    """Read the images made from files of these hashes, the pages of each file in order; unknown hashes are absent."""
    found: dict[str, list[ImageRecord]] = {}
    for chunk in _chunks(list(dict.fromkeys(sha256s))):
        rows = connection.execute(
            select(ImageRow)
            .where(ImageRow.collection == collection, ImageRow.sha256.in_(chunk))
            .order_by(ImageRow.sha256, ImageRow.page, ImageRow.id)
        )
        for row in rows:
            found.setdefault(row.sha256, []).append(_record(row))
    return found


def fetch_page(
    connection: Connection, collection: str, *, offset: int, limit: int, label: str | None = None
) -> list[ImageRecord]:
    """Read images in order of id, those with a label only where one is given."""
    query = select(ImageRow).where(ImageRow.collection == collection)
    if label is not None:
        query = query.where(ImageRow.label == label)
    return [_record(row) for row in connection.execute(query.order_by(ImageRow.id).offset(offset).limit(limit))]


def fetch_after(connection: Connection, collection: str, image_id: str, limit: int) -> list[ImageRecord]:
    """Read the images that follow an id in order of id; the empty text stands before all."""
    query = select(ImageRow).where(ImageRow.collection == collection, ImageRow.id > image_id)
    return [_record(row) for row in connection.execute(query.order_by(ImageRow.id).limit(limit))]


def fetch_labels(connection: Connection, collection: str) -> LabelRows:
    """Read id, label and state of every image, in order of id."""
    if count(connection, collection) > SCANNED_ABOVE:
        return _scan_labels(connection, collection)
    query = select(ImageRow.id, ImageRow.label, ImageRow.state).where(ImageRow.collection == collection)
    rows = connection.execute(query.order_by(ImageRow.id)).all()
    return LabelRows(*map(list, zip(*rows, strict=True))) if rows else LabelRows([], [], [])


def _scan_labels(connection: Connection, collection: str) -> LabelRows:
    """The same for many images: a row for each label, with the ids in one text.

    A million rows as tuples take longer to make, and to be looked at by the garbage collector, than to be read. By an
    index each would be looked up by itself, so none may be used: hence the function around the column.
    """
    joined = func.aggregate_strings(ImageRow.id, "")
    query = select(ImageRow.label, ImageRow.state, joined).where(func.coalesce(ImageRow.collection, "") == collection)
    ids, labels, states = list[str](), list[str | None](), list[str | None]()
    for label, state, some in connection.execute(query.group_by(ImageRow.label, ImageRow.state)):
        ids += (some[at : at + _ID_LENGTH] for at in range(0, len(some), _ID_LENGTH))
        labels += [label] * (len(ids) - len(labels))
        states += [state] * (len(ids) - len(states))
    order = sorted(range(len(ids)), key=ids.__getitem__)
    return LabelRows([ids[at] for at in order], [labels[at] for at in order], [states[at] for at in order])


def fetch_field(connection: Connection, collection: str, field: str) -> tuple[list[str], list[MetadataValue | None]]:
    """Read id and one metadata value of every image, in order of id."""
    query = select(ImageRow.id, ImageRow.metadata_).where(ImageRow.collection == collection)
    rows = connection.execute(query.order_by(ImageRow.id)).all()
    return [row[0] for row in rows], [row[1].get(field) for row in rows]


def count(connection: Connection, collection: str) -> int:
    """Count the images."""
    return connection.scalar(select(func.count()).where(ImageRow.collection == collection)) or 0


def set_uri(connection: Connection, collection: str, sha256: str, uri: str) -> int:
    """Say where the file of this hash lies now; gives the number of images (pages) it concerns."""
    result = connection.execute(
        update(ImageRow).where(ImageRow.collection == collection, ImageRow.sha256 == sha256).values(uri=uri)
    )
    if images := _rows(result):
        collections.note_change(connection, collection, of_labels=False)
    return images


def move_uris(connection: Connection, old: str, new: str) -> int:
    """Replace the beginning of every URI that starts so; gives the number of images it concerns."""
    result = connection.execute(
        update(ImageRow)
        .where(func.substr(ImageRow.uri, 1, len(old)) == old)  # LIKE would ignore case and read wildcards
        .values(uri=literal(new) + func.substr(ImageRow.uri, len(old) + 1))
    )
    return _rows(result)


def remove(connection: Connection, collection: str, ids: Sequence[str]) -> int:
    """Delete images, not their label events; gives the number that were there."""
    gone = sum(
        _rows(connection.execute(delete(ImageRow).where(ImageRow.collection == collection, ImageRow.id.in_(chunk))))
        for chunk in _chunks(ids)
    )
    if gone:
        collections.note_change(connection, collection, of_labels=True)
    return gone


def _rows(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def _record(row: Row[Any]) -> ImageRecord:
    return ImageRecord(
        id=row.id,
        sha256=row.sha256,
        page=row.page,
        uri=row.uri,
        width=row.width,
        height=row.height,
        format=row.format,
        scaling=row.scaling,
        metadata=row.metadata,
        label=row.label,
        state=None if row.state is None else labels.read_state(row.state),
        event=row.event,
    )
