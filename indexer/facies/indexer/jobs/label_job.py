"""Jobs of kind ``label``: labels for all images that nobody has named, as one batch. Begun again, one starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facies.core.actors import Actor
from facies.core.filters import parse_filter
from facies.indexer.jobs.parameters import LabelParameters
from facies.indexer.labelling.automatic import AutoOrder, Proposal, apply_labels, list_doubts, propose_labels

if TYPE_CHECKING:
    from facies.core.records import LabelBatchRecord
    from facies.indexer.jobs.work import Work


def run(work: Work) -> dict[str, Any]:
    """Decide on every image that no person has named, and give the labels; gives counts, and the batch's number.

    Raises:
        JobBrokenOffError: the attempt was to end before anything was given.
        FaciesError: see `facies.indexer.labelling.automatic.propose_labels`.
    """
    given = work.parameters(LabelParameters)
    order = AutoOrder(
        precision=given.precision,
        vector=given.vector,
        where=None if given.where is None else parse_filter(given.where),
        group=given.group,
        per_class=given.per_class,
        gate=given.gate,
    )
    work.progress("reading the validated images")
    proposal = propose_labels(
        work.workspace, given.collection, order, lambda done, total: work.progress("naming images", done, total)
    )
    work.check()  # the last moment: what follows is one batch
    made = apply_labels(work.workspace, proposal, Actor(work.job.actor)) if given.apply else None
    return _body(proposal, made)


def _body(proposal: Proposal, made: LabelBatchRecord | None) -> dict[str, Any]:
    rule = proposal.rule
    outcome = proposal.outcome
    expected, fewest, most = outcome.expected_errors
    return {
        "collection": proposal.review.collection,
        "vector": proposal.review.vector.name,
        "precision": rule.precision,
        "validated": len(proposal.teachers),
        "images": len(proposal.images),
        "labelled": outcome.labelled,
        "in_sets": outcome.in_sets,
        "unknown": outcome.unknown,
        "expected_errors": expected,
        "expected_errors_interval": [fewest, most],
        "threshold": float(rule.threshold) if np.isfinite(rule.threshold) else None,
        "batch": None if made is None else made.number,
        "notes": list_doubts(proposal),
    }
