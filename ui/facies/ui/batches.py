"""Batches of labels in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from facies.core.records import LabelSource
from facies.core.wire_labels import LabelBatchOut

SOURCES: Final[dict[LabelSource, str]] = {
    "import": "imported",
    "person": "given by a person",
    "votes": "labelled by itself (votes)",
    "linear": "labelled by itself (linear head)",
    "both": "labelled by itself",
    "bisection": "grown",
    "clusters": "provisional names",
    "undo": "undone",
}
"""What gave them."""


def find_undoings(found: Sequence[LabelBatchOut]) -> dict[int, LabelBatchOut]:
    """The batch in effect that undoes another one, by the number of that one."""
    return {one.undoes: one for one in reversed(found) if one.undoes is not None and one.in_effect}


def undoing_words(one: LabelBatchOut, found: Sequence[LabelBatchOut]) -> str:
    """What an undoing did: it took a batch back, or another undoing, which brought a batch back.

    Args:
        one: the undoing.
        found: batches, those older than it among them as far as they are known.
    """
    taken = next((other for other in found if other.number == one.undoes), None)
    if taken is not None and taken.undoes is not None:
        did = f"undid {taken.number}, which had undone {taken.undoes}"
    else:
        did = f"undid {one.undoes}"
    return did if one.in_effect else f"{did}; was undone itself"


def describe(one: LabelBatchOut) -> str:
    """What a batch rests on, as far as a line has room for it."""
    return " \u00b7 ".join(f"{name} {_short(one.provenance[name])}" for name in _TELLING if name in one.provenance)


_TELLING: Final = (
    "label",
    "to",
    "file",
    "origin",
    "precision",
    "threshold",
    "model",
    "vector",
    "validated",
    "pages",
    "unseen",
)


def _short(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
