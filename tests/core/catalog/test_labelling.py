"""What is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from facies.core.catalog import Catalog
from facies.core.catalog.labelling import LONGEST_NOTE
from facies.core.errors import CollectionNotFoundError, ImageNotFoundError, QueryError
from facies.core.label_text import LONGEST_LABEL
from facies.core.records import ImageRecord, Label, LabelBatch

NAME = "microfossils"
ANN = LabelBatch("person", "ann")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": " "}, "is empty; to take a label back, reject it or undo its batch"),
        ({"label": "x" * (LONGEST_LABEL + 1)}, "has 256 characters, expected at most 255"),
        ({"label": "a\x00b"}, "has a control character"),
        ({"label": "a\nb"}, "expected one line of text, got 'a.*nb'; remarks go into its note"),
        ({"note": "a\x00b"}, "has a NUL character"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, "has 10,001 characters"),
        ({"confidence": 1.5}, "is 1.5, expected 0 to 1"),
        ({"confidence": float("nan")}, "is nan, expected 0 to 1"),
        ({"novelty": float("inf")}, "expected a finite number"),
    ],
)
def test_labels_that_make_no_sense_are_refused(
    catalog: Catalog, make_record: Callable[..., ImageRecord], wrong: dict[str, Any], said: str
) -> None:
    good, bad = make_record(1), make_record(2)
    catalog.add_images(NAME, [good, bad], actor="test")
    labels = {good.id: Label("a", "validated"), bad.id: Label(**{"label": "a", "state": "validated", **wrong})}
    with pytest.raises(QueryError, match=said):
        catalog.label_images(NAME, labels, ANN)
    assert catalog.label_counts(NAME) == {}


def test_no_label_at_all_is_refused(catalog: Catalog) -> None:
    with pytest.raises(QueryError, match="no label is given"):
        catalog.label_images(NAME, {}, ANN)


def test_a_collection_that_is_not_there_is_named(catalog: Catalog) -> None:
    calls: list[Callable[[], object]] = [
        lambda: catalog.label_images("gone", {"x": Label("a", "validated")}, ANN),
        lambda: catalog.undo_batch("gone", 1, ANN),
        lambda: catalog.label_batches("gone"),
        lambda: catalog.label_history("gone", "x"),
        lambda: catalog.unfollowed("gone"),
    ]
    for call in calls:
        with pytest.raises(CollectionNotFoundError, match="no collection 'gone'"):
            call()


def test_the_history_of_an_image_that_never_was_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(ImageNotFoundError):
        catalog.label_history(NAME, "00000000-0000-5000-8000-000000000000")


def test_each_change_of_images_and_labels_is_counted(catalog: Catalog, make_record: Callable[..., ImageRecord]) -> None:
    one, named, other = make_record(0), make_record(1, label="azolla"), make_record(2, metadata={"well": "A"})

    def counts() -> tuple[int, int]:
        return int(catalog.label_revision(NAME)), catalog.label_changes(NAME)

    assert counts() == (0, 0)
    batch = catalog.add_images(NAME, [one], actor="run").batch
    assert counts() == (1, 0), "an image without a label teaches nobody"
    batch = catalog.add_images(NAME, [named], actor="run").batch
    assert counts() == (2, 1)
    catalog.add_images(NAME, [one, named], actor="run", into=batch)
    assert counts() == (2, 1), "what is there already changes nothing"
    catalog.add_images(NAME, [replace(one, label="spore")], actor="run", into=batch)
    assert counts() == (3, 2), "the same batch, and as many images"
    given = catalog.label_images(NAME, {one.id: Label("cyst", "validated")}, ANN)
    catalog.undo_batch(NAME, given.number, LabelBatch("undo", "ann"))
    assert counts() == (5, 4)
    catalog.delete_images(NAME, [named.id])
    catalog.add_images(NAME, [other], actor="run")
    assert counts() == (7, 5), "as many images and batches as before"
    catalog.delete_images(NAME, [named.id])
    assert counts() == (7, 5), "it was gone"
    catalog.add_images(NAME, [replace(named, metadata={"well": "B"})], actor="run")
    assert counts() == (8, 6), "it came back with its label, without a new event"
    catalog.set_uri(NAME, one.sha256, "/elsewhere.tif")
    assert counts() == (9, 6)
    with pytest.raises(CollectionNotFoundError):
        catalog.label_changes("nothing")


def test_what_is_taken_back_is_not_counted(catalog: Catalog, make_record: Callable[..., ImageRecord]) -> None:
    with pytest.raises(ImageNotFoundError):
        catalog.label_images(NAME, {make_record(0).id: Label("cyst", "validated")}, ANN)
    assert (catalog.label_revision(NAME), catalog.label_changes(NAME)) == ("0", 0)
