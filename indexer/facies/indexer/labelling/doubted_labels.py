"""Labels that are in doubt: by images held out from them, by a near-duplicate, or by a person who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.records import Prediction
from facies.indexer.labelling.queue_items import Found, QueueItem
from facies.indexer.labelling.review import read_vectors, spread
from facies.models.label_errors import find_label_errors
from facies.models.near_duplicates import find_conflicts

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.queue_items import QueueOrder
    from facies.indexer.labelling.review import Review

MOST_LABELLED: Final = 20_000
"""Labelled images that are compared with each other in the search for duplicates: 200 million pairs."""


def find_errors(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Validated images whose label is probably wrong; their value is how well it fits, 0 to 1, the least first."""
    teachers, namer = review.learn(workspace, review, None)
    named = namer.held_out.probabilities
    suspects = find_label_errors(named, teachers.codes)
    items = []
    for place, code, quality in zip(suspects.indices, suspects.suggested, suspects.quality, strict=True):
        one = teachers.standings[place]
        if one.id in order.without:
            continue
        suggested = Prediction(teachers.classes[code], float(named[place, code]))
        items.append(QueueItem(one.id, one.event, float(quality), (suggested,)))
    return Found(items[: order.limit], len(teachers.standings))


def find_duplicates(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Near-duplicates whose labels differ; the value is their cosine. Each pair comes once."""
    everyone = order.leave_out((*review.validated, *review.flagged, *review.candidates))
    labelled = [one for one in everyone if _is_named(one.state)]
    chosen = spread(labelled, MOST_LABELLED)
    if len(chosen) < len(labelled):
        review.notes.append(f"of {len(labelled):,} labelled images {len(chosen):,} were compared, a part of each label")
    there, vectors = read_vectors(workspace, review, chosen)
    codes = np.unique([str(one.label) for one in there], return_inverse=True)[1] if there else np.empty(0, np.int64)
    pairs = find_conflicts(vectors, codes, order.alike, most=order.limit)
    items = [
        QueueItem(there[i].id, there[i].event, float(cosine), mate=there[j].id, mate_label=there[j].label)
        for i, j, cosine in zip(pairs.first, pairs.second, pairs.similarities, strict=True)
    ]
    return Found(items, len(there))


def find_flagged(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Images that a person called dubious, the latest first, with the remark and who made it."""
    latest = sorted(order.leave_out(review.flagged), key=lambda one: -(one.event or 0))[: order.limit]
    numbers = [one.event for one in latest if one.event is not None]
    events = workspace.catalog.label_events(review.collection, numbers)
    items = []
    for one in latest:
        event = None if one.event is None else events.get(one.event)
        note, actor = (None, None) if event is None else (event.label.note, event.batch.actor)
        items.append(QueueItem(one.id, one.event, note=note, actor=actor))
    return Found(items, len(review.flagged))


def _is_named(state: str | None) -> bool:
    return state is not None and state != "rejected"
