"""Labels for all images of a collection that nobody has named: first what would become of them, then one batch.

What is said before anything is changed comes from the validated images, each named once without itself: which share of
the images will get a label, and how many of these labels will be wrong. Applying is one batch of predictions, which
never takes the place of what a person said and can be undone at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facies.core.errors import QueryError
from facies.core.records import SHORT_DIGEST, Label, LabelBatch, LabelBatchRecord
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.outcomes import Outcome, count_outcome, trace_outcomes
from facies.indexer.labelling.review import iter_vectors, open_review
from facies.indexer.labelling.taxa import describe_strangers
from facies.models.abstention import Decisions, Verdict, decide, fit_rule
from facies.models.calibration import measure_reliability
from facies.models.novelty import NEIGHBOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facies.core.actors import Actor
    from facies.core.filters import Filter
    from facies.core.metrics import Codes, Indices
    from facies.core.workspace import Workspace
    from facies.indexer.labelling.review import Learn, Review, Standing
    from facies.models.abstention import Flags, Rule
    from facies.models.calibration import Reliability, Values
    from facies.models.knn import Probabilities
    from facies.models.namers import Namer

PRECISION: Final = 0.95
_FEW: Final = 100
"""Validated images below which a promise is a rough one."""


@dataclass(frozen=True, slots=True)
class AutoOrder:
    """What is wanted.

    Attributes:
        precision: share of the labels that shall be right, above 0 and below 1.
        vector: named vector; None: the collection's default one.
        where: narrows the images that are labelled, not those that are learnt from.
        group: metadata field; images that share a value never vouch for each other.
        per_class: whether each class shall reach the precision by itself, where enough images are named by it.
        gate: whether images far from every validated one are left unknown, however sure their name seems.
    """

    precision: float = PRECISION
    vector: str | None = None
    where: Filter | None = None
    group: str | None = None
    per_class: bool = False
    gate: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What would become of n images.

    Attributes:
        order: what was wanted.
        review: how the images stand; its notes are what a person should know.
        namer: fitted on the validated images.
        rule: chosen on them, each named without itself.
        reliability: of these names, calibrated.
        images: the n images.
        decisions: on them.
        novelty: shape (n,).
        neighbours: shape (n, k): the validated images that each rests on, as places in ``teachers``.
        teachers: the validated images that were learnt from.
        lacking: images without the vector, which are left alone.
        version: of the labels of the collection when they were read.
    """

    order: AutoOrder
    review: Review
    namer: Namer
    rule: Rule
    reliability: Reliability
    images: tuple[Standing, ...]
    decisions: Decisions
    novelty: Values
    neighbours: Indices
    teachers: tuple[Standing, ...]
    lacking: int
    version: tuple[int, int]

    @property
    def accepted(self) -> Flags:
        """Shape (n,): which images would get a label."""
        flags: Flags = self.decisions.verdicts == Verdict.LABEL
        return flags

    @property
    def outcome(self) -> Outcome:
        """What comes of the images, counted."""
        return count_outcome(self.decisions.verdicts, self.rule)

    def trace(self, precisions: Sequence[float]) -> list[Outcome]:
        """What other precisions would come to, all else being equal.

        Raises:
            QueryError: a precision is out of its range.
        """
        order = self.order
        return trace_outcomes(
            self.namer, self.decisions, self.novelty, precisions, gate=order.gate, per_class=order.per_class
        )


def propose_labels(
    workspace: Workspace,
    collection: str,
    order: AutoOrder,
    progress: Callable[[int, int], None] | None = None,
    *,
    learn: Learn | None = None,
) -> Proposal:
    """Decide on every image without a name that a person gave; nothing is changed.

    Args:
        workspace: the open data.
        collection: its name.
        order: what is wanted.
        progress: told the images decided on, and all of them, now and then.
        learn: gives what the validated images of now teach, where that is kept; None: it is learnt anew.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no such vector or field, the precision is out of its range, or the validated images do not
            suffice: there are none, all are of one class or one group.
    """
    if not 0 < order.precision < 1:
        raise QueryError(
            f"the precision asked for is {order.precision:g}, expected more than 0 and less than 1, e.g. 0.95"
        )
    # Read before the labels themselves: what changes while they are read is then seen to have changed.
    version, _ = workspace.catalog.newest_labels(collection)
    review = open_review(workspace, collection, order.vector, where=order.where, group=order.group, learn=learn)
    taught, namer = review.learn(workspace, review, None)
    rule = fit_rule(namer, order.precision, gate=order.gate, per_class=order.per_class)
    codes: list[Codes] = []
    confidence, novelty, sets, verdicts, neighbours, there = [], [], [], [], [], []
    for batch, (vectors,) in iter_vectors(workspace, review, review.candidates):
        named = namer.name(vectors)
        decided = decide(_without_rejected(named.probabilities, batch, taught.classes), named.novelty, rule)
        there += batch
        codes.append(decided.codes)
        confidence.append(decided.confidence)
        sets.append(decided.sets)
        verdicts.append(decided.verdicts)
        novelty.append(named.novelty)
        neighbours.append(named.neighbours[:, :NEIGHBOURS])
        if progress is not None:
            progress(len(there), len(review.candidates))
    width = min(NEIGHBOURS, namer.k)
    held = namer.held_out
    decisions = _join(verdicts, codes, confidence, sets, len(taught.classes))
    given = np.unique(decisions.codes[decisions.verdicts == Verdict.LABEL])
    strangers = describe_strangers(workspace, collection, [taught.classes[code] for code in given])
    if strangers is not None:
        review.notes.append(strangers)
    return Proposal(
        order=order,
        review=review,
        namer=namer,
        rule=rule,
        reliability=measure_reliability(
            held.probabilities.max(axis=1), held.probabilities.argmax(axis=1) == namer.validated.codes
        ),
        images=tuple(there),
        decisions=decisions,
        novelty=np.concatenate([np.empty(0), *novelty]),
        neighbours=np.concatenate([np.empty((0, width), np.int64), *neighbours]),
        teachers=taught.standings,
        lacking=len(review.candidates) - len(there),
        version=version,
    )


