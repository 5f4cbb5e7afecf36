"""What travels between the driver and the workers, as rows of Arrow tables.

To a worker goes one row for each entry of the source. Back comes, for each entry, the row of the entry itself, then one
row for each page with its thumbnail and its vector, then one that says how the file ended. This module imports pyarrow:
import it where it is needed.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from facies.core import errors
from facies.core.errors import FaciesError
from facies.indexer.reading import Event, Finished, Known, Page, Refused
from facies.indexer.sources import PassedOver, SourceEntry, SourceItem, Unusable

if TYPE_CHECKING:
    from facies.core.store import Vector
    from facies.models.embedder import Prepared

ENTRY, PAGE, KNOWN, FINISHED, REFUSED = "entry", "page", "known", "finished", "refused"
FAULT = "fault"
"""A worker cannot go on; the run ends."""

_SCHEMA = pa.schema([("kind", pa.string()), ("text", pa.string()), ("thumbnail", pa.binary()), ("vector", pa.binary())])
_SHARES = 4
"""Tables for each worker, at least, so that all end at about the same time."""

_ABOUT_PAGE = ("id", "sha256", "number", "width", "height", "format", "scaling")
_ENTRIES = {"item": SourceItem, "passed over": PassedOver, "unusable": Unusable}


@dataclass(slots=True)
class Row:
    """One row of an answer.

    Attributes:
        kind: one of the constants of this module.
        text: what the kind needs, as JSON.
        thumbnail: of a page.
        vector: of a page, (d,) float32; None while it is being embedded.
    """

    kind: str
    text: str
    thumbnail: bytes | None = None
    vector: Vector | None = None


def entry_tables(entries: Iterable[SourceEntry], *, workers: int, most: int) -> list[pa.Table]:
    """Pack entries into tables, in their order: of at most so many rows, and fewer where some workers had none."""
    texts = [_entry_text(entry) for entry in entries]
    size = max(1, min(most, -(-len(texts) // (_SHARES * workers))))
    return [pa.table({"text": pa.array(texts[i : i + size], pa.string())}) for i in range(0, len(texts), size)]


def entries_of(table: pa.Table) -> list[SourceEntry]:
    """Unpack a table of entries. Items are read by their URI: what a source holds open stays where it is."""
    return [_entry(text) for text in table["text"].to_pylist()]


def entry_row(entry: SourceEntry) -> Row:
    """The row that opens an entry's answer."""
    return Row(ENTRY, _entry_text(entry))


def event_row(event: Event) -> Row:
    """The row of an event; a page's vector is set once it is there."""
    match event:
        case Page():
            about = {name: getattr(event, name) for name in _ABOUT_PAGE}
            return Row(PAGE, json.dumps(about), event.thumbnail)
        case Known():
            return Row(KNOWN, json.dumps([event.sha256]))
        case Finished():
            return Row(FINISHED, json.dumps([event.sha256]))
        case Refused():
            return refused_row(event.reason, expected=event.expected)


def refused_row(reason: str, *, expected: bool) -> Row:
    """The row of a file that cannot be used."""
    return Row(REFUSED, json.dumps([reason, expected]))


def fault_row(error: FaciesError) -> Row:
    """The row of an error that ends the run."""
    return Row(FAULT, json.dumps([type(error).__name__, error.message]))


def row_table(rows: Iterable[Row]) -> pa.Table:
    """Pack the rows of an answer."""
    columns = [(r.kind, r.text, r.thumbnail, None if r.vector is None else r.vector.tobytes()) for r in rows]
    arrays = [pa.array([row[i] for row in columns], kind) for i, kind in enumerate(_SCHEMA.types)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def rows_of(table: pa.Table) -> Iterator[Row]:
    """Unpack the rows of an answer."""
    columns = (table[name].to_pylist() for name in _SCHEMA.names)
    for kind, text, thumbnail, vector in zip(*columns, strict=True):
        yield Row(kind, text, thumbnail, None if vector is None else np.frombuffer(vector, np.float32))


def split_files(rows: Iterator[Row]) -> Iterator[tuple[SourceEntry, Iterator[Event]]]:
    """Give each entry with its events as they come; pages carry their vector as what is prepared.

    Raises:
        FaciesError: what a worker sent as a fault.
    """
    for row in rows:
        if row.kind == FAULT:
            raise _fault(row)
        events = _events(rows)
        yield _entry(row.text), events
        deque(events, maxlen=0)  # whatever was not taken


def _events(rows: Iterator[Row]) -> Iterator[Event]:
    for row in rows:
        event = _event(row)
        yield event
        if not isinstance(event, Page):
            return


def _event(row: Row) -> Event:
    if row.kind == FAULT:
        raise _fault(row)
    about = json.loads(row.text)
    if row.kind == PAGE:
        return Page(**about, thumbnail=row.thumbnail or b"", prepared=cast("Prepared", row.vector))
    if row.kind == KNOWN:
        return Known(about[0], ())
    return Finished(about[0]) if row.kind == FINISHED else Refused(about[0], expected=about[1])


def _fault(row: Row) -> FaciesError:
    name, message = json.loads(row.text)
    kind: type[FaciesError] = getattr(errors, name)
    return kind.from_message(message)


def _entry_text(entry: SourceEntry) -> str:
    match entry:
        case SourceItem():
            about = [entry.uri, entry.name, entry.label, dict(entry.metadata), entry.size]
            return json.dumps(["item", *about])
        case PassedOver():
            return json.dumps(["passed over", *asdict(entry).values()])
        case Unusable():
            return json.dumps(["unusable", *asdict(entry).values()])


def _entry(text: str) -> SourceEntry:
    kind, *about = json.loads(text)
    made: SourceEntry = _ENTRIES[kind](*about)
    return made
