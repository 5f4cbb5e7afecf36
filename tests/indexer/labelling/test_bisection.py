from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from facies.core.errors import ImageNotFoundError, QueryError, StaleLabelError, UnknownTaxonError
from facies.core.filters import Equals
from facies.core.records import Label, LabelBatch
from facies.core.taxonomy import Taxon, Taxonomy
from facies.core.workspace import Workspace
from facies.indexer.labelling import bisection
from facies.indexer.labelling.bisection import accept, rank, show_audit, show_page, start_growth
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.labelling.growth import Growth, answer_audit, answer_page
from facies.models.bisection import compute_leads
from tests.indexer.labelling.clusters import PERSON, draw_clusters, fill

VECTORS, NAMES = draw_clusters([120, 60, 20], spread=0.35, seed=1)
LABELS = [name if not place % 10 else None for place, name in enumerate(NAMES)]


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    return fill(workspace, VECTORS, LABELS, slides=[f"s{place % 2}" for place in range(200)])


def truth(ids: list[str], one: str) -> str:
    return NAMES[ids.index(one)]


def grow(workspace: Workspace, ids: list[str], label: str, size: int = 10) -> Growth:
    """Judge pages by the true names until nothing more is asked."""
    growth, _ = show_page(workspace, "c", start_growth(workspace, "c", label), size)
    while growth.page:
        wrong = {cut.id for cut in growth.page if truth(ids, cut.id) != label}
        mostly = len(wrong) > len(growth.page) / 2
        growth = answer_page(growth, "wrong" if mostly else "right", set() if mostly else wrong)
        growth, _ = show_page(workspace, "c", growth, size)
    return growth


def test_candidates_stand_in_order_of_their_lead(workspace: Workspace, ids: list[str]) -> None:
    growth = start_growth(workspace, "c", "a")
    assert sorted(growth.examples) == sorted(ids[place] for place in range(0, 120, 10))
    assert sorted(map(len, growth.others)) == [2, 6]
    ranking, standings = rank(workspace, "c", growth)
    rows = [VECTORS[[place for place in range(200) if LABELS[place] == name]] for name in "abc"]
    leads = compute_leads(VECTORS, rows[0], rows[1:])
    for cut in ranking.cuts():
        assert cut.lead == leads[ids.index(cut.id)]
    assert [cut.lead for cut in ranking.cuts()] == sorted((cut.lead for cut in ranking.cuts()), reverse=True)
    assert set(standings) == {ids[place] for place in range(200) if LABELS[place] is None}


def test_what_was_seen_is_validated_and_the_rest_predicted_as_surely_as_the_audit_says(
    workspace: Workspace, ids: list[str]
) -> None:
    growth = grow(workspace, ids, "a")
    growth, stage = show_audit(workspace, "c", growth, 15, seed=3)
    assert len(growth.sample) == 15
    assert stage.right == len(growth.session.kept) + stage.unseen
    growth = answer_audit(growth, {cut.id for cut in growth.sample if truth(ids, cut.id) != "a"}, 0.9)
    given = accept(workspace, "c", growth, PERSON)
    assert given.validated == len(growth.session.kept)
    assert given.predicted == stage.unseen - 15 > 20
    images = {image.id: image for image in workspace.catalog.iter_images("c")}
    assert {images[one].state for one in growth.session.kept} == {"validated"}
    unseen = [image for image in images.values() if image.state == "predicted"]
    assert len(unseen) == given.predicted
    assert np.mean([truth(ids, image.id) == "a" for image in unseen]) > 0.9
    events = workspace.catalog.label_events("c", [image.event for image in unseen if image.event])
    assert {event.label.confidence for event in events.values()} == {growth.audited.low if growth.audited else None}
    told = given.batch.provenance
    assert (given.batch.source, told["audit"]["images"], told["unseen"]) == ("bisection", 15, given.predicted)
    undo_labels(workspace, "c", given.batch.number, LabelBatch("undo", PERSON.name))
    after = Counter(image.label for image in workspace.catalog.iter_images("c"))
    assert after == Counter(LABELS)


def test_an_open_page_is_told_of_and_left_as_it_was(workspace: Workspace, ids: list[str]) -> None:
    growth, _ = show_page(workspace, "c", start_growth(workspace, "c", "a"), 10)
    growth, stage = show_page(workspace, "c", answer_page(growth, "right"), 10)
    given = accept(workspace, "c", growth, PERSON)
    assert given.validated == stage.right == 10
    assert [note.startswith("the last page, of 10 images, was not answered; ") for note in given.notes] == [True]
    assert f"{stage.open:,} candidates" in given.notes[0]
    images = workspace.catalog.images("c", [cut.id for cut in growth.page])
    assert {image.label for image in images.values()} == {None}


def test_a_session_outlives_labels_given_meanwhile(workspace: Workspace, ids: list[str]) -> None:
    growth, before = show_page(workspace, "c", start_growth(workspace, "c", "a"), 10)
    growth = answer_page(growth, "right")
    gone = growth.session.right
    assert gone is not None
    others = [ids[place] for place in range(121, 129)]
    give_labels(
        workspace, "c", {one: Label("b", "validated") for one in (gone.id, *others)}, LabelBatch("person", "Bo")
    )
    shown, after = show_page(workspace, "c", growth, 10)
    assert after.candidates == before.candidates - 9
    assert after.right == 9
    assert not {gone.id, *others} & {cut.id for cut in shown.page}
    whole = rank(workspace, "c", growth)[0].cuts()
    assert whole[18:28] == list(shown.page)  # twice as far down as what is right
    given = accept(workspace, "c", replace(growth, session=replace(growth.session, pages=1)), PERSON)
    assert given.validated == 9
    assert workspace.catalog.image("c", gone.id).label == "b"


