"""A label grown over HTTP: the service keeps nothing between two requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from facies.api.growing import read_state, write_state
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import QueryError
from facies.core.records import Label, LabelBatch
from facies.core.wire_growth import (
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrowPageBody,
    GrowStateBody,
)
from facies.indexer.labelling.giving import give_labels

LABEL = "well_log"


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="Ann") as opened:
        yield opened


@pytest.fixture
def truth(filled: Service) -> dict[str, str]:
    """The label of each image; but for two of each they are taken back."""
    catalog = filled.workspace.catalog
    told = {image.id: str(image.label) for image in catalog.iter_images("g")}
    catalog.undo_batch("g", catalog.label_batches("g")[-1].number, LabelBatch("undo", "Ann"))
    kept = {one: label for label in set(told.values()) for one in [key for key in told if told[key] == label][:2]}
    give_labels(
        filled.workspace,
        "g",
        {one: Label(label, "validated") for one, label in kept.items()},
        LabelBatch("person", "Ann"),
    )
    return told


def test_from_the_first_page_to_a_batch(client: Client, filled: Service, truth: dict[str, str]) -> None:
    found = client.review.grow("g", GrowBody(label=LABEL, page=2))
    assert (found.ask, found.candidates, len(found.images)) == ("page", 16, 2)
    assert [image.id for image in found.images] == [cut.id for cut in found.state.page]
    while found.ask == "page":
        wrong = [image.id for image in found.images if truth[image.id] != LABEL]
        body = GrowPageBody(state=found.state, verdict="wrong" if len(wrong) == 2 else "right", wrong=wrong, page=2)
        found = client.review.grow_page("g", body)
    assert found.right >= 2
    if found.ask == "audit":
        found = client.review.grow_audit("g", GrowAuditBody(state=found.state, images=10))
        wrong = [image.id for image in found.images if truth[image.id] != LABEL]
        found = client.review.grow_audited("g", GrowAuditedBody(state=found.state, wrong=wrong))
        assert found.audit is not None
        assert found.unseen == 0  # all of them were in the sample
    assert found.ask == "accept"
    made = client.review.grow_accept("g", GrowAcceptBody(state=found.state))
    assert (made.batch.source, made.batch.actor, made.predicted) == ("bisection", "Ann", 0)
    given = [image for image in filled.workspace.catalog.iter_images("g") if image.label == LABEL]
    assert len(given) == 2 + made.validated
    assert all(truth[image.id] == LABEL for image in given)
    client.labels.undo("g", made.batch.number)
    assert filled.workspace.catalog.label_counts("g")[LABEL] == 2


def test_an_audit_that_misses_what_is_wanted_offers_to_accept_less(
    client: Client, filled: Service, truth: dict[str, str]
) -> None:
    found = client.review.grow("g", GrowBody(label=LABEL, page=1))
    for _ in range(3):
        found = client.review.grow_page("g", GrowPageBody(state=found.state, verdict="right", page=1))
    sampled = client.review.grow_audit("g", GrowAuditBody(state=found.state, images=4, seed=5))
    assert sampled.state.seed == 5
    assert len(sampled.images) == 4
    wrong = [image.id for image in sampled.images][1:]
    audited = client.review.grow_audited("g", GrowAuditedBody(state=sampled.state, wrong=wrong, precision=0.9))
    assert audited.audit is not None
    assert (audited.audit.right, audited.audit.total, audited.audit.enough) == (1, 4, False)
    shorter = client.review.grow_shorten("g", GrowStateBody(state=audited.state))
    assert shorter.right < audited.right
    assert shorter.audit is None


def test_a_session_is_written_and_read_without_loss(client: Client, filled: Service, truth: dict[str, str]) -> None:
    where = {"field": "state", "equals": "validated"}
    found = client.review.grow("g", GrowBody(label=LABEL, where={"not": where}, page=3))
    found = client.review.grow_page("g", GrowPageBody(state=found.state, verdict="right", page=3))
    assert write_state(read_state(filled, "g", found.state)) == found.state


def test_bad_input_is_told(client: Client, truth: dict[str, str]) -> None:
    with pytest.raises(QueryError, match="--example"):
        client.review.grow("g", GrowBody(label="map"))
    found = client.review.grow("g", GrowBody(label=LABEL, page=3))
    elsewhere = next(one for one in truth if one not in {cut.id for cut in found.state.page})
    with pytest.raises(QueryError, match="not on the page"):
        client.review.grow_page("g", GrowPageBody(state=found.state, verdict="right", wrong=[elsewhere]))
    with pytest.raises(QueryError, match="nothing to audit"):
        client.review.grow_audit("g", GrowAuditBody(state=found.state))
    with pytest.raises(QueryError, match="no audit to answer"):
        client.review.grow_audited("g", GrowAuditedBody(state=found.state))
    with pytest.raises(QueryError, match="nothing would be labelled"):
        client.review.grow_accept("g", GrowAcceptBody(state=found.state))
    strange = GrowPageBody(state=found.state.model_copy(update={"made_by": "f" * 16}))
    with pytest.raises(QueryError, match="in another way"):
        client.review.grow_page("g", strange)
