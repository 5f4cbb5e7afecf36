"""Label events: the truth about labels, and what follows from them.

Events come in batches (see `facies.core.catalog.label_batches`), which are in effect until they are undone. What an
image is called follows from its events in effect:

- the latest that a person gave or imported, where it says validated or dubious;
- else the latest prediction, and where a person has rejected a label since, the latest prediction of another one that
  came after;
- else the rejection, or nothing.

So a prediction never takes the place of what a person said, and batches may be undone in any order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    not_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from facies.core.catalog.tables import ImageRow, LabelBatchRow, LabelEventRow
from facies.core.errors import CatalogError, ImageNotFoundError, StaleLabelError
from facies.core.records import Label, LabelState

_NEWEST = select(
    select(func.max(LabelEventRow.id)).scalar_subquery(), select(func.max(LabelBatchRow.id)).scalar_subquery()
)
# The function keeps the database from walking over all rows of the collection: few are newer.
_EVENTS_SINCE, _BATCHES_SINCE = (
    select(literal(1))
    .where(table.id > bindparam("after"), func.coalesce(table.collection, "") == bindparam("collection"))
    .limit(1)
    for table in (LabelEventRow, LabelBatchRow)
)
# All are built once: every search asks for the first.

_STATES: dict[str, LabelState] = {state: state for state in get_args(LabelState)}
_ID_BYTES = 16
_CHUNK = 500


def read_state(state: str) -> LabelState:
    """Take a state as the database gives it.

    Raises:
        CatalogError: it is none of the states.
    """
    if state not in _STATES:
        raise CatalogError(f"{state!r} is no state of a label, expected one of {', '.join(_STATES)}")
    return _STATES[state]


def label_of(row: Row[Any]) -> Label:
    """What a row of the events says."""
    packed = row.neighbours or b""
    return Label(
        label=row.label,
        state=read_state(row.state),
        confidence=row.confidence,
        novelty=row.novelty,
        neighbours=tuple(str(uuid.UUID(bytes=packed[at : at + _ID_BYTES])) for at in range(0, len(packed), _ID_BYTES)),
        note=row.note,
    )


def named(connection: Connection, collection: str, image_ids: Sequence[str]) -> set[str]:
    """Tell which images have events, in effect or not; a few hundred ids at a time."""
    there = (LabelEventRow.collection == collection, LabelEventRow.image_id.in_(image_ids))
    return set(connection.scalars(select(LabelEventRow.image_id).where(*there).distinct()))


def current(connection: Connection, collection: str, image_ids: Sequence[str]) -> dict[str, tuple[int, Label]]:
    """What follows from the events: number of the event that counts, and its label; a few hundred ids at a time."""
    touched = select(LabelEventRow.image_id).where(
        LabelEventRow.collection == collection, LabelEventRow.image_id.in_(image_ids)
    )
    chosen = _choose(collection, touched)
    rows = connection.execute(select(LabelEventRow).join(chosen, chosen.c.event == LabelEventRow.id))
    return {row.image_id: (row.id, label_of(row)) for row in rows}


def check_seen(connection: Connection, collection: str, seen: Mapping[str, int | None]) -> None:
    """Refuse to go on where the label of an image comes from another event than a writer has seen.

    Raises:
        ImageNotFoundError: there is no image of an id.
        StaleLabelError: the label of an image has changed.
    """
    now: dict[str, int | None] = {}
    for ids in _chunks(list(seen)):
        rows = select(ImageRow.id, ImageRow.event).where(ImageRow.collection == collection, ImageRow.id.in_(ids))
        now |= {row.id: row.event for row in connection.execute(rows)}
    for image_id, event in seen.items():
        if image_id not in now:
            raise ImageNotFoundError(collection, image_id)
        if now[image_id] != event:
            raise StaleLabelError(collection, image_id, seen=event, now=now[image_id])


def check_there(connection: Connection, collection: str, image_ids: Sequence[str]) -> None:
    """Raise ImageNotFoundError for the first of these ids that no image of the collection has."""
    for ids in _chunks(image_ids):
        query = select(ImageRow.id).where(ImageRow.collection == collection, ImageRow.id.in_(ids))
        there = set(connection.scalars(query))
        for image_id in ids:
            if image_id not in there:
                raise ImageNotFoundError(collection, image_id)


def append(connection: Connection, collection: str, batch: int, labels: Mapping[str, Label]) -> None:
    """Add one event for each image to a batch; `follow` brings the images' own rows in line."""
    rows = [
        {
            "collection": collection,
            "image_id": image_id,
            "label": label.label,
            "state": label.state,
            "batch": batch,
            "confidence": label.confidence,
            "novelty": label.novelty,
            "neighbours": b"".join(bytes.fromhex(one.replace("-", "")) for one in label.neighbours) or None,
            "note": label.note,
        }
        for image_id, label in labels.items()
    ]
    if rows:
        connection.execute(insert(LabelEventRow), rows)


