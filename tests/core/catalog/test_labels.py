from __future__ import annotations

import sqlite3
from collections.abc import Callable

from facies.core.catalog import Catalog
from facies.core.records import ImageRecord, VectorRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"


def test_an_event_of_this_collection_is_noticed_and_one_of_another_is_not(
    catalog: Catalog, make_record: MakeRecord, vector: VectorRecord
) -> None:
    catalog.create_collection("other", "generic", [vector])
    assert catalog.newest_label_event(NAME) == (0, False)
    catalog.add_images(NAME, [make_record(0, label="azolla"), make_record(1)], actor="test")
    first, changed = catalog.newest_label_event(NAME)
    assert changed
    assert catalog.newest_label_event(NAME, first) == (first, False)
    catalog.add_images("other", [make_record(0, label="azolla")], actor="test")
    second, changed = catalog.newest_label_event(NAME, first)
    assert (second > first, changed) == (True, False)
    assert catalog.newest_label_event("other", first) == (second, True)
    catalog.add_images(NAME, [make_record(2)], actor="test")  # no label, no event
    assert catalog.newest_label_event(NAME, second) == (second, False)


def test_numbers_that_were_given_away_again_count_as_a_change(
    catalog: Catalog, make_record: MakeRecord, vector: VectorRecord
) -> None:
    catalog.create_collection("other", "generic", [vector])
    catalog.add_images("other", [make_record(n, label="azolla") for n in range(9)], actor="test")
    newest, _ = catalog.newest_label_event(NAME)
    catalog.delete_collection("other")
    assert catalog.newest_label_event(NAME, newest) == (0, True)


def test_looking_for_newer_events_does_not_walk_over_the_older_ones(catalog: Catalog) -> None:
    from facies.core.catalog import labels

    query = labels._SINCE.compile()
    connection = sqlite3.connect(catalog.where)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", query.params).fetchall()
    connection.close()
    assert "rowid>?" in plan[0][3]


def test_validated_ids_are_the_first_of_a_label(catalog: Catalog, make_record: MakeRecord) -> None:
    records = [make_record(n, label="azolla" if n % 2 else "nereis") for n in range(40)]
    catalog.add_images(NAME, records, actor="test")
    catalog.add_images(NAME, [make_record(50, label="azolla", state="predicted")], actor="test")
    azollas = sorted(record.id for record in records if record.label == "azolla")
    assert catalog.validated_ids(NAME, "azolla", 7) == azollas[:7]
    assert catalog.validated_ids(NAME, "azolla", 100) == azollas
    assert catalog.validated_ids(NAME, "unheard of", 7) == []