def apply_labels(workspace: Workspace, proposal: Proposal, actor: Actor) -> LabelBatchRecord | None:
    """Give the labels of a proposal, as one batch of predictions; None where it names no image.

    Raises:
        ImageNotFoundError: an image was deleted meanwhile; nothing was changed.
        StorageError: the disk is full; nothing was changed.
    """
    labels = {
        proposal.images[place].id: Label(
            label=proposal.namer.validated.classes[proposal.decisions.codes[place]],
            state="predicted",
            confidence=float(proposal.decisions.confidence[place]),
            novelty=float(proposal.novelty[place]),
            neighbours=tuple(proposal.teachers[one].id for one in proposal.neighbours[place]),
        )
        for place in np.flatnonzero(proposal.accepted)
    }
    if not labels:
        return None
    batch = LabelBatch(proposal.namer.way, actor.name, actor.verified, describe_origin(proposal))
    return give_labels(workspace, proposal.review.collection, labels, batch)


def describe_origin(proposal: Proposal) -> dict[str, Any]:
    """What the labels rest on, as JSON: enough to tell how they were made, and to make them again."""
    vector, rule, order = proposal.review.vector, proposal.rule, proposal.order
    thresholds = {
        name: float(rule.by_class[code])
        for code, name in enumerate(proposal.namer.validated.classes)
        if rule.by_class[code] != rule.threshold
    }
    return {
        "precision": order.precision,
        "threshold": float(rule.threshold),
        **({"thresholds": thresholds} if thresholds else {}),
        "novelty_gate": float(rule.novelty) if np.isfinite(rule.novelty) else None,
        "k": proposal.namer.k,
        "vote_temperature": proposal.namer.vote_temperature,
        "temperature": proposal.namer.temperature,
        "model": vector.fingerprint.card,
        "recipe": vector.fingerprint.recipe,
        "vector": vector.name,
        "fingerprint": vector.fingerprint.digest,
        **({} if vector.projection is None else {"projection": vector.projection[:SHORT_DIGEST]}),
        **({} if order.group is None else {"group": order.group}),
        "validated": len(proposal.teachers),
        "held_out": {"checked": rule.checked, "named": rule.accepted, "right": rule.right},
    }


def list_doubts(proposal: Proposal) -> list[str]:
    """What a person should know before the labels are given."""
    said = list(proposal.review.notes)
    rule = proposal.rule
    if not proposal.images and not proposal.lacking:
        narrowed = " that the filter lets through" if proposal.order.where is not None else ""
        said.append(f"there is no image without a name that a person gave{narrowed}")
    if not proposal.order.gate:
        said.append("without the gate what is foretold holds for images of the validated classes only, not for others")
    if rule.checked < _FEW:
        said.append(f"only {rule.checked} validated images: what is foretold is rough; validate some hundred")
    alone = [name for name, n in _count_classes(proposal).items() if n == 1]
    if alone:
        said.append(
            f"{len(alone)} classes have one validated image each, and nothing can be held out of them: "
            f"{', '.join(alone[:5])}{' ...' if len(alone) > 5 else ''}"
        )
    if not rule.accepted:
        said.append(f"no threshold reaches {rule.precision:g} on the validated images; validate more, or ask for less")
    if proposal.lacking:
        said.append(f"{proposal.lacking:,} images have no vector {proposal.review.vector.name} yet and are left alone")
    return said


def _count_classes(proposal: Proposal) -> dict[str, int]:
    validated = proposal.namer.validated
    counts = np.bincount(validated.codes, minlength=len(validated.classes))
    return dict(zip(validated.classes, counts.tolist(), strict=True))


def _without_rejected(
    probabilities: Probabilities, standings: Sequence[Standing], classes: Sequence[str]
) -> Probabilities:
    """Give the probability of a label that a person rejected for an image to the other labels."""
    places = {name: code for code, name in enumerate(classes)}
    left = probabilities.copy()
    for row, one in enumerate(standings):
        if one.state == "rejected" and one.label in places:
            left[row, places[one.label]] = 0.0
            left[row] /= max(left[row].sum(), np.finfo(np.float64).tiny)
    return left


def _join(
    verdicts: Sequence[Codes], codes: Sequence[Codes], confidence: Sequence[Values], sets: Sequence[Flags], classes: int
) -> Decisions:
    """Put the decisions on batches of images together; there may be no batch."""
    return Decisions(
        np.concatenate([np.empty(0, np.int64), *verdicts]),
        np.concatenate([np.empty(0, np.int64), *codes]),
        np.concatenate([np.empty(0), *confidence]),
        np.concatenate([np.empty((0, classes), bool), *sets]),
    )
