"""Labelling by itself as the service offers it: preview, apply, and a preview that is out of date."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from facies.api.autolabel import label_by_itself
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.client import Client
from facies.core.errors import QueryError, StalePreviewError
from facies.core.records import LabelBatch
from facies.core.wire_labels import AutoLabelBody, LabelBody

ANN = Actor("ann")


@pytest.fixture
def half(filled: Service) -> Service:
    """The gallery with the labels of every second image taken back by a person, who doubts none."""
    catalog = filled.workspace.catalog
    (batch,) = catalog.label_batches("g")
    images = catalog.list_images("g", limit=100)
    from facies.indexer.labelling.giving import undo_labels

    undo_labels(filled.workspace, "g", batch.number, LabelBatch("undo", "ann"))
    client = LabelBody.model_validate({"labels": [{"id": one.id, "label": one.label} for one in images[::2]]})
    from facies.api.labelling import label_images

    label_images(filled, "g", client, ANN)
    return filled


@pytest.fixture
def client(half: Service, http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="ann") as opened:
        yield opened


def test_preview_then_apply_then_undo(client: Client, half: Service) -> None:
    preview = client.labels.auto("g", AutoLabelBody(precision=0.8, gate=False))
    assert preview.batch is None
    assert preview.images == preview.labelled + preview.in_sets + preview.unknown == 12
    assert sum(one.labelled for one in preview.by_class) == preview.labelled > 0
    assert preview.coverage == preview.labelled / 12
    assert sum(one.validated for one in preview.by_class) == preview.validated == 12
    for one in preview.examples_labelled:
        assert one.label in one.set
        assert one.confidence >= preview.threshold

    body = AutoLabelBody(precision=0.8, gate=False, apply=True, version=preview.version)
    applied = client.labels.auto("g", body)
    assert applied.batch is not None
    assert (applied.batch.images, applied.batch.actor) == (preview.labelled, "ann")
    assert half.workspace.store.facet("g", "state") == {"validated": 12, "predicted": preview.labelled}
    client.labels.undo("g", applied.batch.number)
    assert half.workspace.store.facet("g", "state") == {"validated": 12}


def test_other_precisions_are_foretold_in_one_answer_and_images_come_with_it(client: Client) -> None:
    grid = [0.5, 0.8, 0.99]
    told = client.labels.auto("g", AutoLabelBody(precision=0.8, gate=False, curve=grid))
    assert [point.precision for point in told.curve] == grid
    same = told.curve[1]
    assert (same.labelled, same.in_sets, same.unknown) == (told.labelled, told.in_sets, told.unknown)
    assert (same.expected_errors, same.expected_errors_interval) == (
        told.expected_errors,
        told.expected_errors_interval,
    )
    assert [point.labelled for point in told.curve] == [
        client.labels.auto("g", AutoLabelBody(precision=precision, gate=False)).labelled for precision in grid
    ]
    shown = [*told.examples_labelled, *told.examples_in_sets, *told.examples_unknown]
    assert shown
    assert all(one.image.id == one.id and one.image.thumbnail for one in shown)


def test_what_was_learnt_is_kept_for_the_next_preview_until_labels_change(client: Client, half: Service) -> None:
    client.labels.auto("g", AutoLabelBody(precision=0.8))
    collection = half.workspace.catalog.collection("g")
    learnt = half.namers.get(half.workspace, collection, collection.default_vector, latest=True)
    client.labels.auto("g", AutoLabelBody(precision=0.9, per_class=True))
    assert half.namers.get(half.workspace, collection, collection.default_vector, latest=True) is learnt
    one = client.images("g", limit=1).images[0]
    client.labels.give("g", LabelBody.model_validate({"labels": [{"id": one.id, "label": "new"}]}))
    assert client.labels.auto("g", AutoLabelBody(precision=0.8)).classes == len(learnt.teachers.classes) + 1
    assert half.namers.get(half.workspace, collection, collection.default_vector, latest=True) is not learnt


def test_a_preview_that_is_out_of_date_is_not_applied(client: Client) -> None:
    preview = client.labels.auto("g", AutoLabelBody(precision=0.8))
    one = client.images("g", limit=1).images[0]
    client.labels.give("g", LabelBody.model_validate({"labels": [{"id": one.id, "label": "new"}]}))
    with pytest.raises(StalePreviewError, match="have changed since the preview"):
        client.labels.auto("g", AutoLabelBody(precision=0.8, apply=True, version=preview.version))
    assert len(client.labels.batches("g").batches) == 4  # import, its undo, half of it, one


def test_what_cannot_be_learnt_from_is_a_clear_error(service: Service, half: Service) -> None:
    with pytest.raises(QueryError, match="has no field 'well'"):
        label_by_itself(half, "g", AutoLabelBody(group="well"), ANN)
    with pytest.raises(QueryError, match="has no vector 'other'"):
        label_by_itself(half, "g", AutoLabelBody(vector="other"), ANN)
