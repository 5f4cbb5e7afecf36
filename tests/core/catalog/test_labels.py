"""What an image is called, as it follows from its events; on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.catalog import Catalog, labels
from facies.core.catalog.engine import open_engine
from facies.core.errors import CatalogError, ImageNotFoundError, StaleLabelError
from facies.core.records import ImageRecord, Label, LabelBatch, LabelSource, LabelState, VectorRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"
ANN = LabelBatch("person", "ann")
MODEL = LabelBatch("both", "facies")


def say(catalog: Catalog, image_id: str, label: str, state: LabelState) -> int:
    batch = MODEL if state == "predicted" else ANN
    return catalog.label_images(NAME, {image_id: Label(label, state)}, batch).number


def called(catalog: Catalog, image_id: str) -> tuple[str | None, str | None]:
    record = catalog.image(NAME, image_id)
    return record.label, record.state


@pytest.fixture
def one(catalog: Catalog, make_record: MakeRecord) -> str:
    catalog.add_images(NAME, [make_record(1)], actor="test")
    return make_record(1).id


class TestWhatCounts:
    @pytest.mark.parametrize("state", ["validated", "dubious"])
    def test_a_prediction_never_takes_the_place_of_what_a_person_said(
        self, catalog: Catalog, one: str, state: LabelState
    ) -> None:
        say(catalog, one, "azolla", state)
        say(catalog, one, "nereis", "predicted")
        assert called(catalog, one) == ("azolla", state)

    def test_a_person_takes_the_place_of_a_prediction(self, catalog: Catalog, one: str) -> None:
        say(catalog, one, "nereis", "predicted")
        say(catalog, one, "azolla", "validated")
        assert called(catalog, one) == ("azolla", "validated")

    def test_the_latest_person_and_the_latest_prediction_count(self, catalog: Catalog, one: str) -> None:
        for label in ("a", "b"):
            say(catalog, one, label, "predicted")
        assert called(catalog, one) == ("b", "predicted")
        for label in ("c", "d"):
            say(catalog, one, label, "validated")
        assert called(catalog, one) == ("d", "validated")

    def test_what_was_rejected_is_not_predicted_again(self, catalog: Catalog, one: str) -> None:
        say(catalog, one, "nereis", "predicted")
        say(catalog, one, "nereis", "rejected")
        assert called(catalog, one) == ("nereis", "rejected")
        say(catalog, one, "nereis", "predicted")
        assert called(catalog, one) == ("nereis", "rejected")
        say(catalog, one, "azolla", "predicted")
        assert called(catalog, one) == ("azolla", "predicted")

    def test_states_are_counted_apart(self, catalog: Catalog, one: str) -> None:
        say(catalog, one, "nereis", "rejected")
        assert catalog.label_counts(NAME) == {"nereis": 1}
        assert catalog.state_counts(NAME) == {("nereis", "rejected"): 1}

    @given(
        said=st.lists(
            st.tuples(st.sampled_from("abc"), st.sampled_from(["predicted", "validated", "dubious", "rejected"])),
            max_size=8,
        ),
        undone=st.sets(st.integers(0, 7)),
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_it_is_what_the_rule_says_in_plain_python(
        self, catalog: Catalog, make_record: MakeRecord, said: list[tuple[str, LabelState]], undone: set[int]
    ) -> None:
        record = make_record(len(catalog.list_images(NAME, limit=1000)))
        catalog.add_images(NAME, [record], actor="test")
        numbers = [say(catalog, record.id, label, state) for label, state in said]
        for position in sorted(undone):
            if position < len(numbers):
                catalog.undo_batch(NAME, numbers[position], LabelBatch("undo", "ann"))
        assert called(catalog, record.id) == expected([one for i, one in enumerate(said) if i not in undone])


def expected(said: list[tuple[str, LabelState]]) -> tuple[str | None, str | None]:
    """The rule once more, one image at a time."""
    persons = [i for i, (_, state) in enumerate(said) if state != "predicted"]
    guesses = [i for i, (_, state) in enumerate(said) if state == "predicted"]
    last = persons[-1] if persons else None
    if last is not None and said[last][1] != "rejected":
        return said[last]
    if last is not None:
        guesses = [i for i in guesses if i > last and said[i][0] != said[last][0]]
    if guesses:
        return said[guesses[-1]]
    return (None, None) if last is None else said[last]


class TestVersions:
    def test_a_writer_who_saw_an_older_label_is_told_and_changes_nothing(self, catalog: Catalog, one: str) -> None:
        seen = catalog.image(NAME, one).event
        assert seen is None
        say(catalog, one, "azolla", "validated")
        with pytest.raises(StaleLabelError, match="has changed: seen was no label, now it is event"):
            catalog.label_images(NAME, {one: Label("nereis", "validated")}, ANN, seen={one: seen})
        assert called(catalog, one) == ("azolla", "validated")
        assert len(catalog.label_batches(NAME)) == 1
        now = catalog.image(NAME, one).event
        catalog.label_images(NAME, {one: Label("nereis", "validated")}, ANN, seen={one: now})
        assert called(catalog, one) == ("nereis", "validated")

    def test_an_image_that_is_not_there_stops_the_whole_batch(self, catalog: Catalog, one: str) -> None:
        gone = "00000000-0000-5000-8000-000000000000"
        for seen in (None, {gone: None}):
            with pytest.raises(ImageNotFoundError, match=gone):
                catalog.label_images(
                    NAME, {one: Label("a", "validated"), gone: Label("b", "validated")}, ANN, seen=seen
                )
        assert called(catalog, one) == (None, None)
        assert catalog.label_batches(NAME) == []


def test_an_event_keeps_what_it_rests_on(catalog: Catalog, make_record: MakeRecord) -> None:
    records = [make_record(n) for n in range(4)]
    catalog.add_images(NAME, records, actor="test")
    label = Label("azolla", "predicted", 0.875, 0.25, tuple(r.id for r in records[1:]), "seen from above")
    catalog.label_images(NAME, {records[0].id: label}, MODEL)
    event = catalog.image(NAME, records[0].id).event
    assert event is not None
    assert catalog.label_events(NAME, [event, 10**9])[event].label == label


def test_a_state_of_a_newer_facies_is_told(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="'sure' is no state"):
        labels.read_state("sure")


def test_labels_of_this_collection_are_noticed_and_those_of_another_are_not(
    catalog: Catalog, make_record: MakeRecord, vector: VectorRecord
) -> None:
    catalog.create_collection("other", "generic", [vector])
    assert catalog.newest_labels(NAME) == ((0, 0), False)
    catalog.add_images(NAME, [make_record(0, label="azolla"), make_record(1)], actor="test")
    first, changed = catalog.newest_labels(NAME)
    assert changed
    assert catalog.newest_labels(NAME, first) == (first, False)
    catalog.add_images("other", [make_record(0, label="azolla")], actor="test")
    second, changed = catalog.newest_labels(NAME, first)
    assert (second > first, changed) == (True, False)
    assert catalog.newest_labels("other", first) == (second, True)
    catalog.add_images(NAME, [make_record(2)], actor="test")  # no label, no event
    assert catalog.newest_labels(NAME, second) == (second, False)


def test_more_labels_of_one_batch_and_an_undo_are_noticed(catalog: Catalog, make_record: MakeRecord) -> None:
    batch = catalog.add_images(NAME, [make_record(0, label="azolla")], actor="test").batch
    assert batch is not None
    first, _ = catalog.newest_labels(NAME)
    assert catalog.add_images(NAME, [make_record(1, label="azolla")], actor="test", into=batch).batch == batch
    second, changed = catalog.newest_labels(NAME, first)
    assert changed
    catalog.undo_batch(NAME, batch, LabelBatch("undo", "ann"))
    assert catalog.newest_labels(NAME, second)[1]


def test_numbers_that_were_given_away_again_count_as_a_change(
    catalog: Catalog, make_record: MakeRecord, vector: VectorRecord
) -> None:
    if "sqlite" not in catalog.where:
        return  # a sequence of PostgreSQL never goes back
    catalog.create_collection("other", "generic", [vector])
    catalog.add_images("other", [make_record(n, label="azolla") for n in range(9)], actor="test")
    newest, _ = catalog.newest_labels(NAME)
    catalog.delete_collection("other")
    assert catalog.newest_labels(NAME, newest) == ((0, 0), True)


def test_looking_for_newer_labels_does_not_walk_over_the_older_ones(url: str) -> None:
    catalog = Catalog(*open_engine(url))
    with closing(sqlite3.connect(catalog.where)) as connection:
        for query in (labels._EVENTS_SINCE.compile(), labels._BATCHES_SINCE.compile()):
            plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", query.params).fetchall()
            assert "rowid>?" in plan[0][3]
    catalog.close()


def test_validated_ids_are_the_first_of_a_label(catalog: Catalog, make_record: MakeRecord) -> None:
    records = [make_record(n, label="azolla" if n % 2 else "nereis") for n in range(40)]
    catalog.add_images(NAME, records, actor="test")
    catalog.add_images(NAME, [make_record(50, label="azolla", state="predicted")], actor="test")
    azollas = sorted(record.id for record in records if record.label == "azolla")
    assert catalog.validated_ids(NAME, "azolla", 7) == azollas[:7]
    assert catalog.validated_ids(NAME, "azolla", 100) == azollas
    assert catalog.validated_ids(NAME, "unheard of", 7) == []


SOURCES: tuple[LabelSource, ...] = ("import", "person", "votes", "linear", "both", "bisection")


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_kept(catalog: Catalog, one: str, source: LabelSource) -> None:
    batch = LabelBatch(source, "ann", verified=True, provenance={"k": 15, "model": "lite0", "threshold": 0.93})
    made = catalog.label_images(NAME, {one: Label("azolla", "predicted")}, batch)
    assert (made.source, made.actor, made.verified, made.provenance) == (source, "ann", True, batch.provenance)
    assert catalog.label_batch(NAME, made.number) == made
