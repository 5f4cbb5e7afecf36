"""Batches of labels: listed, undone, brought back, and followed by the vector store's payload."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from facies.core.catalog import Catalog
from facies.core.errors import LabelBatchNotFoundError, LabelBatchUndoneError
from facies.core.records import ImageRecord, Label, LabelBatch, VectorRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"
ANN, MODEL, UNDO = LabelBatch("person", "ann"), LabelBatch("both", "facies"), LabelBatch("undo", "bob")


@pytest.fixture
def ids(catalog: Catalog, make_record: MakeRecord) -> list[str]:
    records = [make_record(n) for n in range(6)]
    catalog.add_images(NAME, records, actor="test")
    return sorted(record.id for record in records)


def names(catalog: Catalog) -> dict[str, tuple[str | None, str | None]]:
    return {record.id: (record.label, record.state) for record in catalog.list_images(NAME)}


def test_an_undo_takes_back_what_came_with_the_batch_and_leaves_what_came_later(
    catalog: Catalog, ids: list[str]
) -> None:
    first = catalog.label_images(NAME, {one: Label("azolla", "predicted") for one in ids}, MODEL)
    catalog.label_images(NAME, {ids[0]: Label("nereis", "validated")}, ANN)
    second = catalog.label_images(NAME, {one: Label("spore", "predicted") for one in ids[:3]}, MODEL)
    before = names(catalog)

    undo = catalog.undo_batch(NAME, first.number, UNDO)

    assert (undo.source, undo.actor, undo.undoes, undo.images) == ("undo", "bob", first.number, 6)
    assert names(catalog) == {
        ids[0]: ("nereis", "validated"),
        **dict.fromkeys(ids[1:3], ("spore", "predicted")),
        **dict.fromkeys(ids[3:], (None, None)),
    }
    catalog.undo_batch(NAME, undo.number, UNDO)
    assert names(catalog) == before
    catalog.undo_batch(NAME, second.number, UNDO)
    assert names(catalog)[ids[1]] == ("azolla", "predicted")


def test_batches_may_be_undone_in_any_order(catalog: Catalog, ids: list[str], make_record: MakeRecord) -> None:
    outcomes = set()
    for round_, order in enumerate(permutations(range(3))):
        one = make_record(100 + round_)
        catalog.add_images(NAME, [one], actor="test")
        made = [
            catalog.label_images(NAME, {one.id: Label("azolla", "predicted")}, MODEL),
            catalog.label_images(NAME, {one.id: Label("azolla", "rejected")}, ANN),
            catalog.label_images(NAME, {one.id: Label("spore", "predicted")}, MODEL),
        ]
        for position in order:
            catalog.undo_batch(NAME, made[position].number, UNDO)
        record = catalog.image(NAME, one.id)
        outcomes.add((record.label, record.state, record.event))
    assert outcomes == {(None, None, None)}


def test_what_is_undone_cannot_be_undone_again_and_the_way_back_is_named(catalog: Catalog, ids: list[str]) -> None:
    made = catalog.label_images(NAME, {ids[0]: Label("azolla", "predicted")}, MODEL)
    undo = catalog.undo_batch(NAME, made.number, UNDO)
    redo = catalog.undo_batch(NAME, undo.number, UNDO)
    with pytest.raises(LabelBatchUndoneError, match=f"To bring its labels back, undo batch {redo.number}"):
        catalog.undo_batch(NAME, undo.number, UNDO)
    again = catalog.undo_batch(NAME, made.number, UNDO)
    with pytest.raises(LabelBatchUndoneError, match=f"undone before, by batch {again.number}"):
        catalog.undo_batch(NAME, made.number, UNDO)
    catalog.undo_batch(NAME, redo.number if catalog.label_batch(NAME, redo.number).in_effect else again.number, UNDO)


def test_a_batch_of_another_collection_is_none_of_this_one(
    catalog: Catalog, ids: list[str], vector: VectorRecord
) -> None:
    catalog.create_collection("other", "generic", [vector])
    made = catalog.label_images(NAME, {ids[0]: Label("azolla", "predicted")}, MODEL)
    for number in (made.number, 10**6):
        with pytest.raises(LabelBatchNotFoundError, match=f"collection 'other' has no batch {number} of labels"):
            catalog.undo_batch("other", number, UNDO)


def test_batches_are_listed_newest_first_by_pages(catalog: Catalog, ids: list[str]) -> None:
    made = [catalog.label_images(NAME, dict.fromkeys(ids[:n], Label("a", "predicted")), MODEL) for n in (1, 2, 3, 4)]
    assert [batch.number for batch in catalog.label_batches(NAME)] == [batch.number for batch in reversed(made)]
    assert [batch.images for batch in catalog.label_batches(NAME)] == [4, 3, 2, 1]
    page = catalog.label_batches(NAME, before=made[2].number, limit=1)
    assert page == [made[1]]


def test_the_history_of_an_image_has_everything_in_order(catalog: Catalog, ids: list[str]) -> None:
    first = catalog.label_images(NAME, {ids[0]: Label("azolla", "predicted", 0.9)}, MODEL)
    catalog.label_images(NAME, {ids[0]: Label("azolla", "dubious", note="rather a spore?")}, ANN)
    catalog.label_images(NAME, {ids[0]: Label("spore", "validated", note="yes")}, LabelBatch("person", "bob"))
    catalog.undo_batch(NAME, first.number, UNDO)
    history = catalog.label_history(NAME, ids[0])
    assert [(e.label.label, e.label.state, e.label.note, e.batch.actor, e.batch.in_effect) for e in history] == [
        ("azolla", "predicted", None, "facies", False),
        ("azolla", "dubious", "rather a spore?", "ann", True),
        ("spore", "validated", "yes", "bob", True),
    ]
    assert catalog.label_history(NAME, ids[1]) == []


def test_labels_of_one_index_run_are_one_batch(catalog: Catalog, make_record: MakeRecord) -> None:
    first = catalog.add_images(NAME, [make_record(1, label="a")], actor="ann", provenance={"origin": "/slides"})
    again = catalog.add_images(NAME, [make_record(2, label="b")], actor="ann", into=first.batch)
    assert first.batch == again.batch
    assert first.batch is not None
    batch = catalog.label_batch(NAME, first.batch)
    assert (batch.source, batch.actor, batch.provenance, batch.images) == ("import", "ann", {"origin": "/slides"}, 2)
    catalog.undo_batch(NAME, first.batch, UNDO)
    later = catalog.add_images(NAME, [make_record(3, label="c")], actor="ann", into=first.batch)
    assert later.batch not in (None, first.batch)  # else the label would be out of effect from the start
    assert catalog.label_counts(NAME) == {"c": 1}


def test_labels_of_a_source_are_told_also_when_they_are_undone(catalog: Catalog, ids: list[str]) -> None:
    made = catalog.label_images(NAME, {ids[0]: Label("Unknown A", "predicted")}, LabelBatch("clusters", "ann"))
    catalog.label_images(NAME, {ids[1]: Label("azolla", "validated")}, ANN)
    catalog.undo_batch(NAME, made.number, UNDO)
    assert catalog.labels_from(NAME, "clusters") == {"Unknown A"}
    assert catalog.labels_from(NAME, "bisection") == set()


class TestFollowing:
    def test_points_of_new_images_have_their_labels_already(self, catalog: Catalog, make_record: MakeRecord) -> None:
        catalog.add_images(NAME, [make_record(1, label="a")], actor="test")
        behind, newest = catalog.unfollowed(NAME)
        assert behind == newest > 0

    def test_a_label_for_an_image_that_is_there_is_to_be_followed(
        self, catalog: Catalog, make_record: MakeRecord
    ) -> None:
        batch = catalog.add_images(NAME, [make_record(1, label="a"), make_record(2)], actor="test").batch
        catalog.add_images(NAME, [make_record(2, label="b")], actor="test", into=batch)
        behind, newest = catalog.unfollowed(NAME)
        assert behind < newest
        assert make_record(2).id in [one.id for page in catalog.touched_images(NAME, behind) for one in page]

    def test_what_a_batch_or_an_undo_touched_is_told_by_pages(self, catalog: Catalog, ids: list[str]) -> None:
        first = catalog.label_images(NAME, {one: Label("a", "predicted") for one in ids}, MODEL)
        catalog.set_followed(NAME, first.number)
        assert catalog.unfollowed(NAME) == (first.number, first.number)
        assert list(catalog.touched_images(NAME, first.number)) == [[]]
        undo = catalog.undo_batch(NAME, first.number, UNDO)
        redo = catalog.undo_batch(NAME, undo.number, UNDO)
        for after in (first.number, undo.number):
            pages = list(catalog.touched_images(NAME, after, 4))
            assert [one.id for page in pages for one in page] == ids
            assert max(map(len, pages)) == 4
        catalog.set_followed(NAME, redo.number)
        catalog.set_followed(NAME, first.number)  # somebody slower
        assert catalog.unfollowed(NAME) == (redo.number, redo.number)
