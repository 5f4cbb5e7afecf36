"""The use case of labelling by itself: a preview, or the same applied as one batch."""

from __future__ import annotations

import time

import numpy as np

from facies.api.labelling import batch_out
from facies.api.service import Service
from facies.api.where import read_where
from facies.core.actors import Actor
from facies.core.errors import StalePreviewError
from facies.core.records import LabelBatchRecord
from facies.core.wire_labels import AutoClassOut, AutoImageOut, AutoLabelBody, AutoLabelOut
from facies.indexer.labelling.automatic import AutoOrder, Proposal, apply_labels, list_doubts, propose_labels
from facies.models.abstention import Verdict


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
    proposal = propose_labels(service.workspace, name, order)
    made = apply_labels(service.workspace, proposal, actor) if body.apply else None
    return _describe(proposal, made, body.examples, time.monotonic() - started)


def _describe(proposal: Proposal, made: LabelBatchRecord | None, examples: int, seconds: float) -> AutoLabelOut:
    rule, namer = proposal.rule, proposal.namer
    labelled = proposal.count(Verdict.LABEL)
    expected, fewest, most = proposal.expected_errors
    return AutoLabelOut(
        collection=proposal.review.collection,
        vector=proposal.review.vector.name,
        model=proposal.review.vector.fingerprint.card,
        precision=rule.precision,
        way=namer.way,
        validated=len(proposal.teachers),
        classes=len(namer.validated.classes),
        images=len(proposal.images),
        labelled=labelled,
        in_sets=proposal.count(Verdict.SET),
        unknown=proposal.count(Verdict.UNKNOWN),
        coverage=labelled / len(proposal.images) if proposal.images else 0.0,
        held_out_coverage=rule.coverage,
        held_out_precision=rule.right / rule.accepted if rule.accepted else None,
        held_out_interval=rule.interval,
        expected_errors=expected,
        expected_errors_interval=(fewest, most),
        threshold=float(rule.threshold),
        novelty_gate=float(rule.novelty) if np.isfinite(rule.novelty) else None,
        calibration_error=proposal.reliability.error,
        by_class=_by_class(proposal),
        examples_labelled=_examples(proposal, Verdict.LABEL, examples),
        examples_in_sets=_examples(proposal, Verdict.SET, examples),
        examples_unknown=_examples(proposal, Verdict.UNKNOWN, examples),
        version=proposal.version,
        batch=None if made is None else batch_out(made),
        notes=list_doubts(proposal),
        seconds=round(seconds, 3),
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


def _examples(proposal: Proposal, verdict: Verdict, limit: int) -> list[AutoImageOut]:
    """The images of a verdict that are least sure; of the unknown ones those that are strangest."""
    decisions, classes = proposal.decisions, proposal.namer.validated.classes
    places = np.flatnonzero(decisions.verdicts == verdict)
    by = -proposal.novelty if verdict == Verdict.UNKNOWN else decisions.confidence
    return [
        AutoImageOut(
            id=proposal.images[place].id,
            label=classes[decisions.codes[place]],
            confidence=float(decisions.confidence[place]),
            novelty=float(proposal.novelty[place]),
            set=[classes[code] for code in np.flatnonzero(decisions.sets[place])],
        )
        for place in places[np.argsort(by[places], kind="stable")][:limit]
    ]
