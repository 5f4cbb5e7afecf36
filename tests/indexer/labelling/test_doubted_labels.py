from __future__ import annotations

import numpy as np
import pytest

from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling import doubted_labels
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.labelling.queue_items import QueueOrder
from facies.indexer.labelling.queues import make_queue
from tests.indexer.labelling.clusters import PERSON, draw_clusters, fill

VECTORS, NAMES = draw_clusters([30, 30, 30], spread=0.4)


def test_labels_that_were_mixed_up_come_first_with_the_right_one(workspace: Workspace) -> None:
    labels = list(NAMES)
    labels[4], labels[40] = "c", "a"
    ids = fill(workspace, VECTORS, labels)
    queue = make_queue(workspace, "c", QueueOrder("errors", 10))
    assert {item.id for item in queue.items[:2]} == {ids[4], ids[40]}
    assert {(item.id, item.suggestions[0].label) for item in queue.items[:2]} == {(ids[4], "a"), (ids[40], "b")}
    assert queue.looked_at == 90


def test_near_duplicates_with_different_labels_come_in_pairs(workspace: Workspace) -> None:
    vectors = np.vstack([VECTORS, VECTORS[:3]])
    labels = [*NAMES, "b", "a", None]
    ids = fill(workspace, vectors, labels)
    queue = make_queue(workspace, "c", QueueOrder("duplicates", 10, alike=0.9999))
    assert [{item.id, item.mate} for item in queue.items] == [{ids[0], ids[90]}]
    assert {str(queue.items[0].mate_label)} <= {"a", "b"}
    assert queue.looked_at == 92


def test_of_many_labelled_images_a_part_is_compared_and_that_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, VECTORS, NAMES)
    monkeypatch.setattr(doubted_labels, "MOST_LABELLED", 12)
    queue = make_queue(workspace, "c", QueueOrder("duplicates"))
    assert queue.looked_at == 12
    assert queue.notes[0] == "of 90 labelled images 12 were compared, a part of each label"


def test_who_flagged_an_image_is_told_until_somebody_replies(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, NAMES)
    first = LabelBatch("person", "Ann")
    give_labels(workspace, "c", {ids[3]: Label("a", "dubious", note="two horns?")}, first)
    flagged = give_labels(workspace, "c", {ids[5]: Label("b", "dubious")}, LabelBatch("person", "Bo"))
    queue = make_queue(workspace, "c", QueueOrder("flagged"))
    assert [(item.id, item.note, item.actor) for item in queue.items] == [
        (ids[5], None, "Bo"),
        (ids[3], "two horns?", "Ann"),
    ]
    seen = {ids[3]: queue.items[1].event}
    give_labels(
        workspace, "c", {ids[3]: Label("b", "validated", note="one is a fold")}, LabelBatch("person", "Cy"), seen=seen
    )
    assert [item.id for item in make_queue(workspace, "c", QueueOrder("flagged")).items] == [ids[5]]
    history = workspace.catalog.label_history("c", ids[3])
    assert [entry.label.note for entry in history if entry.label.note] in (
        ["two horns?", "one is a fold"],
        ["one is a fold", "two horns?"],
    )
    undo_labels(workspace, "c", flagged.number, LabelBatch("undo", PERSON.name))
    assert make_queue(workspace, "c", QueueOrder("flagged")).notes == ("no image is flagged as dubious",)
