from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import JobError, WeightsNotFoundError
from facies.indexer.cluster.rows import (
    Row,
    entries_of,
    entry_row,
    entry_tables,
    event_row,
    fault_row,
    row_table,
    rows_of,
    split_files,
)
from facies.indexer.reading import Event, Finished, Known, Page, Refused
from facies.indexer.sources import PassedOver, SourceEntry, SourceItem, Unusable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.one_of(TEXT, st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False))
ENTRIES = st.one_of(
    st.builds(
        SourceItem,
        uri=TEXT,
        name=TEXT,
        label=st.none() | TEXT,
        metadata=st.dictionaries(TEXT, VALUES, max_size=3),
        size=st.none() | st.integers(0, 2**40),
        load=st.none(),
    ),
    st.builds(PassedOver, TEXT, TEXT),
    st.builds(Unusable, TEXT, TEXT, st.booleans()),
)
PAGES = st.builds(
    Page,
    id=TEXT,
    sha256=TEXT,
    number=st.none() | st.integers(0, 99),
    width=st.integers(1, 9999),
    height=st.integers(1, 9999),
    format=TEXT,
    scaling=TEXT,
    thumbnail=st.binary(max_size=9),
    prepared=st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=4).map(lambda v: np.array(v, np.float32)),
)
ENDS = st.one_of(
    st.builds(Known, TEXT, st.just(())), st.builds(Finished, TEXT), st.builds(Refused, TEXT, expected=st.booleans())
)
FILES = st.lists(st.tuples(ENTRIES, st.lists(PAGES, max_size=3), ENDS), max_size=5)


@settings(deadline=None)
@given(entries=st.lists(ENTRIES, max_size=30), workers=st.integers(1, 5), most=st.integers(1, 9))
def test_entries_travel_in_order(entries: list[SourceEntry], workers: int, most: int) -> None:
    tables = entry_tables(entries, workers=workers, most=most)
    assert [entry for table in tables for entry in entries_of(table)] == entries
    assert all(1 <= table.num_rows <= most for table in tables)
    assert len(tables) >= min(workers, len(entries))


def rows_of_file(entry: SourceEntry, events: list[Event]) -> list[Row]:
    rows = [entry_row(entry)]
    for event in events:
        row = event_row(event)
        row.vector = event.prepared if isinstance(event, Page) else None  # type: ignore[assignment]  # float32 here
        rows.append(row)
    return rows


def comparable(event: Event) -> object:
    if not isinstance(event, Page):
        return event
    assert event.prepared is not None
    return *(getattr(event, name) for name in Page.__slots__ if name != "prepared"), event.prepared.tolist()


@settings(deadline=None)
@given(files=FILES)
def test_answers_travel_in_order(files: list[tuple[SourceEntry, list[Page], Event]]) -> None:
    sent = [(entry, [*pages, end]) for entry, pages, end in files]
    table = row_table(row for entry, events in sent for row in rows_of_file(entry, events))
    got = [(entry, [comparable(one) for one in events]) for entry, events in split_files(rows_of(table))]
    assert got == [(entry, [comparable(one) for one in events]) for entry, events in sent]


@settings(deadline=None)
@given(files=FILES, taken=st.integers(0, 2))
def test_events_that_nobody_takes_are_passed_over(
    files: list[tuple[SourceEntry, list[Page], Event]], taken: int
) -> None:
    rows = (row for entry, pages, end in files for row in rows_of_file(entry, [*pages, end]))
    got = []
    for entry, events in split_files(rows):
        got.append(entry)
        for _ in zip(range(taken), events, strict=False):
            pass
    assert got == [entry for entry, _, _ in files]


def test_a_fault_comes_through_as_the_error_that_it_was() -> None:
    table = row_table([fault_row(WeightsNotFoundError("x", ["packaged: no"], "install it"))])
    with pytest.raises(WeightsNotFoundError, match=r"(?s)no weights found for 'x'.*install it"):
        next(split_files(rows_of(table)))


def test_a_fault_in_the_middle_of_a_file_comes_through() -> None:
    rows = iter([entry_row(SourceItem("a", "a")), fault_row(JobError("out of memory"))])
    [(_, events)] = [next(split_files(rows))]
    with pytest.raises(JobError, match="out of memory"):
        list(events)
