"""Label events: the truth about labels. An image's current label is that of its latest event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from sqlalchemy import Connection, bindparam, func, insert, literal, select

from facies.core.catalog.tables import ImageRow, LabelEventRow
from facies.core.errors import CatalogError
from facies.core.records import LabelState

_NEWEST = select(func.max(LabelEventRow.id))
_SINCE = (
    select(literal(1))
    # The function keeps the database from walking over all events of the collection: few are newer.
    .where(
        LabelEventRow.id > bindparam("after"), func.coalesce(LabelEventRow.collection, "") == bindparam("collection")
    )
    .limit(1)
)
# Both are built once: every search asks for the first.

_STATES: dict[str, LabelState] = {state: state for state in get_args(LabelState)}


@dataclass(frozen=True, slots=True)
class Label:
    """A label and how it came about."""

    label: str
    state: LabelState


def read_state(state: str) -> LabelState:
    """Take a state as the database gives it.

    Raises:
        CatalogError: it is none of the states.
    """
    if state not in _STATES:
        raise CatalogError(f"{state!r} is no state of a label, expected one of {', '.join(_STATES)}")
    return _STATES[state]


def current(connection: Connection, collection: str, image_ids: Sequence[str]) -> dict[str, Label]:
    """Read the latest label of each image that has one; a few hundred ids at a time."""
    latest = (
        select(func.max(LabelEventRow.id))
        .where(LabelEventRow.collection == collection, LabelEventRow.image_id.in_(image_ids))
        .group_by(LabelEventRow.image_id)
    )
    rows = connection.execute(select(LabelEventRow).where(LabelEventRow.id.in_(latest)))
    return {row.image_id: Label(row.label, read_state(row.state)) for row in rows}


def append(connection: Connection, collection: str, labels: Mapping[str, Label], *, source: str, actor: str) -> None:
    """Add one event for each image; the images' own rows are the caller's to bring in line."""
    if not labels:
        return
    created_at = datetime.now(UTC)
    connection.execute(
        insert(LabelEventRow),
        [
            {
                "collection": collection,
                "image_id": image_id,
                "label": label.label,
                "state": label.state,
                "source": source,
                "actor": actor,
                "created_at": created_at,
            }
            for image_id, label in labels.items()
        ],
    )


def newest_event(connection: Connection) -> int:
    """Read the number of the newest label event of all collections; 0 where there is none."""
    return connection.scalar(_NEWEST) or 0


def has_events(connection: Connection, collection: str, after: int) -> bool:
    """Whether a collection has label events that are newer than the one of this number."""
    return connection.execute(_SINCE, {"collection": collection, "after": after}).first() is not None


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
