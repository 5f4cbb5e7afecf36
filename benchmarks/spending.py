"""What a piece of work takes of the machine, and how the sides of a comparison stand to each other in that."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from facies.indexer.segmentation.spending import measure_spending


@dataclass(frozen=True, slots=True)
class Spending:
    """Seconds of CPU and of the clock, and by how many MB (10^6 bytes) the peak of memory passed what was held."""

    cpu_s: float
    wall_s: float
    growth_mb: float


def spend(work: Callable[[], object]) -> Spending:
    """Do the work in this process and say what it took.

    The peak of resident memory is the kernel's own, set back before the work begins: nothing between two looks is
    missed. Memory of children is not in it, their CPU is.

    Raises:
        RuntimeError: the system keeps no peak that can be set back (it is not Linux, or /proc is closed).
    """
    with measure_spending() as spending:
        work()
    if spending.peak_growth_mb is None:
        raise RuntimeError("the peak of memory cannot be set back here: /proc/self/clear_refs takes no 5")
    return Spending(spending.cpu_s, spending.wall_s, spending.peak_growth_mb)


def median_of(passes: Sequence[Spending], quantity: str) -> float:
    """The median over the passes of one quantity, by its name."""
    return float(statistics.median(getattr(one, quantity) for one in passes))


def ratios(reference: Sequence[Spending], ours: Sequence[Spending], quantity: str = "cpu_s") -> list[float]:
    """How many times less a quantity is: reference / ours of each round, sorted.

    Raises:
        ValueError: the sides had unequal numbers of rounds.
    """
    pairs = zip(reference, ours, strict=True)
    return sorted(float(getattr(theirs, quantity) / getattr(own, quantity)) for theirs, own in pairs)