def test_a_label_given_between_look_and_acceptance_stops_it(
    workspace: Workspace, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    growth, _ = show_page(workspace, "c", start_growth(workspace, "c", "a"), 10)
    growth = answer_page(growth, "right")
    ranked = rank(workspace, "c", growth)
    monkeypatch.setattr(bisection, "rank", lambda *_: ranked)
    give_labels(workspace, "c", {growth.session.kept[0]: Label("b", "validated")}, LabelBatch("person", "Bo"))
    with pytest.raises(StaleLabelError):
        accept(workspace, "c", growth, PERSON)


def test_unseen_images_may_be_validated_and_those_taken_out_rejected(workspace: Workspace, ids: list[str]) -> None:
    growth, _ = show_page(workspace, "c", start_growth(workspace, "c", "a"), 10)
    out = growth.page[4].id
    growth = answer_page(growth, "right", {out})
    growth, _ = show_page(workspace, "c", growth, 10)
    growth = answer_page(growth, "right")
    with pytest.raises(QueryError, match="10 images would be accepted that nobody has seen"):
        accept(workspace, "c", growth, PERSON)
    growth, _ = show_audit(workspace, "c", growth, 4)
    given = accept(workspace, "c", answer_audit(growth, set(), 0.9), PERSON, validate_unseen=True, reject=True)
    assert (given.validated, given.predicted, given.rejected, given.confidence) == (29, 0, 1, None)
    image = workspace.catalog.image("c", out)
    assert (image.label, image.state) == ("a", "rejected")
    ranking, _ = rank(workspace, "c", start_growth(workspace, "c", "a"))
    assert out not in {cut.id for cut in ranking.cuts()}
    assert out in {cut.id for cut in rank(workspace, "c", start_growth(workspace, "c", "b"))[0].cuts()}


def test_a_rejection_takes_no_other_predictions_place(workspace: Workspace, ids: list[str]) -> None:
    growth, _ = show_page(workspace, "c", start_growth(workspace, "c", "a"), 10)
    out = growth.page[0].id
    give_labels(workspace, "c", {out: Label("b", "predicted")}, LabelBatch("votes", "facies"))
    given = accept(workspace, "c", answer_page(growth, "right", {out}), PERSON, reject=True)
    assert (given.rejected, workspace.catalog.image("c", out).label) == (0, "b")


def test_anything_that_images_show_can_be_grown_within_a_filter(workspace: Workspace, ids: list[str]) -> None:
    growth = start_growth(workspace, "c", "new", examples=[ids[121], ids[123]], where=Equals("slide", "s1"))
    shown, stage = show_page(workspace, "c", growth, 6)
    assert stage.candidates == 100 - 2
    assert all(ids.index(cut.id) % 2 for cut in shown.page)
    assert {truth(ids, cut.id) for cut in shown.page} == {"b"}
    assert not {ids[121], ids[123]} & {cut.id for cut in shown.page}


def test_of_many_classes_the_nearest_are_compared_with(
    workspace: Workspace, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bisection, "_OTHERS", 1)
    growth = start_growth(workspace, "c", "a")
    middles = [VECTORS[[i for i in range(200) if LABELS[i] == name]].mean(axis=0) for name in "abc"]
    near = max("bc", key=lambda name: float(middles[0] @ middles["abc".index(name)]))
    assert [{truth(ids, one) for one in of_class} for of_class in growth.others] == [{near}]


def test_with_nothing_left_the_page_is_empty(workspace: Workspace) -> None:
    fill(workspace, VECTORS, NAMES)
    growth, stage = show_page(workspace, "c", start_growth(workspace, "c", "a"))
    assert (growth.page, stage.candidates, stage.open) == ((), 0, 0)
    with pytest.raises(QueryError, match="nothing would be labelled 'a'"):
        accept(workspace, "c", growth, PERSON)


def test_bad_input_is_told(workspace: Workspace, ids: list[str]) -> None:
    with pytest.raises(QueryError, match="--example"):
        start_growth(workspace, "c", "d")
    with pytest.raises(QueryError, match="label to grow is empty"):
        start_growth(workspace, "c", " ")
    with pytest.raises(ImageNotFoundError):
        start_growth(workspace, "c", "d", examples=["0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"])
    growth = start_growth(workspace, "c", "a")
    with pytest.raises(QueryError, match="at least 1"):
        show_page(workspace, "c", growth, 0)
    with pytest.raises(QueryError, match="nothing to audit"):
        show_audit(workspace, "c", growth)
    with pytest.raises(QueryError, match="in another way"):
        show_page(workspace, "c", replace(growth, made_by="f" * 16))
    with pytest.raises(QueryError, match="at most 64"):
        start_growth(workspace, "c", "a", examples=ids[:65])


def test_with_a_taxonomy_a_class_grows_under_its_accepted_name(workspace: Workspace, ids: list[str]) -> None:
    taxonomy = Taxonomy("letters", "three letters", (Taxon("a", synonyms=("alpha",)), Taxon("b"), Taxon("c")))
    workspace.catalog.add_taxonomy(taxonomy)
    workspace.catalog.use_taxonomy("c", "letters")
    assert start_growth(workspace, "c", "ALPHA") == start_growth(workspace, "c", "a")
    with pytest.raises(UnknownTaxonError, match="Did you mean 'a'"):
        start_growth(workspace, "c", "alphe", examples=ids[:1])
