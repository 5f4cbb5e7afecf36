"""Whatever happens to labels, the payload says what the catalogue says."""

from __future__ import annotations

from typing import Any

import pytest

from facies.core.filters import Equals
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling import mirror
from facies.indexer.labelling.mirror import check_labels, follow_all_labels, follow_labels, mirror_labels

from .conftest import NAME

ANN = LabelBatch("person", "ann")


def payloads(workspace: Workspace) -> dict[str, tuple[object, object]]:
    return {p.id: (p.payload.get("label"), p.payload.get("state")) for p in workspace.store.scroll(NAME)}


def rows(workspace: Workspace) -> dict[str, tuple[object, object]]:
    return {r.id: (r.label, r.state) for r in workspace.catalog.iter_images(NAME)}


def test_labels_that_came_with_the_images_need_no_following(opened: Workspace, ids: list[str]) -> None:
    assert follow_labels(opened, NAME) == 0
    assert payloads(opened) == rows(opened)


def test_a_payload_follows_labels_and_their_undoing(opened: Workspace, ids: list[str]) -> None:
    batch = opened.catalog.label_images(NAME, dict.fromkeys(ids[2:9], Label("nereis", "predicted")), ANN)
    assert payloads(opened) != rows(opened)
    assert follow_labels(opened, NAME) == 7
    assert payloads(opened) == rows(opened)
    assert opened.store.count(NAME, Equals("label", "nereis")) == 5  # two of the seven were validated before

    opened.catalog.undo_batch(NAME, batch.number, LabelBatch("undo", "ann"))
    follow_all_labels(opened)
    assert payloads(opened) == rows(opened)
    assert opened.store.count(NAME, Equals("label", "nereis")) == 0
    assert "label" not in opened.store.get(NAME, [ids[8]])[ids[8]].payload
    assert opened.store.get(NAME, [ids[8]])[ids[8]].payload["well"] == "A"


def test_somebody_who_labels_meanwhile_is_followed_too(
    opened: Workspace, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.catalog.label_images(NAME, {ids[5]: Label("old", "validated")}, ANN)
    write = mirror.write_payloads
    late = iter([Label("newer", "validated"), Label("newest", "validated")])

    def slow(*arguments: Any) -> None:
        label = next(late, None)
        if label is not None:  # between the reading of the rows and the writing of the payload
            opened.catalog.label_images(NAME, {ids[5]: label}, ANN)
        write(*arguments)

    monkeypatch.setattr(mirror, "write_payloads", slow)
    follow_labels(opened, NAME)
    assert payloads(opened)[ids[5]] == ("newest", "validated")
    assert opened.catalog.unfollowed(NAME)[0] == opened.catalog.unfollowed(NAME)[1]


def test_drift_is_found_and_mended(opened: Workspace, ids: list[str]) -> None:
    opened.store.set_payload(NAME, [ids[0]], {"label": "stale", "well": "B"})
    opened.store.set_payload(NAME, [ids[6]], {"label": "ghost", "state": "validated"})
    opened.store.delete(NAME, [ids[1]])
    before = payloads(opened)

    found = check_labels(opened, NAME, mend=False)
    assert (found.images, found.drifted, found.lacking, found.mended, found.strange) == (12, 2, 1, 0, 0)
    assert payloads(opened) == before

    assert check_labels(opened, NAME).mended == 2
    assert opened.store.get(NAME, [ids[0]])[ids[0]].payload["well"] == "A"
    assert payloads(opened) == {one: label for one, label in rows(opened).items() if one != ids[1]}
    assert check_labels(opened, NAME).drifted == 0


def test_the_payload_of_some_images_is_written_as_it_is_now(opened: Workspace, ids: list[str]) -> None:
    opened.store.set_payload(NAME, ids, {"label": "stale", "state": "dubious"})
    mirror_labels(opened, NAME, ids[:6])
    assert {one: payloads(opened)[one] for one in ids[:6]} == {one: rows(opened)[one] for one in ids[:6]}
    assert payloads(opened)[ids[7]] == ("stale", "dubious")
    mirror_labels(opened, NAME, [])
