"""Growing a label by bisection on a collection: pages between two cuts, an audit, and one batch that can be undone.

Nothing of a session is kept here: `Growth` holds all of it, goes out with every answer and comes back with the next
request. It so outlives a restart, and labels that others give meanwhile: the cuts name places by value, and whoever
has a name by then is no candidate any more.

What a person saw and left in is validated. What is accepted unseen is a prediction, as sure as the lower end of what
the audit says: nothing that nobody has seen counts as validated, and votes for others, unless that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import QueryError
from facies.core.records import Label, LabelBatch
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.growth import Growth, Stage, describe, describe_open, list_unseen, locate
from facies.indexer.labelling.plates import unknown_class
from facies.indexer.labelling.review import choose_vector, iter_vectors, open_review
from facies.indexer.labelling.taxa import resolve_labels
from facies.models.bisection import Ranking, compute_leads, draw_audit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facies.core.actors import Actor
    from facies.core.filters import Filter
    from facies.core.metrics import Embeddings
    from facies.core.records import LabelBatchRecord
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Standing

PAGE: Final = 20
AUDIT: Final = 20
MOST_EXAMPLES: Final = 64
_OF_EACH_OTHER: Final = 16
_OTHERS: Final = 20
"""Classes that candidates are compared with besides: those nearest to the examples."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was given.

    Attributes:
        batch: the batch, which can be undone.
        validated: images with a validated label.
        predicted: images with a prediction.
        rejected: images that are rejected for the label.
        confidence: of the predictions; None where there is none.
        notes: what a person should know.
    """

    batch: LabelBatchRecord
    validated: int
    predicted: int
    rejected: int
    confidence: float | None
    notes: tuple[str, ...] = ()


def start_growth(
    workspace: Workspace,
    collection: str,
    label: str,
    *,
    examples: Sequence[str] = (),
    vector: str | None = None,
    where: Filter | None = None,
) -> Growth:
    """Open a session for a class, by its validated images, or for anything that some images show.

    Args:
        workspace: the open data.
        collection: its name.
        label: what accepted images will be called.
        examples: ids of images that show it; none: validated images of the label.
        vector: named vector to compare by; None: the default.
        where: narrows the candidates.

    Raises:
        CollectionNotFoundError: there is none of this name.
        ImageNotFoundError: an example is no image of the collection.
        QueryError: there is no example, no vector of this name, or the label is empty.
        UnknownTaxonError: the label is no taxon of the collection's taxonomy.
    """
    label = label.strip()
    if not label:
        raise QueryError("the label to grow is empty; give the name of a class")
    label = resolve_labels(workspace, collection, [label])[label]
    if len(examples) > MOST_EXAMPLES:
        raise QueryError(f"{len(examples)} examples were given, expected at most {MOST_EXAMPLES}")
    chosen = choose_vector(workspace, collection, vector)
    known = workspace.catalog.label_counts(collection)
    ids = list(dict.fromkeys(examples)) or workspace.catalog.validated_ids(collection, label, MOST_EXAMPLES)
    if not ids:
        error = unknown_class(collection, label, known)
        raise QueryError(f"{error.message} Or give images that show it as examples (--example ID).")
    for one in examples:
        workspace.catalog.image(collection, one)
    rows = _read(workspace, collection, chosen.name, ids)
    if not len(rows):
        raise QueryError(f"no example has the vector {chosen.name!r} yet; `facies index` or `add-model` makes it")
    others = [
        tuple(workspace.catalog.validated_ids(collection, other, _OF_EACH_OTHER)) for other in known if other != label
    ]
    others = [kept for one in others if (kept := tuple(key for key in one if key not in set(ids)))]
    near = _nearest(workspace, collection, chosen.name, rows, others)
    return Growth(label, chosen.name, chosen.fingerprint.digest, tuple(ids), near, where)


def show_page(workspace: Workspace, collection: str, growth: Growth, size: int = PAGE) -> tuple[Growth, Stage]:
    """Put the page that tells most before a person, and say where the session stands.

    Raises:
        QueryError: the vector is gone or made in another way, no example is left, or the size is below 1.
    """
    ranking, _ = rank(workspace, collection, growth)
    page = ranking.next_page(growth.session, size)
    shown = replace(growth, page=tuple(page), sample=())
    return shown, locate(ranking, shown)


def show_audit(
    workspace: Workspace, collection: str, growth: Growth, count: int = AUDIT, seed: int = 0
) -> tuple[Growth, Stage]:
    """Put a sample of what would be accepted unseen before a person.

    Raises:
        QueryError: see `show_page`; count is below 1 or seed below 0; or there is nothing unseen.
    """
    ranking, _ = rank(workspace, collection, growth)
    unseen = list_unseen(ranking, growth.session)
    if not unseen:
        raise QueryError("everything that would be accepted has been seen, so there is nothing to audit; accept it")
    shown = replace(growth, page=(), sample=tuple(draw_audit(unseen, count, seed)), seed=seed)
    return shown, locate(ranking, shown)


def accept(
    workspace: Workspace,
    collection: str,
    growth: Growth,
    actor: Actor,
    *,
    validate_unseen: bool = False,
    reject: bool = False,
) -> Accepted:
    """Give the label to all that is right by the session, as one batch.

    Args:
        workspace: the open data.
        collection: its name.
        growth: audited, unless everything was seen.
        actor: the person.
        validate_unseen: whether what nobody saw is validated too.
        reject: whether images that were taken out are rejected for the label, where they have no other prediction.

    Raises:
        QueryError: see `show_page`; nothing would be accepted, or something unseen was not audited.
        StaleLabelError: somebody has labelled one of the images meanwhile; nothing was changed.
    """
    ranking, standings = rank(workspace, collection, growth)
    unseen = [cut.id for cut in list_unseen(ranking, growth.session)]
    if unseen and growth.audited is None:
        raise QueryError(
            f"{len(unseen):,} images would be accepted that nobody has seen; audit a sample of them first (--audit)"
        )
    low = None if growth.audited is None else growth.audited.low
    labels = {one: Label(growth.label, "validated") for one in growth.session.kept if one in standings}
    for one in unseen:
        labels[one] = (
            Label(growth.label, "validated") if validate_unseen else Label(growth.label, "predicted", confidence=low)
        )
    if not labels:
        raise QueryError(f"nothing would be labelled {growth.label!r}: no page was right, or others have labelled it")
    out = [one for one in growth.session.taken_out if reject and _may_be_rejected(standings.get(one), growth.label)]
    labels |= {one: Label(growth.label, "rejected") for one in out}
    batch = LabelBatch("bisection", actor.name, actor.verified, describe(growth, len(unseen)))
    made = give_labels(workspace, collection, labels, batch, seen={one: standings[one].event for one in labels})
    predicted = 0 if validate_unseen else len(unseen)
    left = describe_open(ranking, growth)
    return Accepted(
        batch=made,
        validated=len(labels) - len(out) - predicted,
        predicted=predicted,
        rejected=len(out),
        confidence=low if predicted else None,
        notes=() if left is None else (left,),
    )


def rank(workspace: Workspace, collection: str, growth: Growth) -> tuple[Ranking, dict[str, Standing]]:
    """Order the candidates of now, and give how each stands by id.

    Raises:
        QueryError: the vector is gone or made in another way, or no example is left.
    """
    review = open_review(workspace, collection, growth.vector, where=growth.where)
    if review.vector.fingerprint.digest != growth.made_by:
        raise QueryError(
            f"vector {growth.vector!r} of collection {collection!r} is made in another way since this session began, "
            "so its cuts mean nothing any more; start anew"
        )
    examples = _read(workspace, collection, growth.vector, growth.examples)
    others = [_read(workspace, collection, growth.vector, ids) for ids in growth.others]
    own = set(growth.examples)
    wanted = [one for one in review.candidates if one.id not in own and _is_candidate(one, growth.label)]
    there: list[Standing] = []
    leads = [np.empty(0)]
    for batch, (vectors,) in iter_vectors(workspace, review, wanted):
        there += batch
        leads.append(compute_leads(vectors, examples, [one for one in others if len(one)]))
    ranking = Ranking([one.id for one in there], np.concatenate(leads))
    return ranking, {one.id: one for one in there}


def _is_candidate(one: Standing, label: str) -> bool:
    return not (one.state == "rejected" and one.label == label)


def _may_be_rejected(one: Standing | None, label: str) -> bool:
    """Whether a rejection takes no other prediction's place."""
    return one is not None and one.label in (None, label)


def _nearest(
    workspace: Workspace, collection: str, vector: str, examples: Embeddings, others: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Those classes that come nearest to the examples, where there are many."""
    if len(others) <= _OTHERS:
        return tuple(others)
    rows = [_read(workspace, collection, vector, ids) for ids in others]
    middle = examples.mean(axis=0)
    near = [-float(middle @ row.mean(axis=0)) if len(row) else np.inf for row in rows]
    return tuple(others[place] for place in np.argsort(near, kind="stable")[:_OTHERS])


def _read(workspace: Workspace, collection: str, vector: str, ids: Sequence[str]) -> Embeddings:
    """The vectors of images that are still there and have one, (n, d) float32, in the order of the ids."""
    points = workspace.store.get(collection, list(ids), vectors=[vector])
    rows = [np.asarray(point.vectors[vector], np.float32) for point in points.values() if vector in point.vectors]
    return np.stack(rows) if rows else np.empty((0, 1), np.float32)
