from __future__ import annotations

import pytest

from facies.core.errors import ImageNotFoundError, StaleLabelError
from facies.core.filters import Equals
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import give_labels, undo_labels

from .conftest import NAME

ANN = LabelBatch("person", "ann")


def test_filters_find_what_was_said_and_no_more_what_was_taken_back(opened: Workspace, ids: list[str]) -> None:
    made = give_labels(opened, NAME, {ids[7]: Label("spore", "validated")}, ANN)
    assert opened.store.count(NAME, Equals("label", "spore")) == 1
    undone = undo_labels(opened, NAME, made.number, LabelBatch("undo", "bob"))
    assert opened.store.count(NAME, Equals("label", "spore")) == 0
    undo_labels(opened, NAME, undone.number, LabelBatch("undo", "bob"))
    assert opened.store.count(NAME, Equals("label", "spore")) == 1


def test_what_is_refused_changes_neither_catalogue_nor_filters(opened: Workspace, ids: list[str]) -> None:
    labels = dict.fromkeys([ids[7], "00000000-0000-5000-8000-000000000000"], Label("spore", "validated"))
    with pytest.raises(ImageNotFoundError):
        give_labels(opened, NAME, labels, ANN)
    with pytest.raises(StaleLabelError):
        give_labels(opened, NAME, {ids[0]: Label("spore", "validated")}, ANN, seen={ids[0]: None})
    assert opened.catalog.label_counts(NAME) == opened.store.facet(NAME, "label") == {"azolla": 4}
