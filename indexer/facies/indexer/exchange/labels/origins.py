"""Who gave a label, when and by what: read from its event, and kept by an import for the labels that it brings.

A batch has one actor and one moment, an imported file many. What the file says of each label is kept in the provenance
of the batch: under ``origins`` every origin once, the most frequent one first, and under ``origin_of`` which of them an
image has, where it is not the first. So an import is one batch, which can be undone as one, and an export of what was
imported says again who gave it first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from facies.indexer.exchange.labels.columns import ORIGIN, from_values, to_values

if TYPE_CHECKING:
    from facies.core.records import LabelBatchRecord
    from facies.indexer.exchange.labels.label_row import LabelRow

ORIGINS: Final = "origins"
ORIGIN_OF: Final = "origin_of"
_OF_MODELS: Final = ("model", "recipe", "k", "threshold")


def pack_origins(rows: Mapping[str, LabelRow]) -> dict[str, Any]:
    """Give what rows say of where their labels come from, as provenance of the batch that they come in.

    Args:
        rows: by id of the image.
    """
    by_image = {image_id: tuple(to_values(row, ORIGIN).items()) for image_id, row in rows.items()}
    ranked = [origin for origin, _ in Counter(by_image.values()).most_common()]
    numbers = {origin: number for number, origin in enumerate(ranked)}
    return {
        ORIGINS: [dict(origin) for origin in ranked],
        ORIGIN_OF: {image_id: number for image_id, origin in by_image.items() if (number := numbers[origin])},
    }


def origin_of(batch: LabelBatchRecord, image_id: str) -> dict[str, Any]:
    """Give the columns `facies.indexer.exchange.labels.columns.ORIGIN` of a label that came with a batch.

    A label that was imported is as old as its file says, and from whom that says; it is verified where whoever gave it
    had proved who he is, and whoever brought the file had, too.
    """
    own = {
        "source": batch.source,
        "actor": batch.actor,
        "verified": batch.verified,
        "created_at": batch.created_at,
        "batch": batch.number,
    }
    origins = batch.provenance.get(ORIGINS)
    if not origins:
        return {**own, **_of_model(batch.provenance)}
    found = from_values(origins[batch.provenance.get(ORIGIN_OF, {}).get(image_id, 0)])
    said = {name: getattr(found, name) for name in ORIGIN if getattr(found, name) is not None}
    return {**own, **said, "verified": bool(found.verified and batch.verified)}


def _of_model(provenance: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = from_values({name: provenance.get(name) for name in _OF_MODELS})
    except ValueError:  # another release wrote other things there, which no column holds
        return {}
    return {name: getattr(found, name) for name in _OF_MODELS}
