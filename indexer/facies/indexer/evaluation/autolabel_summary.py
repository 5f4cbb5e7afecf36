"""What was measured of labelling by itself, for scripts and for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from facies.indexer.evaluation.tables import print_remarks, state_rate

if TYPE_CHECKING:
    from rich.console import Console

    from facies.indexer.evaluation.autolabel import Autolabelled, Labelled, Strangers, Values
    from facies.indexer.evaluation.gallery import Gallery
    from facies.models.calibration import Reliability

_DIGITS = 6


def summarise_autolabel(gallery: Gallery, found: Autolabelled) -> dict[str, Any]:
    """Give everything that was measured; the figures at the head are those of the first precision asked for."""
    first, strangers = found.gated[0], found.strangers
    return {
        "model": gallery.model,
        "recipe": gallery.recipe,
        "protocol": "autolabel",
        "images": found.images,
        "classes": found.classes,
        "splits": len(first.coverage),
        "precision": first.precision,
        "achieved_precision": mean(first.achieved),
        "coverage": mean(first.coverage),
        "ece": round(found.reliability.error, _DIGITS),
        "ece_before": round(found.before.error, _DIGITS),
        "novelty_auroc": None if strangers is None else mean(strangers.auroc),
        "gated_coverage": None if strangers is None else mean(strangers.coverage),
        "gated_unknown_accepted": None if strangers is None else mean(strangers.accepted),
        "ungated_unknown_accepted": None if strangers is None else mean(strangers.ungated),
        "unknown_classes": None if strangers is None else strangers.classes,
        "precisions": [_summarise(labelled) for labelled in found.gated],
        "ungated": [_summarise(labelled) for labelled in found.ungated],
        "reliability": _list_bins(found.reliability),
        "ways": dict(found.ways),
        "images_per_s": None if gallery.images_per_s is None else round(gallery.images_per_s, 2),
        "failures": [failure.model_dump() for failure in gallery.failures],
        "notes": list(gallery.notes),
    }


def print_autolabel(gallery: Gallery, found: Autolabelled, console: Console) -> None:
    """Print a line for each precision asked for, what became of strangers, and how honest the probabilities are."""
    title = (
        f"{gallery.name}: {found.images:,} images of {found.classes} classes, half of them validated, the rest "
        f"labelled from these; mean of {len(found.gated[0].coverage)} splits"
    )
    table = Table(title=Text(title))
    for column in ("asked for", "achieved", "labelled", "in sets", "unknown", "set size", "sets right"):
        table.add_column(column, justify="right")
    for labelled in found.gated:
        sets = 1 - labelled.coverage - labelled.unknown
        shares = (labelled.achieved, labelled.coverage, sets, labelled.unknown)
        table.add_row(
            f"{labelled.precision:g}",
            *(_state(values) for values in shares),
            _state(labelled.sets, digits=1),
            _state(labelled.held),
        )
    console.print(table)
    for line in _list_lines(gallery, found):
        console.print(Text(line), soft_wrap=True)
    print_remarks(gallery, console)


def mean(values: Values) -> float | None:
    """Mean over the splits that have a value; None where none has."""
    there = values[np.isfinite(values)]
    return round(float(there.mean()), _DIGITS) if len(there) else None


def _list_lines(gallery: Gallery, found: Autolabelled) -> list[str]:
    lines = [
        f"probabilities are off by {found.reliability.error:.3f} on average (expected calibration error); before "
        f"calibration by {found.before.error:.3f}"
    ]
    if found.strangers is not None:
        lines.append(_tell_strangers(found.strangers))
    ways = ", ".join(f"{way} {count}" for way, count in sorted(found.ways.items(), key=lambda pair: -pair[1]))
    lines.append(f"ways chosen: {ways}; embedded at {state_rate(gallery.images_per_s)} images/s")
    return lines


def _tell_strangers(strangers: Strangers) -> str:
    kinds = "1 class" if strangers.classes == 1 else f"{strangers.classes} classes"
    return (
        f"with {kinds} that nobody validated: {_state(strangers.accepted)} of their images would get a (wrong) label "
        f"at {strangers.precision:g}, without the novelty gate {_state(strangers.ungated)}; of the others "
        f"{_state(strangers.coverage)} get one, {_state(strangers.achieved)} of these the right one; novelty tells "
        f"them apart with an AUROC of {_state(strangers.auroc)}"
    )


def _summarise(labelled: Labelled) -> dict[str, float | None]:
    return {
        "precision": labelled.precision,
        "achieved_precision": mean(labelled.achieved),
        "coverage": mean(labelled.coverage),
        "foretold_coverage": mean(labelled.foretold),
        "unknown": mean(labelled.unknown),
        "set_size": mean(labelled.sets),
        "set_holds": mean(labelled.held),
    }


def _list_bins(reliability: Reliability) -> list[dict[str, float | int]]:
    return [
        {"images": int(count), "confidence": round(float(sure), _DIGITS), "right": round(float(right), _DIGITS)}
        for count, sure, right in zip(reliability.counts, reliability.confidence, reliability.right, strict=True)
        if count
    ]


def _state(values: Values, *, digits: int = 3) -> str:
    found = mean(values)
    return "-" if found is None else f"{found:.{digits}f}"
