"""Queues, plates and unknown images over HTTP, through the client, on the shared way of a service."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, QueryError
from facies.core.records import Label, LabelBatch
from facies.core.wire_review import QueueBody, RenameBody, UnknownsBody
from facies.indexer.labelling.giving import give_labels

ANN = LabelBatch("person", "Ann")


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="Ann") as opened:
        yield opened


def ids_of(service: Service, label: str) -> list[str]:
    return [image.id for image in service.workspace.catalog.list_images("g", label=label)]


def test_a_question_and_its_reply(client: Client, filled: Service) -> None:
    one = ids_of(filled, "well_log")[0]
    give_labels(filled.workspace, "g", {one: Label("well_log", "dubious", note="or a chart?")}, ANN)
    (item,) = client.review.queue("g", QueueBody(by="flagged")).items
    assert (item.image.id, item.note, item.actor, item.image.state) == (one, "or a chart?", "Ann", "dubious")
    assert item.image.thumbnail.endswith(f"{one}/thumbnail")
    assert client.review.queue("g", QueueBody(by="flagged", without=[one])).items == []
    give_labels(filled.workspace, "g", {one: Label("bar_chart", "validated", note="a chart")}, ANN)
    assert client.review.queue("g", QueueBody(by="flagged")).notes == ["no image is flagged as dubious"]
    suspect = client.review.queue("g", QueueBody(by="errors")).items[0]
    assert (suspect.image.id, suspect.suggestions[0].label) == (one, "well_log")


def test_a_filter_is_held_against_the_fields(client: Client, filled: Service) -> None:
    where = {"field": "wel", "equals": "x"}
    with pytest.raises(QueryError, match="no field 'wel'"):
        client.review.queue("g", QueueBody(by="diverse", where=where))
    assert "no image waits for a name" in client.review.queue("g", QueueBody(by="uncertain")).notes[-1]


def test_near_duplicates_wait_as_one(client: Client, filled: Service) -> None:
    give_labels(filled.workspace, "g", {one: Label("well_log", "rejected") for one in ids_of(filled, "well_log")}, ANN)
    apart = client.review.queue("g", QueueBody(by="uncertain", alike=0.2)).items
    together = client.review.queue("g", QueueBody(by="uncertain", alike=0.2, fold=True)).items
    assert len(apart) == 6
    assert not any(item.folded_ids for item in apart)
    assert 0 < len(together) < 6
    assert together[0].image.id == apart[0].image.id
    told = [key for item in together for key in (item.image.id, *item.folded_ids)]
    assert sorted(told) == sorted(item.image.id for item in apart)
    flagged = {one: Label("bar_chart", "dubious") for one in ids_of(filled, "bar_chart")}
    give_labels(filled.workspace, "g", flagged, ANN)
    assert len(client.review.queue("g", QueueBody(by="flagged", alike=0.2, fold=True)).items) == 6


def test_a_plate_has_pictures_of_each_kind(client: Client, filled: Service) -> None:
    found = client.review.plate("g", "well_log", images=3)
    assert (found.images, found.medoid.image.label) == (6, "well_log")
    assert (len(found.typical), len(found.boundary), len(found.confusable)) == (3, 3, 3)
    assert all(one.image.label == "well_log" and one.other != "well_log" for one in found.boundary)
    assert all(one.image.label != "well_log" and one.similarity is not None for one in found.confusable)
    with pytest.raises(QueryError, match="Did you mean well_log"):
        client.review.plate("g", "well-log")


def test_unknown_images_are_grouped_named_and_promoted(client: Client, filled: Service) -> None:
    catalog = filled.workspace.catalog
    first = catalog.label_batches("g")[-1]
    catalog.undo_batch("g", first.number, LabelBatch("undo", "Ann"))
    found = client.review.unknowns("g", UnknownsBody(fewest=3))
    assert (found.batch, found.gate, found.unknown) == (None, None, 24)
    assert sum(group.images for group in found.groups) + len(found.apart) == 24
    assert catalog.label_counts("g") == {}
    assert all([one.id for one in group.shown] == group.members[:1] for group in found.groups)
    looked = client.review.unknowns("g", UnknownsBody(fewest=3, shown=3))
    assert all([one.id for one in group.shown] == group.members[:3] for group in looked.groups)
    named = client.review.unknowns("g", UnknownsBody(fewest=3), give=True)
    assert named.batch is not None
    assert (named.batch.source, named.batch.actor) == ("clusters", "Ann")
    assert catalog.label_counts("g") == {group.name: group.images for group in found.groups}
    whole = [group.name for group in found.groups]
    made = client.review.rename("g", RenameBody(names=whole, to="figure", validate_images=True))
    assert catalog.label_counts("g") == {"figure": made.images}
    client.labels.undo("g", made.number)
    assert set(catalog.label_counts("g")) == set(whole)


def test_a_collection_that_is_not_there(client: Client) -> None:
    for call in (
        lambda: client.review.queue("x", QueueBody(by="errors")),
        lambda: client.review.plate("x", "a"),
        lambda: client.review.unknowns("x", UnknownsBody()),
        lambda: client.review.rename("x", RenameBody(names=["a"], to="b")),
    ):
        with pytest.raises(CollectionNotFoundError):
            call()


def test_what_was_learnt_is_kept_for_queues_and_plates_and_suspects_have_the_labels_of_now(
    client: Client, filled: Service
) -> None:
    client.review.plate("g", "well_log")
    collection = filled.workspace.catalog.collection("g")
    learnt = filled.namers.get(filled.workspace, collection, collection.default_vector)
    client.review.queue("g", QueueBody(by="uncertain"))
    assert filled.namers.get(filled.workspace, collection, collection.default_vector) is learnt
    one = ids_of(filled, "well_log")[0]
    give_labels(filled.workspace, "g", {one: Label("bar_chart", "validated")}, ANN)
    suspect = client.review.queue("g", QueueBody(by="errors")).items[0]
    assert (suspect.image.id, suspect.image.event) == (one, filled.workspace.catalog.image("g", one).event)
