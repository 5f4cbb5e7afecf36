"""Namers are kept until labels change, and not fitted anew for each label where that takes long."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.namers import MOST_KEPT, Namers
from facies.api.service import Service
from facies.core.errors import QueryError
from facies.core.filters import AnyOf
from facies.core.records import Label, LabelBatch
from facies.indexer.further_models import fill_vector
from facies.indexer.labelling.giving import give_labels
from facies.indexer.maintenance import delete_image
from facies.indexer.named_vectors import open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import CARD, ColourEmbedder


class Clock:
    """Time that passes when a test says so."""

    now = 0.0
    step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def label_one(service: Service) -> None:
    one = service.workspace.catalog.list_images("g", limit=1)[0]
    give_labels(service.workspace, "g", {one.id: Label("well_log", "validated")}, LabelBatch("person", "ann"))


def test_a_namer_is_kept_until_labels_change(filled: Service) -> None:
    namers, collection = Namers(clock=Clock()), filled.workspace.catalog.collection("g")
    first = namers.get(filled.workspace, collection, collection.vectors[0])
    assert namers.get(filled.workspace, collection, collection.vectors[0]) is first
    label_one(filled)
    second = namers.get(filled.workspace, collection, collection.vectors[0])
    assert second is not first
    assert len(second.places) == 24


def test_one_that_took_long_is_used_a_while_longer(filled: Service) -> None:
    clock = Clock()
    namers, collection = Namers(clock=clock), filled.workspace.catalog.collection("g")
    clock.step = 3.0
    first = namers.get(filled.workspace, collection, collection.vectors[0])
    clock.step = 0.0
    label_one(filled)
    clock.now += 59
    assert namers.get(filled.workspace, collection, collection.vectors[0]) is first
    clock.now += 2
    assert namers.get(filled.workspace, collection, collection.vectors[0]) is not first


def test_filters_have_namers_of_their_own_and_few_are_kept(filled: Service) -> None:
    namers, collection = Namers(clock=Clock()), filled.workspace.catalog.collection("g")
    pair = AnyOf("label", ("well_log", "bar_chart"))
    narrowed = namers.get(filled.workspace, collection, collection.vectors[0], where=pair)
    assert narrowed.namer.validated.classes == ("bar_chart", "well_log")
    for number in range(MOST_KEPT + 2):
        where = AnyOf("label", (*pair.values, str(number)))
        namers.get(filled.workspace, collection, collection.vectors[0], where=where)
    assert len(namers._kept) == MOST_KEPT


def test_an_unknown_field_of_groups_is_refused(filled: Service) -> None:
    collection = filled.workspace.catalog.collection("g")
    with pytest.raises(QueryError, match="has no field 'well'"):
        Namers().get(filled.workspace, collection, collection.vectors[0], group="well")


def test_who_gives_labels_by_it_gets_what_the_labels_of_now_teach(filled: Service) -> None:
    clock = Clock()
    clock.step = 3.0  # so long that others are content with what was learnt before
    namers, collection = Namers(clock=clock), filled.workspace.catalog.collection("g")
    first = namers.get(filled.workspace, collection, collection.vectors[0])
    assert namers.get(filled.workspace, collection, collection.vectors[0], latest=True) is first
    label_one(filled)
    assert namers.get(filled.workspace, collection, collection.vectors[0]) is first
    assert namers.get(filled.workspace, collection, collection.vectors[0], latest=True) is not first


def test_images_that_go_and_come_back_teach_no_more_and_again(filled: Service, gallery: Path) -> None:
    namers, workspace = Namers(clock=Clock()), filled.workspace
    collection = workspace.catalog.collection("g")

    def learnt() -> set[str]:
        return set(namers.get(workspace, collection, collection.vectors[0], latest=True).places)

    everything = learnt()
    gone = workspace.catalog.list_images("g", limit=1)[0]
    delete_image(workspace, "g", gone.id)
    assert learnt() == everything - {gone.id}
    index_source(workspace, filled.embedders.get(CARD), "g", open_source(str(gallery), labels="folder"))
    assert learnt() == everything


def test_an_image_without_a_label_changes_nothing(filled: Service, tmp_path: Path, gallery: Path) -> None:
    namers, workspace = Namers(clock=Clock()), filled.workspace
    collection = workspace.catalog.collection("g")
    first = namers.get(workspace, collection, collection.vectors[0], latest=True)
    (tmp_path / "new.png").write_bytes((gallery / "well_log" / "0.png").read_bytes() + b"more")
    report = index_source(workspace, filled.embedders.get(CARD), "g", open_source(str(tmp_path / "new.png")))
    assert report.indexed == 1
    assert namers.get(workspace, collection, collection.vectors[0], latest=True) is first


def test_vectors_that_a_further_model_fills_teach_when_they_are_there(filled: Service) -> None:
    namers, workspace, second = Namers(clock=Clock()), filled.workspace, ColourEmbedder("second")
    vector = open_vector(workspace, "g", second, "second")
    points = {one.id: one.vectors[CARD] for one in workspace.store.scroll("g", vectors=True)}
    some = dict(list(points.items())[:20])
    workspace.store.put_vectors("g", "second", some)
    collection = workspace.catalog.collection("g")
    first = namers.get(workspace, collection, vector, latest=True)
    assert set(first.places) == some.keys()
    assert namers.get(workspace, collection, vector, latest=True) is first
    fill_vector(workspace, "g", second, "second")
    assert set(namers.get(workspace, collection, vector, latest=True).places) == points.keys()
