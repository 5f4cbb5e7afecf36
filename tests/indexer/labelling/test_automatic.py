"""Labelling by itself: what is foretold, what is given, and that it never takes the place of what a person said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from facies.core.actors import Actor
from facies.core.errors import QueryError
from facies.core.filters import Equals
from facies.core.records import Label, LabelBatch
from facies.core.settings import Settings
from facies.core.taxonomy import Taxon, Taxonomy
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.labelling.automatic import AutoOrder, apply_labels, list_doubts, propose_labels
from facies.indexer.labelling.giving import give_labels, undo_labels

from .clusters import draw_clusters, fill

ANN = Actor("ann")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


@pytest.fixture
def truth(workspace: Workspace) -> dict[str, str]:
    """Three classes of sixty images each, every second one validated."""
    vectors, names = draw_clusters([60, 60, 60], spread=0.9)
    slides = [f"s{place // 4}" for place in range(len(names))]
    ids = fill(workspace, vectors, [n if i % 2 == 0 else None for i, n in enumerate(names)], slides=slides)
    return dict(zip(ids, names, strict=True))


def test_a_preview_changes_nothing_and_says_what_will_be(workspace: Workspace, truth: dict[str, str]) -> None:
    before = {one.id: one for one in workspace.catalog.iter_images("c")}
    proposal = propose_labels(workspace, "c", AutoOrder(precision=0.95))
    assert {one.id: one for one in workspace.catalog.iter_images("c")} == before
    assert len(proposal.images) == 90
    outcome = proposal.outcome
    assert outcome.labelled + outcome.in_sets + outcome.unknown == 90
    share = proposal.outcome.labelled / 90
    assert share == pytest.approx(proposal.rule.coverage, abs=0.2)
    expected, fewest, most = proposal.outcome.expected_errors
    assert fewest <= expected <= most


def test_what_is_given_is_as_right_as_was_asked_for_and_says_what_it_rests_on(
    workspace: Workspace, truth: dict[str, str]
) -> None:
    proposal = propose_labels(workspace, "c", AutoOrder(precision=0.9))
    batch = apply_labels(workspace, proposal, ANN)
    assert batch is not None
    assert batch.images == proposal.outcome.labelled > 30
    given = {r.id: r for r in workspace.catalog.iter_images("c") if r.state == "predicted"}
    assert len(given) == batch.images == workspace.store.count("c", Equals("state", "predicted"))
    assert np.mean([record.label == truth[one] for one, record in given.items()]) >= 0.85
    assert (batch.source, batch.actor) == (proposal.namer.way, "ann")
    assert batch.provenance["precision"] == 0.9
    assert batch.provenance["validated"] == 90
    assert batch.provenance["held_out"]["right"] == proposal.rule.right
    event = workspace.catalog.label_history("c", next(iter(given)))[-1].label
    assert event.confidence is not None
    assert event.confidence >= proposal.rule.threshold
    validated = {r.id for r in workspace.catalog.iter_images("c") if r.state == "validated"}
    assert len(event.neighbours) == 10
    assert set(event.neighbours) <= validated

    undo_labels(workspace, "c", batch.number, LabelBatch("undo", "ann"))
    assert workspace.store.count("c", Equals("state", "predicted")) == 0
    assert not [r for r in workspace.catalog.iter_images("c") if r.state == "predicted"]


def test_what_a_person_says_meanwhile_stays(workspace: Workspace, truth: dict[str, str]) -> None:
    proposal = propose_labels(workspace, "c", AutoOrder(precision=0.9))
    one = proposal.images[int(np.flatnonzero(proposal.accepted)[0])].id
    give_labels(workspace, "c", {one: Label("zebra", "validated")}, LabelBatch("person", "ann"))
    apply_labels(workspace, proposal, ANN)
    assert workspace.catalog.image("c", one).label == "zebra"
    assert workspace.store.get("c", [one])[one].payload["label"] == "zebra"


def test_the_neighbours_are_the_nearest_validated_images(workspace: Workspace, truth: dict[str, str]) -> None:
    proposal = propose_labels(workspace, "c", AutoOrder())
    points = workspace.store.get("c", list(truth))
    validated = [r.id for r in workspace.catalog.iter_images("c") if r.state == "validated"]
    rows = np.stack([points[one].vectors["one"] for one in validated])
    for place in (0, 40, 89):
        order = np.argsort(-(rows @ points[proposal.images[place].id].vectors["one"]), kind="stable")
        found = [proposal.teachers[at].id for at in proposal.neighbours[place]]
        assert found[:3] == [validated[at] for at in order[:3]]


def test_strangers_stay_unknown_unless_the_gate_is_opened(workspace: Workspace) -> None:
    known, names = draw_clusters([50, 50], spread=0.3)
    strange = -known[:20]
    fill(workspace, np.concatenate([known, strange]), [*names, *[None] * 20])
    gated = propose_labels(workspace, "c", AutoOrder(precision=0.9))
    assert gated.outcome.unknown == 20
    opened = propose_labels(workspace, "c", AutoOrder(precision=0.9, gate=False))
    assert opened.outcome.unknown == 0
    assert apply_labels(workspace, gated, ANN) is None
    assert len(workspace.catalog.label_batches("c")) == 1


def test_groups_vouch_for_no_one_of_their_own(workspace: Workspace, truth: dict[str, str]) -> None:
    grouped = propose_labels(workspace, "c", AutoOrder(group="slide"))
    assert grouped.namer.validated.groups is not None
    slides = [one.group for one in grouped.teachers]
    for place, neighbours in enumerate(grouped.namer.held_out.neighbours):
        assert slides[place] not in {slides[at] for at in neighbours}


def test_a_filter_narrows_what_is_labelled_not_what_is_learnt(workspace: Workspace, truth: dict[str, str]) -> None:
    narrowed = propose_labels(workspace, "c", AutoOrder(where=Equals("slide", "s0")))
    assert (len(narrowed.images), len(narrowed.teachers)) == (2, 90)


@pytest.mark.parametrize("precision", [0.0, 1.0, 1.5])
def test_an_impossible_precision_is_refused(workspace: Workspace, truth: dict[str, str], precision: float) -> None:
    with pytest.raises(QueryError, match="expected more than 0 and less than 1"):
        propose_labels(workspace, "c", AutoOrder(precision=precision))


def test_an_empty_gallery_and_one_class_only_are_named(workspace: Workspace) -> None:
    vectors, names = draw_clusters([20])
    fill(workspace, vectors, [None] * 20, name="bare")
    with pytest.raises(QueryError, match="no image with a validated label, so nothing can be learnt"):
        propose_labels(workspace, "bare", AutoOrder())
    fill(workspace, vectors, [*names[:10], *[None] * 10], name="one")
    with pytest.raises(QueryError, match="of 1 class, 'a'; naming takes at least 2"):
        propose_labels(workspace, "one", AutoOrder())


def test_where_all_is_validated_there_is_nothing_to_do(workspace: Workspace) -> None:
    vectors, names = draw_clusters([20, 20], spread=0.3)
    fill(workspace, vectors, names)
    proposal = propose_labels(workspace, "c", AutoOrder())
    assert (len(proposal.images), proposal.outcome.expected_errors) == (0, (0.0, 0.0, 0.0))
    assert apply_labels(workspace, proposal, ANN) is None
    assert any("only 40 validated images" in note for note in list_doubts(proposal))


def test_a_label_that_a_person_rejected_is_not_given_again(workspace: Workspace, truth: dict[str, str]) -> None:
    order = AutoOrder(precision=0.9)
    first = propose_labels(workspace, "c", order)
    place = int(np.flatnonzero(first.accepted)[0])
    one, label = first.images[place].id, first.namer.validated.classes[first.decisions.codes[place]]
    give_labels(workspace, "c", {one: Label(label, "rejected")}, LabelBatch("person", "ann"))
    second = propose_labels(workspace, "c", order)
    assert second.images[place].id == one
    assert second.namer.validated.classes[second.decisions.codes[place]] != label
    batch = apply_labels(workspace, second, ANN)
    assert batch is not None
    predicted = [r for r in workspace.catalog.iter_images("c") if r.state == "predicted"]
    assert len(predicted) == batch.images == second.outcome.labelled


def test_a_filter_that_lets_nothing_through_is_told(workspace: Workspace, truth: dict[str, str]) -> None:
    proposal = propose_labels(workspace, "c", AutoOrder(where=Equals("slide", "none"), gate=False))
    notes = list_doubts(proposal)
    assert "there is no image without a name that a person gave that the filter lets through" in notes
    assert any(note.startswith("without the gate") for note in notes)


def test_labels_that_are_spread_though_the_taxonomy_has_them_not_are_told(
    workspace: Workspace, truth: dict[str, str]
) -> None:
    names = sorted(set(truth.values()))
    workspace.catalog.add_taxonomy(Taxonomy("letters", "some of them", tuple(Taxon(name) for name in names[:2])))
    workspace.catalog.use_taxonomy("c", "letters")
    proposal = propose_labels(workspace, "c", AutoOrder(precision=0.9))
    told = f"1 of the labels are no accepted names of the taxonomy 'letters': {names[2]!r}; "
    assert sum(note.startswith(told) for note in list_doubts(proposal)) == 1
    workspace.catalog.use_taxonomy("c", None)
    assert not any("taxonomy" in note for note in list_doubts(propose_labels(workspace, "c", proposal.order)))
