"""How the validated images of a collection are named, each without itself: what is taken for what."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from facies.api.examples import named_vector
from facies.api.naming import VERDICTS
from facies.api.service import Service
from facies.core.wire_classify import ConfusionCellOut, ConfusionOut
from facies.indexer.generations import has_learnt
from facies.models.abstention import Verdict, decide, fit_rule

IDS_SHOWN: Final = 60
"""Images of one cell that are named."""

_Told = tuple[str, str, Literal["label", "set", "unknown"] | None]


def measure_confusion(
    service: Service,
    name: str,
    *,
    vector: str | None = None,
    group: str | None = None,
    precision: float | None = None,
) -> ConfusionOut:
    """Count the validated images by the label that they have and the one that they would get.

    Args:
        service: the open parts.
        name: of the collection.
        vector: named vector to compare by; the collection's default where left out.
        group: metadata field; images that share a value never vouch for each other.
        precision: also decide which names are sure enough; the rule is chosen on these very images.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: the validated images do not suffice; there is no vector or field of a name.
    """
    collection = service.workspace.catalog.collection(name)
    chosen = named_vector(collection, vector)
    learnt = service.namers.get(service.workspace, collection, chosen, group=group)
    held, validated = learnt.namer.held_out, learnt.namer.validated
    codes, sureness = held.probabilities.argmax(axis=1), held.probabilities.max(axis=1)
    verdicts = None
    if precision is not None:
        verdicts = decide(held.probabilities, held.novelty, fit_rule(learnt.namer, precision)).verdicts
    cells: dict[_Told, list[str]] = {}
    for place in np.argsort(-sureness, kind="stable").tolist():
        verdict = None if verdicts is None else VERDICTS[Verdict(int(verdicts[place]))]
        told = validated.classes[validated.codes[place]], validated.classes[codes[place]], verdict
        cells.setdefault(told, []).append(learnt.teachers.standings[place].id)
    notes = list(learnt.notes)
    if has_learnt(collection, chosen):
        notes.append(
            f"{chosen.name} has learnt from these very labels, so that its figures say nothing of other images"
        )
    return ConfusionOut(
        collection=name,
        vector=chosen.name,
        way=learnt.namer.way,
        validated=len(validated.codes),
        calibration_error=learnt.calibration_error,
        precision=precision,
        cells=[
            ConfusionCellOut(label=label, named=named, verdict=verdict, images=len(ids), ids=ids[:IDS_SHOWN])
            for (label, named, verdict), ids in sorted(cells.items(), key=lambda cell: (cell[0][:2], str(cell[0][2])))
        ],
        notes=notes,
    )
