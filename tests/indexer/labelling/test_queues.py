from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.filters import Equals
from facies.core.records import LabelState
from facies.core.workspace import Workspace
from facies.indexer.labelling import queues
from facies.indexer.labelling.queue_items import REASONS, QueueOrder, Reason
from facies.indexer.labelling.queues import make_queue
from facies.models.kcenter import pick_diverse
from tests.indexer.labelling.clusters import draw_clusters, fill

VECTORS, NAMES = draw_clusters([10, 10, 10], spread=0.6)
LABELS = [name if place % 2 else None for place, name in enumerate(NAMES)]


def test_diverse_ones_are_far_from_the_validated_and_each_other(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, LABELS)
    queue = make_queue(workspace, "c", QueueOrder("diverse", 5))
    order = np.argsort(ids)  # the order of the catalogue, which decides among equals alone
    unnamed = [place for place in order if LABELS[place] is None]
    known = VECTORS[[place for place in order if LABELS[place] is not None]]
    picked, apart = pick_diverse(VECTORS[unnamed], known, 5)
    assert [item.id for item in queue.items] == [ids[unnamed[place]] for place in picked]
    assert [item.value for item in queue.items] == pytest.approx(apart.tolist())


def test_diversity_needs_no_validated_image(workspace: Workspace) -> None:
    fill(workspace, VECTORS, [None] * 30)
    queue = make_queue(workspace, "c", QueueOrder("diverse", 3))
    assert (len(queue.items), queue.looked_at, queue.notes) == (3, 30, ())


def test_of_more_than_fit_a_part_is_compared_and_that_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, VECTORS, LABELS)
    monkeypatch.setattr(queues, "MOST_BYTES", 6 * 4 * 16)
    queue = make_queue(workspace, "c", QueueOrder("diverse"))
    assert queue.looked_at == len(queue.items) == 6
    assert queue.notes == ("of 15 images 6 were compared, spread evenly",)


@pytest.mark.parametrize("reason", REASONS)
def test_each_queue_is_short_enough_and_of_the_filter(workspace: Workspace, reason: Reason) -> None:
    slides = [f"s{place % 3}" for place in range(30)]
    states: list[LabelState] = ["dubious" if not place % 4 else "validated" for place in range(30)]
    ids = fill(workspace, VECTORS, LABELS, slides=slides, second=VECTORS[::-1].copy(), states=states)
    order = QueueOrder(reason, 2, where=None if reason in {"errors", "duplicates"} else Equals("slide", "s1"))
    queue = make_queue(workspace, "c", order)
    assert len(queue.items) <= 2
    if order.where is not None:
        assert all(slides[ids.index(item.id)] == "s1" for item in queue.items)
    assert queue.items or queue.notes


@pytest.mark.parametrize("reason", ["uncertain", "boundary", "diverse", "disagreement"])
def test_where_nothing_waits_the_answer_is_empty_and_says_why(workspace: Workspace, reason: Reason) -> None:
    fill(workspace, VECTORS, NAMES, second=VECTORS)
    queue = make_queue(workspace, "c", QueueOrder(reason))
    assert queue.items == ()
    assert "no image waits for a name" in queue.notes[-1]


@pytest.mark.parametrize("reason", ["uncertain", "boundary", "disagreement", "errors"])
def test_what_takes_validated_images_says_so(workspace: Workspace, reason: Reason) -> None:
    fill(workspace, VECTORS, [None] * 30, second=VECTORS)
    with pytest.raises(QueryError, match="nothing can be learnt"):
        make_queue(workspace, "c", QueueOrder(reason))
    fill(workspace, VECTORS, ["a", "a", "a", *[None] * 27], name="one-class", second=VECTORS)
    with pytest.raises(QueryError, match="1 class"):
        make_queue(workspace, "one-class", QueueOrder(reason))


def test_a_queue_of_none_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(QueryError, match="limit is 0"):
        make_queue(workspace, "c", QueueOrder("diverse", 0))


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_left_out_makes_room_for_others(workspace: Workspace, reason: Reason) -> None:
    vectors = np.vstack([VECTORS, VECTORS])
    if reason in {"errors", "duplicates"}:
        labels: list[str | None] = [*NAMES, *np.roll(NAMES, 3)]
        states: list[LabelState] = ["validated"] * 60
    else:
        labels = [*LABELS, *NAMES]
        states = ["validated" if place % 2 else "dubious" for place in range(60)]
    fill(workspace, vectors, labels, second=vectors[::-1].copy(), states=states)
    first = make_queue(workspace, "c", QueueOrder(reason, 3, alike=0.9999))
    seen = {one for item in first.items for one in (item.id, item.mate) if one is not None}
    assert len(first.items) == 3
    second = make_queue(workspace, "c", QueueOrder(reason, 3, alike=0.9999, without=frozenset(seen)))
    assert second.items
    assert not seen & {one for item in second.items for one in (item.id, item.mate)}
    every = make_queue(workspace, "c", QueueOrder(reason, 100, alike=0.9999))
    gone = frozenset(one for item in every.items for one in (item.id, item.mate) if one is not None)
    last = make_queue(workspace, "c", QueueOrder(reason, 3, alike=0.9999, without=gone))
    assert (last.items, last.notes) == ((), ())


def test_what_was_looked_at_counts_as_known_to_the_diverse(workspace: Workspace) -> None:
    fill(workspace, VECTORS, [None] * 30)
    whole = [item.id for item in make_queue(workspace, "c", QueueOrder("diverse", 12)).items]
    rest = make_queue(workspace, "c", QueueOrder("diverse", 6, without=frozenset(whole[:6]))).items
    assert [item.id for item in rest] == whole[6:]