def follow(connection: Connection, collection: str, batch: int, image_ids: Sequence[str] | None = None) -> None:
    """Bring the rows of images that have an event of this batch in line with their events; of all, or of these."""
    touched = select(LabelEventRow.image_id).where(LabelEventRow.batch == batch)
    if image_ids is not None:
        touched = touched.where(LabelEventRow.image_id.in_(image_ids))
    chosen = _choose(collection, touched)
    connection.execute(
        update(ImageRow)
        .where(ImageRow.collection == collection, ImageRow.id == chosen.c.image_id)
        .values(label=chosen.c.label, state=chosen.c.state, event=chosen.c.event)
    )


def newest(connection: Connection) -> tuple[int, int]:
    """Read the numbers of the newest event and the newest batch of all collections; 0 where there is none."""
    event, batch = connection.execute(_NEWEST).one()
    return event or 0, batch or 0


def changed(connection: Connection, collection: str, after: tuple[int, int]) -> bool:
    """Whether a collection has events or batches that are newer than the ones of these numbers."""
    asked = zip((_EVENTS_SINCE, _BATCHES_SINCE), after, strict=True)
    return any(
        connection.execute(query, {"collection": collection, "after": number}).first() is not None
        for query, number in asked
    )


def ever_from(connection: Connection, collection: str, source: str) -> set[str]:
    """Read the labels that a source has ever given, in effect or not."""
    query = (
        select(LabelEventRow.label)
        .join(LabelBatchRow, LabelBatchRow.id == LabelEventRow.batch)
        .where(LabelBatchRow.collection == collection, LabelBatchRow.source == source)
        .distinct()
    )
    return set(connection.scalars(query))


def validated(connection: Connection, collection: str, label: str, limit: int) -> list[str]:
    """Read ids of images whose current label this is and was validated, the first in order of id."""
    wanted = (ImageRow.collection == collection, ImageRow.label == label, ImageRow.state == "validated")
    return list(connection.scalars(select(ImageRow.id).where(*wanted).order_by(ImageRow.id).limit(limit)))


def count(connection: Connection, collection: str) -> dict[str, int]:
    """Count images per current label, most frequent first, then by name."""
    rows = connection.execute(
        select(ImageRow.label, func.count())
        .where(ImageRow.collection == collection, ImageRow.label.is_not(None))
        .group_by(ImageRow.label)
    )
    pairs = [(label, n) for label, n in rows if label is not None]
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def count_states(connection: Connection, collection: str) -> dict[tuple[str, str], int]:
    """Count images per current label and state."""
    rows = connection.execute(
        select(ImageRow.label, ImageRow.state, func.count())
        .where(ImageRow.collection == collection, ImageRow.label.is_not(None))
        .group_by(ImageRow.label, ImageRow.state)
        .order_by(ImageRow.label, ImageRow.state)
    )
    return {(str(label), str(state)): n for label, state, n in rows}


def _choose(collection: str, touched: Select[str]) -> Subquery:
    """For each of these images the event that counts, with its label and state; empty where none does.

    One walk over the index by image tells what was said and what was predicted last; all else is looked up by number.
    Joins of results with one another are avoided: SQLite makes loops within loops of them.
    """
    predicted = LabelEventRow.state == "predicted"
    last = (
        select(
            LabelEventRow.image_id,
            func.max(case((and_(LabelBatchRow.in_effect, not_(predicted)), LabelEventRow.id))).label("said"),
            func.max(case((and_(LabelBatchRow.in_effect, predicted), LabelEventRow.id))).label("guessed"),
        )
        .join(LabelBatchRow, LabelBatchRow.id == LabelEventRow.batch)
        .where(LabelEventRow.collection == collection, LabelEventRow.image_id.in_(touched))
        .group_by(LabelEventRow.image_id)
        .cte("last")
    )
    said, other, event = aliased(LabelEventRow), aliased(LabelEventRow), aliased(LabelEventRow)
    since_rejected = (
        select(func.max(other.id))
        .join(LabelBatchRow, LabelBatchRow.id == other.batch)
        .where(
            other.collection == collection,
            other.image_id == last.c.image_id,
            other.id > said.id,
            other.state == "predicted",
            other.label != said.label,
            LabelBatchRow.in_effect,
        )
        .scalar_subquery()
    )
    number = case(
        (said.id.is_(None), last.c.guessed),
        (said.state == "rejected", func.coalesce(since_rejected, said.id)),
        else_=said.id,
    )
    counts = select(last.c.image_id, number.label("event")).outerjoin(said, said.id == last.c.said).cte("counts")
    return (
        select(counts.c.image_id, counts.c.event, event.label, event.state)
        .outerjoin(event, event.id == counts.c.event)
        .subquery("chosen")
    )


def _chunks(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
