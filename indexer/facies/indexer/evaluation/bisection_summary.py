"""What was measured of growing by bisection, for scripts and for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.table import Table
from rich.text import Text

from facies.indexer.evaluation.bisection import EXAMPLES, WAYS
from facies.indexer.evaluation.tables import print_remarks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from facies.indexer.evaluation.bisection import Bisected, Way, Work
    from facies.indexer.evaluation.gallery import Gallery

_DIGITS: Final = 6
_NAMES: Final[Mapping[Way, str]] = {
    "one_by_one": "one by one",
    "suggestions": "suggested labels",
    "bisection": "bisection",
    "bisection_one_by_one": "… then one by one",
    "bisection_suggestions": "… then suggested",
    "bisection_all_seen": "… and all seen",
}


def summarise_bisection(gallery: Gallery, found: Sequence[Bisected], chosen: int = 0) -> dict[str, Any]:
    """Give everything that was measured; the figures at the head are those of one of the page sizes.

    Args:
        gallery: what was labelled.
        found: for each size of a page, at least one.
        chosen: which of them stands at the head.
    """
    head = found[chosen]
    grown = _summarise(head.trials["bisection"], head.images)
    return {
        "model": gallery.model,
        "recipe": gallery.recipe,
        "protocol": "bisection",
        "images": head.images,
        "classes": head.classes,
        "splits": len(head.trials["bisection"]),
        "examples": EXAMPLES,
        "page": head.page,
        "audit": head.audit,
        "precision": head.precision,
        "actions_per_1000": grown["actions_per_1000"],
        "achieved_precision": grown["precision"],
        "coverage": grown["coverage"],
        "one_by_one_per_1000": 1000.0,
        "suggestions_per_1000": _summarise(head.trials["suggestions"], head.images)["actions_per_1000"],
        "pages": [
            {"page": one.page, **{way: _summarise(one.trials[way], one.images) for way in WAYS}} for one in found
        ],
    }


def print_bisection(gallery: Gallery, found: Sequence[Bisected], console: Console) -> None:
    """Print for each size of a page what each way takes and gives."""
    head = found[0]
    for one in found:
        title = (
            f"{gallery.name}: {head.images:,} images of {head.classes} classes, {EXAMPLES} of each validated at the "
            f"start; pages of {one.page}, audits of up to {one.audit}; actions per 1,000 labels, mean of "
            f"{len(one.trials['bisection'])} draws"
        )
        table = Table("way", title=Text(title))
        for column in ("actions", "pages", "changed", "audited", "single", "labelled", "right"):
            table.add_column(column, justify="right")
        for way in WAYS:
            row = _summarise(one.trials[way], one.images)
            counts = (row[name] for name in ("actions_per_1000", "pages", "changed", "audited", "single"))
            table.add_row(
                _NAMES[way],
                *(f"{count:,.0f}" for count in counts),
                f"{row['coverage']:.3f}",
                f"{row['precision']:.3f}",
            )
        console.print(table)
    print_remarks(gallery, console)


def _summarise(trials: Sequence[Work], images: int) -> dict[str, float]:
    """Means over the trials; counts are per 1,000 labels."""

    def mean(values: Sequence[float]) -> float:
        return round(float(np.mean(values)), _DIGITS)

    per = [1000 / max(work.labels, 1) for work in trials]
    return {
        "actions_per_1000": mean([work.actions * scale for work, scale in zip(trials, per, strict=True)]),
        "pages": mean([work.pages * scale for work, scale in zip(trials, per, strict=True)]),
        "changed": mean([work.changed * scale for work, scale in zip(trials, per, strict=True)]),
        "audited": mean([work.audited * scale for work, scale in zip(trials, per, strict=True)]),
        "single": mean([work.single * scale for work, scale in zip(trials, per, strict=True)]),
        "coverage": mean([work.labels / images for work in trials]),
        "precision": mean([work.right / max(work.labels, 1) for work in trials]),
    }
