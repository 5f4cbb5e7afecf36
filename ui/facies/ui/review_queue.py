"""Images that wait for a look, as tiles: what each may be, and in one line why it is here. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from facies.core.wire_review import QueueItemOut
from facies.ui.components.grid import Tile
from facies.ui.label_state import Reason

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    "uncertain": ("Uncertain", "Images whose most probable name is the least sure."),
    "boundary": ("Between two", "Images torn between two names."),
    "diverse": ("Unlike the rest", "Images far from all that is validated, and from each other."),
    "disagreement": ("Vectors disagree", "Images that namers taught by different vectors name differently."),
    "errors": ("Suspected errors", "Validated labels that speak against what all other images say."),
    "duplicates": ("Duplicates", "Pairs of images that are all but the same and have different labels."),
    "flagged": ("Flagged", "Images that somebody called dubious, the latest first. The next label is the reply."),
}
"""Of each queue a name and what is in it."""

NEEDS_TEACHING: Final[frozenset[Reason]] = frozenset({"uncertain", "boundary", "disagreement", "errors"})
"""Queues that take validated images of two classes."""


def tiles_of(item: QueueItemOut, by: Reason) -> list[Tile]:
    """The tile of an item; of a pair of near-duplicates both, each with the other's label."""
    first = next(iter(item.suggestions), None)
    if by == "duplicates" and item.mate is not None:
        alike = "" if item.value is None else f", {item.value:.1%} alike"
        return [
            Tile(item.image, item.mate.label, note=f"its twin is called {item.mate.label}{alike}"),
            Tile(item.mate, item.image.label, note=f"its twin is called {item.image.label}{alike}"),
        ]
    disagreed = next(iter(item.by_vector.values()), None)
    return [
        Tile(
            item.image,
            suggestion=disagreed if first is None else first.label,
            confidence=None if first is None else first.probability,
            others=tuple((other.label, other.probability) for other in item.suggestions[1:]),
            note=say_why(item, by),
            folded=tuple(item.folded_ids),
        )
    ]


def say_why(item: QueueItemOut, by: Reason) -> str | None:
    """One line that says why an image is worth a look."""
    value = item.value or 0.0
    if by == "boundary" and len(item.suggestions) > 1:
        first, second = item.suggestions[:2]
        return f"{first.label} or {second.label}? {value:.0%} apart"
    if by == "errors":
        return f"called {item.image.label}, which fits to {value:.0%}"
    if by == "disagreement":
        return " \u00b7 ".join(f"{vector}: {label}" for vector, label in item.by_vector.items())
    if by == "flagged":
        said = f"called {item.image.label} by {item.actor or 'somebody'}"
        return f"{said}: {item.note}" if item.note else said
    return f"distance {value:.2f}" if by == "diverse" else None  # doubt is what lacks to the probability on the tile


def ids_of(item: QueueItemOut) -> set[str]:
    """The images that an item is about, its near copies among them."""
    return {item.image.id, *item.folded_ids, *([] if item.mate is None else [item.mate.id])}


def list_sure(items: Iterable[QueueItemOut], least: float) -> list[QueueItemOut]:
    """Items whose first suggestion has at least this probability."""
    return [item for item in items if item.suggestions and item.suggestions[0].probability >= least]


def accept(items: Iterable[QueueItemOut]) -> list[dict[str, Any]]:
    """The first suggestions of items as labels, ready to be given; near copies get the label of theirs."""
    labels: dict[str, dict[str, Any]] = {}
    for item in items:
        said = {"label": item.suggestions[0].label, "state": "validated"}
        labels[item.image.id] = {"id": item.image.id, "seen": item.image.event, **said}
        for one in item.folded_ids:
            labels.setdefault(one, {"id": one, "keep_validated": True, **said})
    return list(labels.values())


def list_waiting(items: Sequence[QueueItemOut], done: Iterable[set[str]], passed: set[str]) -> list[QueueItemOut]:
    """Items none of whose images was labelled, nor passed over."""
    gone = passed.union(*done)
    return [item for item in items if not gone & ids_of(item)]
