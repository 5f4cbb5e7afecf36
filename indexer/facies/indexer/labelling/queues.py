"""Queues: the images of a collection that are most worth a person's look, for one reason or another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from facies.indexer.labelling.doubted_labels import find_duplicates, find_errors, find_flagged
from facies.indexer.labelling.doubtful import find_boundary, find_disagreement, find_uncertain
from facies.indexer.labelling.queue_items import Found, QueueItem
from facies.indexer.labelling.review import MOST_BYTES, check_limit, open_review, read_teachers, read_vectors
from facies.indexer.sampling import pick_evenly
from facies.models.kcenter import pick_diverse

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.queue_items import QueueOrder, Reason
    from facies.indexer.labelling.review import Learn, Review


@dataclass(frozen=True, slots=True)
class Queue:
    """Images that wait for a look, the most worth one first.

    Attributes:
        reason: why.
        collection: its name.
        vector: by which images were compared.
        items: at most as many as were asked for.
        looked_at: images among which they were found.
        notes: what a person should know, such as what was left out.
    """

    reason: Reason
    collection: str
    vector: str
    items: tuple[QueueItem, ...]
    looked_at: int
    notes: tuple[str, ...]


def make_queue(workspace: Workspace, collection: str, order: QueueOrder, learn: Learn | None = None) -> Queue:
    """Look through a collection for images that are worth a look.

    Args:
        workspace: the open data.
        collection: its name.
        order: what is wanted.
        learn: see `facies.indexer.labelling.review.Review`.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: the limit is below 1; there is no vector or field of a name; nothing is validated, or of one class
            alone, where that takes more.
    """
    check_limit(order.limit)
    review = open_review(workspace, collection, order.vector, where=order.where, group=order.group, learn=learn)
    find, nothing = _WAYS[order.reason]
    found = find(workspace, review, order)
    # Why nothing is there is not known where something was left out.
    notes = review.notes if found.items or order.without else [*review.notes, nothing]
    return Queue(order.reason, collection, review.vector.name, tuple(found.items), found.looked_at, tuple(notes))


def find_diverse(workspace: Workspace, review: Review, order: QueueOrder) -> Found:
    """Candidates far from all validated images and from each other; the value is how far, 0 to 2, by then.

    Those that are left out were looked at, so others like them are no news: they count as known.
    """
    dim = review.vector.dim
    candidates = order.leave_out(review.candidates)
    places = pick_evenly(len(candidates), max(1, MOST_BYTES // (4 * dim)), seed=0)
    if len(places) < len(candidates):
        review.notes.append(f"of {len(candidates):,} images {len(places):,} were compared, spread evenly")
    there, vectors = read_vectors(workspace, review, [candidates[place] for place in places])
    known = read_teachers(workspace, review).vectors if review.validated else np.empty((0, dim), np.float32)
    seen = [one for one in review.candidates if one.id in order.without]
    if seen:
        known = np.concatenate([known, read_vectors(workspace, review, seen)[1]])
    chosen, apart = pick_diverse(vectors, known, order.limit)
    items = [
        QueueItem(there[place].id, there[place].event, float(far)) for place, far in zip(chosen, apart, strict=True)
    ]
    return Found(items, len(there))


_Find: TypeAlias = "Callable[[Workspace, Review, QueueOrder], Found]"
_ALL_NAMED = "no image waits for a name: each has a label that a person gave, or no vector, or the filter leaves it out"
_WAYS: Final[Mapping[Reason, tuple[_Find, str]]] = MappingProxyType(
    {
        "uncertain": (find_uncertain, _ALL_NAMED),
        "boundary": (find_boundary, _ALL_NAMED),
        "diverse": (find_diverse, _ALL_NAMED),
        "disagreement": (find_disagreement, _ALL_NAMED),
        "errors": (find_errors, "no validated label is suspected to be wrong"),
        "duplicates": (find_duplicates, "no two images that are so much alike have different labels"),
        "flagged": (find_flagged, "no image is flagged as dubious"),
    }
)
