"""Namers are kept until labels change, and not fitted anew for each label where that takes long."""

from __future__ import annotations

import pytest

from facies.api.namers import MOST_KEPT, Namers
from facies.api.service import Service
from facies.core.errors import QueryError
from facies.core.filters import AnyOf
from facies.core.records import Label, LabelBatch
from facies.indexer.labelling.giving import give_labels


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
