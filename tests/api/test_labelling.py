"""Labels over the use cases, the HTTP service and its client: one meaning everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from facies.api.labelling import label_images, list_batches, show_history, undo_batch
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.client import USER_HEADER, Client
from facies.core.errors import (
    ImageNotFoundError,
    LabelBatchNotFoundError,
    LabelBatchUndoneError,
    QueryError,
    StaleLabelError,
    UnknownTaxonError,
)
from facies.core.filters import Equals
from facies.core.records import ImageRecord, Label, LabelBatch
from facies.core.wire_labels import LabelBody
from facies.indexer.labelling.giving import give_labels

ANN = Actor("ann")
GONE = "00000000-0000-5000-8000-000000000000"


def images(service: Service) -> list[ImageRecord]:
    return service.workspace.catalog.list_images("g", limit=10)


def body(**fields: object) -> LabelBody:
    return LabelBody.model_validate({"labels": [fields]})


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="Åse Øther") as opened:
        yield opened


def test_a_label_is_in_force_at_once_and_can_be_taken_back(filled: Service) -> None:
    one = images(filled)[0]
    made = label_images(filled, "g", body(id=one.id, label=" areoligera ", note="clear"), ANN)
    assert (made.source, made.actor, made.verified, made.images) == ("person", "ann", False, 1)
    assert filled.workspace.store.count("g", Equals("label", "areoligera")) == 1
    undo_batch(filled, "g", made.number, ANN)
    assert filled.workspace.catalog.image("g", one.id) == one
    assert filled.workspace.store.count("g", Equals("label", "areoligera")) == 0


def test_the_same_over_http_under_the_name_that_the_client_gives(client: Client, filled: Service) -> None:
    one = images(filled)[0]
    made = client.labels.give("g", body(id=one.id, label="areoligera", state="dubious", note="or glaphyrocysta?"))
    assert (made.actor, made.verified) == ("Åse Øther", False)
    history = client.labels.history("g", one.id)
    assert history == show_history(filled, "g", one.id)
    assert (history.label, history.state, [event.current for event in history.events]) == (
        "areoligera",
        "dubious",
        [False, True],
    )
    assert history.events[-1].note == "or glaphyrocysta?"
    undone = client.labels.undo("g", made.number)
    assert undone.undoes == made.number
    page = client.labels.batches("g", limit=1)
    assert page == list_batches(filled, "g", before=None, limit=1)
    assert client.labels.batches("g", before=page.next_before).batches[0].number == made.number
    assert client.labels.check("g").drifted == 0
    assert client.labels.batch("g", made.number).in_effect is False


def test_whoever_was_slower_is_told(client: Client, filled: Service) -> None:
    one = client.images("g", limit=1).images[0]
    client.labels.give("g", body(id=one.id, label="first", seen=one.event))
    with pytest.raises(StaleLabelError, match=f"seen was event {one.event}, now it is event"):
        client.labels.give("g", body(id=one.id, label="second", seen=one.event))
    with pytest.raises(StaleLabelError, match="seen was no label"):
        client.labels.give("g", body(id=one.id, label="second", seen=None))
    assert client.image("g", one.id).label == "first"
    client.labels.give("g", body(id=one.id, label="second"))  # without a version nobody asks
    assert client.image("g", one.id).label == "second"


def test_bad_requests_are_problems_and_change_nothing(http: httpx.Client, client: Client, filled: Service) -> None:
    one = images(filled)[0]
    before = client.labels.batches("g").batches
    with pytest.raises(ImageNotFoundError):
        client.labels.give("g", LabelBody.model_validate({"labels": [{"id": i, "label": "x"} for i in (one.id, GONE)]}))
    with pytest.raises(QueryError, match="twice"):
        client.labels.give("g", LabelBody.model_validate({"labels": [{"id": one.id, "label": x} for x in "ab"]}))
    with pytest.raises(QueryError, match="is empty"):
        client.labels.give("g", body(id=one.id, label="  "))
    with pytest.raises(LabelBatchNotFoundError, match="has no batch 999 of labels"):
        client.labels.undo("g", 999)
    with pytest.raises(ImageNotFoundError):
        client.labels.history("g", GONE)
    good = {"id": one.id, "label": "x"}
    labels: list[list[dict[str, str]]] = [[], [{**good, "state": "sure"}], [{**good, "id": "1"}]]
    for wrong in labels:
        answer = http.post("/v1/collections/g/labels", json={"labels": wrong})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    answer = http.post("/v1/collections/g/labels", json={"labels": [good]}, headers={USER_HEADER: "%20"})
    assert answer.status_code == 422
    assert client.labels.batches("g").batches == before


def test_what_is_undone_is_not_undone_again(client: Client, filled: Service) -> None:
    made = client.labels.give("g", body(id=images(filled)[0].id, label="x"))
    client.labels.undo("g", made.number)
    with pytest.raises(LabelBatchUndoneError, match="To bring its labels back, undo batch"):
        client.labels.undo("g", made.number)


def test_with_a_taxonomy_labels_are_its_accepted_names(filled: Service) -> None:
    filled.workspace.catalog.use_taxonomy("g", "geoimages-57")
    one, two = images(filled)[:2]
    given = [
        {"id": one.id, "label": " well  DESIGN "},
        {"id": two.id, "label": str(two.label), "state": "rejected"},
    ]
    label_images(filled, "g", LabelBody.model_validate({"labels": given}), ANN)
    assert filled.workspace.catalog.image("g", one.id).label == "Well Design"
    history = show_history(filled, "g", two.id)
    assert history.events[-1].label == two.label, "what is no taxon may be rejected"
    batches = list_batches(filled, "g", before=None, limit=10)
    with pytest.raises(UnknownTaxonError, match="Did you mean 'Well Design'"):
        label_images(filled, "g", body(id=one.id, label="Wel Design"), ANN)
    with pytest.raises(QueryError, match="is empty"):
        label_images(filled, "g", body(id=one.id, label=" "), ANN)
    assert list_batches(filled, "g", before=None, limit=10) == batches


def test_lists_leave_out_what_a_batch_says_of_each_image(client: Client, filled: Service) -> None:
    one = images(filled)[0]
    provenance = {"file": "a.csv", "origin_of": {one.id: 0}, "k": 15}
    batch = LabelBatch("import", "ann", provenance=provenance)
    made = give_labels(filled.workspace, "g", {one.id: Label("x", "validated")}, batch)
    assert client.labels.batches("g", limit=1).batches[0].provenance == {"file": "a.csv", "k": 15}
    assert client.labels.history("g", one.id).events[-1].batch.provenance == {"file": "a.csv", "k": 15}
    assert client.labels.batch("g", made.number).provenance == provenance


def test_labels_are_counted_by_state(client: Client, filled: Service) -> None:
    before = client.labels.counts("g")
    assert (before.images, before.validated, before.unnamed) == (24, 24, 0)
    assert sum(before.classes.values()) == 24
    first, second, third, *_ = images(filled)
    give_labels(filled.workspace, "g", {first.id: Label("x", "dubious")}, LabelBatch("person", "ann"))
    give_labels(filled.workspace, "g", {second.id: Label("x", "rejected")}, LabelBatch("person", "ann"))
    (batch,) = client.labels.batches("g").batches[-1:]
    client.labels.undo("g", batch.number)
    after = client.labels.counts("g")
    assert after.version > before.version
    assert (after.validated, after.predicted, after.dubious, after.rejected, after.unnamed) == (0, 0, 1, 1, 22)
    give_labels(filled.workspace, "g", {third.id: Label("y", "predicted", 0.9)}, LabelBatch("votes", "ann"))
    assert client.labels.counts("g").predicted == 1
    assert client.labels.counts("g").classes == {}


def test_images_not_looked_at_keep_a_validated_label_where_that_is_asked_for(filled: Service) -> None:
    catalog = filled.workspace.catalog
    seen, validated, doubted = images(filled)[:3]
    label_images(filled, "g", body(id=doubted.id, label="a fragment", state="dubious"), ANN)
    said = [{"id": one.id, "label": "azolla", "keep_validated": one is not seen} for one in (seen, validated, doubted)]
    made = label_images(filled, "g", LabelBody.model_validate({"labels": said}), ANN)
    assert made.images == 2
    labels = [catalog.image("g", one.id).label for one in (seen, validated, doubted)]
    assert labels == ["azolla", validated.label, "azolla"]
    with pytest.raises(QueryError, match="each of these images has a validated label"):
        label_images(filled, "g", body(id=validated.id, label="azolla", keep_validated=True), ANN)


def test_the_collection_has_another_revision_after_each_change(filled: Service, client: Client) -> None:
    before = client.collection("g").revision
    one = images(filled)[0]
    made = client.labels.give("g", body(id=one.id, label="azolla"))
    after = client.collection("g").revision
    client.labels.undo("g", made.number)
    assert len({before, after, client.collection("g").revision}) == 3
