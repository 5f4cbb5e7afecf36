"""The use case of labelling by itself: a preview, or the same applied as one batch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from facies.api.labelling import batch_out
from facies.api.namers import keep_learning
from facies.api.review import show_images
from facies.api.service import Service
from facies.api.where import read_where
from facies.core.actors import Actor
from facies.core.errors import StalePreviewError
from facies.core.wire_labels import AutoClassOut, AutoImageOut, AutoLabelBody, AutoLabelOut, AutoPointOut
from facies.indexer.labelling.automatic import AutoOrder, Proposal, apply_labels, list_doubts, propose_labels
from facies.models.abstention import Verdict

if TYPE_CHECKING:
    from facies.core.wire import ImageOut
    from facies.indexer.labelling.outcomes import Outcome


def label_by_itself(service: Service, name: str, body: AutoLabelBody, actor: Actor) -> AutoLabelOut:
    """Say what would become of all images that no person has named, and with ``apply`` give the labels.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: the validated images do not suffice, or there is no such vector or field.
        StalePreviewError: labels have changed since the preview that is to be applied; nothing was changed.
    """
    started = time.monotonic()
    order = AutoOrder(
        precision=body.precision,
        vector=body.vector,
        where=read_where(service.workspace, name, body.where),
        group=body.group,
        per_class=body.per_class,
        gate=body.gate,
    )
    if body.version is not None and service.workspace.catalog.newest_labels(name, body.version)[1]:
        raise StalePreviewError(name)
    proposal = propose_labels(
        service.workspace, name, order, learn=keep_learning(service.namers, body.group, latest=True)
    )
    curve = proposal.trace(body.curve)
    made = apply_labels(service.workspace, proposal, actor) if body.apply else None
    told = _describe(proposal, service, body.examples)
    return told.model_copy(
        update={
            "curve": [_point_out(outcome) for outcome in curve],
            "batch": None if made is None else batch_out(made),
            "seconds": round(time.monotonic() - started, 3),
        }
    )


def _describe(proposal: Proposal, service: Service, examples: int) -> AutoLabelOut:
    rule, namer, outcome = proposal.rule, proposal.namer, proposal.outcome
    expected, fewest, most = outcome.expected_errors
    chosen = {verdict: _examples(proposal, verdict, examples) for verdict in Verdict}
    ids = [proposal.images[place].id for places in chosen.values() for place in places]
    images = show_images(service, proposal.review.collection, ids)
    shown = {verdict: _examples_out(proposal, places, images) for verdict, places in chosen.items()}
    return AutoLabelOut(
        collection=proposal.review.collection,
        vector=proposal.review.vector.name,
        model=proposal.review.vector.fingerprint.card,
        precision=rule.precision,
        way=namer.way,
        validated=len(proposal.teachers),
        classes=len(namer.validated.classes),
        images=len(proposal.images),
        labelled=outcome.labelled,
        in_sets=outcome.in_sets,
        unknown=outcome.unknown,
        coverage=outcome.coverage,
        held_out_coverage=rule.coverage,
        held_out_precision=rule.right / rule.accepted if rule.accepted else None,
        held_out_interval=rule.interval,
        expected_errors=expected,
        expected_errors_interval=(fewest, most),
        threshold=float(rule.threshold),
        novelty_gate=float(rule.novelty) if np.isfinite(rule.novelty) else None,
        calibration_error=proposal.reliability.error,
        curve=[],
        by_class=_by_class(proposal),
        examples_labelled=shown[Verdict.LABEL],
        examples_in_sets=shown[Verdict.SET],
        examples_unknown=shown[Verdict.UNKNOWN],
        version=proposal.version,
        batch=None,
        notes=list_doubts(proposal),
        seconds=0.0,
    )


def _point_out(outcome: Outcome) -> AutoPointOut:
    rule = outcome.rule
    expected, fewest, most = outcome.expected_errors
    return AutoPointOut(
        precision=rule.precision,
        labelled=outcome.labelled,
        in_sets=outcome.in_sets,
        unknown=outcome.unknown,
        coverage=outcome.coverage,
        held_out_precision=rule.right / rule.accepted if rule.accepted else None,
        expected_errors=expected,
        expected_errors_interval=(fewest, most),
        threshold=float(rule.threshold),
    )


def _by_class(proposal: Proposal) -> list[AutoClassOut]:
    """A line for each class, those that get most labels first."""
    validated, decisions, accepted = proposal.namer.validated, proposal.decisions, proposal.accepted
    count = len(validated.classes)
    taught = np.bincount(validated.codes, minlength=count)
    given = np.bincount(decisions.codes[accepted], minlength=count)
    right = np.bincount(decisions.codes[accepted], decisions.confidence[accepted], minlength=count)
    return [
        AutoClassOut(
            label=validated.classes[code],
            validated=int(taught[code]),
            threshold=float(proposal.rule.by_class[code]),
            labelled=int(given[code]),
            expected_right=float(right[code]),
        )
        for code in np.argsort(-given, kind="stable")
    ]


def _examples(proposal: Proposal, verdict: Verdict, limit: int) -> list[int]:
    """Places of the images of a verdict that are least sure; of the unknown ones of those that are strangest."""
    places = np.flatnonzero(proposal.decisions.verdicts == verdict)
    by = -proposal.novelty if verdict == Verdict.UNKNOWN else proposal.decisions.confidence
    chosen: list[int] = places[np.argsort(by[places], kind="stable")][:limit].tolist()
    return chosen


def _examples_out(proposal: Proposal, places: Sequence[int], images: Mapping[str, ImageOut]) -> list[AutoImageOut]:
    decisions, classes = proposal.decisions, proposal.namer.validated.classes
    return [
        AutoImageOut(
            id=one,
            image=images[one],
            label=classes[decisions.codes[place]],
            confidence=float(decisions.confidence[place]),
            novelty=float(proposal.novelty[place]),
            set=[classes[code] for code in np.flatnonzero(decisions.sets[place])],
        )
        for place in places
        if (one := proposal.images[place].id) in images
    ]
