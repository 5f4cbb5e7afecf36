"""The named vectors of a collection over HTTP: a further model ordered, made the default, the old one dropped."""

from __future__ import annotations

import pytest

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, JobConflictError, QueryError, UnknownModelError
from facies.core.wire_jobs import JobBody
from tests.stubs.jobs import open_gate

from .conftest import CARD, over

NEW = "efficientnet-lite1"


def test_a_model_is_added_to_a_live_collection(busy: Service, busy_client: Client) -> None:
    order = JobBody(kind="add-model", parameters={"collection": "g", "model": NEW, "default": True})
    job = over(busy, busy_client.jobs.start(order))
    assert job.state == "done", job.error
    assert isinstance(job.result, dict)
    assert (job.result["embedded"], job.result["is_default"]) == (24, True)
    vectors = busy_client.upkeep.vectors("g")
    assert [(one.name, one.is_default, one.lacking) for one in vectors] == [(NEW, True, 0), (CARD, False, 0)]
    assert busy_client.collection("g").labelled == 24

    back = busy_client.upkeep.set_default_vector("g", CARD)
    assert [one.name for one in back] == [CARD, NEW]
    with pytest.raises(QueryError, match="is the default vector"):
        busy_client.upkeep.drop_vector("g", CARD)
    assert [one.name for one in busy_client.upkeep.drop_vector("g", NEW)] == [CARD]


def test_a_vector_with_gaps_is_not_made_the_default(busy: Service, busy_client: Client) -> None:
    over(busy, busy_client.jobs.start(JobBody(kind="add-model", parameters={"collection": "g", "model": NEW})))
    images = busy_client.images("g").images
    points = busy.workspace.store.get("g", [images[0].id], vectors=[CARD])
    busy.workspace.store.upsert("g", list(points.values()))
    assert {one.name: one.lacking for one in busy_client.upkeep.vectors("g")} == {CARD: 0, NEW: 1}
    with pytest.raises(QueryError, match="1 images have vector"):
        busy_client.upkeep.set_default_vector("g", NEW)


def test_what_makes_no_sense_is_refused_when_it_is_ordered(busy: Service, busy_client: Client) -> None:
    def order(**more: object) -> None:
        busy_client.jobs.start(JobBody(kind="add-model", parameters={"collection": "g", "model": NEW, **more}))

    with pytest.raises(CollectionNotFoundError):
        order(collection="none")
    with pytest.raises(UnknownModelError):
        order(model="no-such-card")
    with pytest.raises(QueryError, match="cannot name a vector"):
        order(vector="a b")
    with pytest.raises(QueryError, match="no named vector 'x'"):
        busy_client.upkeep.set_default_vector("g", "x")
    with pytest.raises(QueryError, match="no vector 'x'"):
        busy_client.upkeep.drop_vector("g", "x")


def test_nothing_changes_while_a_job_writes(busy: Service, busy_client: Client) -> None:
    with open_gate("here") as gate:
        busy_client.jobs.start(JobBody(kind="hold", parameters={"collection": "g", "gate": "here"}))
        gate.wait()
        with pytest.raises(JobConflictError):
            busy_client.upkeep.drop_vector("g", CARD)
        with pytest.raises(JobConflictError):
            busy_client.upkeep.set_default_vector("g", CARD)
