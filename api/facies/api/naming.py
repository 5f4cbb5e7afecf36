"""Names for examples: plain votes of their neighbours, or calibrated probabilities with a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from facies.api.examples import own_ids
from facies.api.namers import name_examples
from facies.core.errors import QueryError
from facies.core.records import CollectionRecord, Neighbour, Prediction, VectorRecord
from facies.models.abstention import Decisions, Verdict, decide, fit_rule
from facies.models.knn import classify_neighbours
from facies.models.novelty import rank_novelty
from facies.models.rollup import hide_classes

if TYPE_CHECKING:
    from facies.api.service import Service
    from facies.api.taxa import TaxaInQuestion
    from facies.core.filters import Filter
    from facies.core.store import Vector
    from facies.core.wire_classify import ClassifyBody
    from facies.models.knn import Probabilities
    from facies.models.namers import Way

_ADVICE = "Plain votes need only one: give a temperature, e.g. 0.05."
VERDICTS: Final[dict[Verdict, Literal["label", "set", "unknown"]]] = {
    Verdict.LABEL: "label",
    Verdict.SET: "set",
    Verdict.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be named, and how."""

    service: Service
    collection: CollectionRecord
    vector: VectorRecord
    body: ClassifyBody
    taxa: TaxaInQuestion
    vectors: tuple[Vector, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one example: all labels that have a probability, the most probable first."""

    predictions: list[Prediction]
    novelty: float | None = None
    strangeness: float | None = None
    verdict: Literal["label", "set", "unknown"] | None = None
    set: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of all examples, and what that rests on."""

    said: list[Said]
    way: Way = "votes"
    calibration_error: float | None = None
    validated: int | None = None
    notes: tuple[str, ...] = ()


def count_votes(asked: Asked, neighbours: Sequence[Sequence[Neighbour]]) -> Answer:
    """Plain votes of the neighbours, each weighted by exp(similarity / temperature)."""
    said = []
    for nearest in neighbours:
        votes = [(one.similarity, one.record.label) for one in nearest if one.record.label is not None]
        predictions = classify_neighbours(
            [similarity for similarity, _ in votes],
            [label for _, label in votes],
            temperature=asked.body.temperature or 0.0,
            top=max(1, len(votes)),
        )
        said.append(Said(predictions))
    return Answer(said)


def name_calibrated(asked: Asked, where: Filter | None) -> Answer:
    """Calibrated probabilities of the way of naming that does best on the validated images.

    Raises:
        QueryError: the validated images do not suffice, or every label is hidden.
    """
    body, service = asked.body, asked.service
    learnt = service.namers.get(
        service.workspace, asked.collection, asked.vector, group=body.group, where=where, advice=_ADVICE
    )
    ids = [next(iter(own_ids([example])), None) for example in body.examples]
    probabilities, novelty = name_examples(learnt, list(asked.vectors), ids)
    classes = learnt.namer.validated.classes
    probabilities = _hide(probabilities, classes, asked.taxa)
    strangeness = rank_novelty(novelty, learnt.namer.held_out.novelty)
    decided = None
    if body.precision is not None:
        decided = decide(probabilities, novelty, fit_rule(learnt.namer, body.precision))
    return Answer(
        said=[
            Said(
                predictions=_rank(row, classes),
                novelty=float(novelty[place]),
                strangeness=float(strangeness[place]),
                verdict=None if decided is None else VERDICTS[Verdict(int(decided.verdicts[place]))],
                set=None if decided is None else _list_set(decided, place, row, classes),
            )
            for place, row in enumerate(probabilities)
        ],
        way=learnt.namer.way,
        calibration_error=learnt.calibration_error,
        validated=len(learnt.teachers.standings),
        notes=learnt.notes,
    )


def _hide(probabilities: Probabilities, classes: Sequence[str], taxa: TaxaInQuestion) -> Probabilities:
    if taxa.mask is None:
        return probabilities
    shown = hide_classes(probabilities, classes, taxa.mask)
    if not shown.any(axis=1).all():
        raise QueryError("all labels that were learnt are hidden by the mask, so nothing can be named; widen it")
    return shown


def _rank(row: Probabilities, classes: Sequence[str]) -> list[Prediction]:
    order = np.argsort(-row, kind="stable")
    return [Prediction(classes[code], float(row[code])) for code in order if row[code] > 0]


def _list_set(decided: Decisions, place: int, row: Probabilities, classes: Sequence[str]) -> list[str]:
    codes = np.flatnonzero(decided.sets[place] & (row > 0))
    return [classes[code] for code in sorted(codes.tolist(), key=lambda code: -row[code])]
