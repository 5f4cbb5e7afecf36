"""Measuring by turns: A B A B, so that whatever else the machine does meets every side alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

ROUNDS = 3

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the images: how many there were, and the seconds of CPU (all threads) and of the clock."""

    images: int
    cpu_s: float
    wall_s: float

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per image."""
        return self.cpu_s * 1000 / self.images

    @property
    def rate(self) -> float:
        """Images per second."""
        return self.images / self.wall_s


def take_turns(sides: Mapping[str, Callable[[], P]], rounds: int = ROUNDS) -> dict[str, list[P]]:
    """Let each side run once to warm up, then all of them by turns; what each side's passes gave, in order."""
    passes: dict[str, list[P]] = {name: [] for name in sides}
    for side in sides.values():
        side()
    for _ in range(rounds):
        for name, side in sides.items():
            passes[name].append(side())
    return passes


def median_cpu_ms(passes: Sequence[Pass]) -> float:
    """CPU milliseconds per image, the median of the passes."""
    return statistics.median(one.cpu_ms for one in passes)


def median_rate(passes: Sequence[Pass]) -> float:
    """Images per second, the median of the passes."""
    return statistics.median(one.rate for one in passes)


def cpu_ratio(reference: Sequence[Pass], ours: Sequence[Pass]) -> float:
    """How many times less CPU an image takes: the median over the rounds of reference / ours, each from one round."""
    return statistics.median(r.cpu_ms / o.cpu_ms for r, o in zip(reference, ours, strict=True))


def rate_ratio(whole: Sequence[Pass], part: Sequence[Pass]) -> float:
    """The rate of the whole over that of its part: the median over the rounds, each from one round."""
    return statistics.median(w.rate / p.rate for w, p in zip(whole, part, strict=True))
