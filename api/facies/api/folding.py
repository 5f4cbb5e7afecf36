"""Folding: images that are nearly identical to one that stands before them, counted there and not shown again."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facies.api.candidates import WINDOW, Steps
from facies.api.found import Found, FoundSteps
from facies.api.point_reader import PointReader
from facies.core.metrics import Embeddings
from facies.core.store import Hit

REACH = 200
"""Places behind a leader in which those folded into it are counted, so that the count does not depend on the page."""
LISTED = 20
"""Ids of folded images that are listed."""
_ROUNDING = 1e-6
"""By how much the cosine of two equal vectors may miss 1 in float32."""
_ABOVE_ZERO = 1e-30
"""No image without a vector, whose cosines are 0, is similar to another."""


@dataclass(slots=True)
class _Leader:
    hit: Hit
    place: int
    ids: list[str] = field(default_factory=list)

    def result(self) -> Found:
        folded_ids = tuple(self.ids[:LISTED])
        return Found(self.hit.id, self.hit.similarity, folded=len(self.ids), folded_ids=folded_ids)


def fold_steps(steps: Steps, threshold: float, reader: PointReader) -> FoundSteps:
    """Leave out each image that is at least so similar to a leader: one that stands before it and was not left out.

    A leader comes with the number and the first ids of those of the `REACH` places behind it that were folded into it;
    what is similar and stands further down is left out without being counted. An image that is similar to several
    leaders goes to the first.

    Args:
        steps: the ranking.
        threshold: the cosine, above 0 and at most 1.
        reader: of the images.
    """
    leaders: list[_Leader] = []
    waiting: deque[_Leader] = deque()
    kept = np.empty((0, 0), dtype=np.float32)
    seen = 0
    for step in steps:
        for block in _blocks(step):
            rows = reader.rows([hit.id for hit in block])
            joined = join_leaders(rows, kept if len(kept) else rows[:0], threshold)
            opened = []
            for row, (hit, number) in enumerate(zip(block, joined.tolist(), strict=True)):
                if number == len(leaders):
                    leaders.append(_Leader(hit, seen))
                    opened.append(row)
                elif seen - leaders[number].place <= REACH:
                    leaders[number].ids.append(hit.id)
                seen += 1
            waiting.extend(leaders[len(leaders) - len(opened) :])
            kept = np.concatenate([kept, rows[opened]]) if len(kept) else rows[opened]
        yield list(_settled(waiting, seen - REACH))
    yield list(_settled(waiting, seen))


def join_leaders(rows: Embeddings, leaders: Embeddings, threshold: float) -> NDArray[np.int64]:
    """Find for each row the first leader that is at least so similar; a row without one becomes the next leader.

    Args:
        rows: shape (n, d), float32, unit rows, in order of rank.
        leaders: shape (m, d), those so far.
        threshold: the cosine.

    Returns:
        shape (n,), the number of each row's leader: 0 to m - 1, or from m on for the new ones, in order.
    """
    limit: float = max(threshold - _ROUNDING, _ABOVE_ZERO)
    joined = np.full(len(rows), -1, dtype=np.int64)
    if len(leaders):
        near = rows @ leaders.T >= limit
        joined = np.where(near.any(axis=1), near.argmax(axis=1), joined)
    among = rows @ rows.T >= limit
    number = len(leaders)
    for place in np.flatnonzero(joined < 0).tolist():
        if joined[place] < 0:
            joined[place:][among[place, place:] & (joined[place:] < 0)] = number
            joined[place] = number  # also where a row of zeros is not even similar to itself
            number += 1
    return joined


def _blocks(step: list[Hit]) -> Iterator[list[Hit]]:
    return (step[start : start + WINDOW] for start in range(0, len(step), WINDOW))


def _settled(waiting: deque[_Leader], before: int) -> Iterator[Found]:
    """The leaders that stand before this place, whose count is complete."""
    while waiting and waiting[0].place < before:
        yield waiting.popleft().result()
