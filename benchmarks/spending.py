"""What a piece of work takes of the machine: CPU of all its threads and children, the clock, and growth of memory."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK_RESET = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Spending:
    """Seconds of CPU and of the clock, and by how many MiB the peak of memory passed what was held at the start."""

    cpu_s: float
    wall_s: float
    growth_mib: float


def spend(work: Callable[[], object]) -> Spending:
    """Do the work in this process and say what it took.

    The peak of resident memory is the kernel's own, set back before the work begins: nothing between two looks is
    missed. Memory of children is not in it, their CPU is.

    Raises:
        RuntimeError: the system keeps no peak that can be set back (it is not Linux, or /proc is closed).
    """
    held = _reset_peak()
    cpu, wall = _cpu_s(), time.perf_counter()
    work()
    return Spending(_cpu_s() - cpu, time.perf_counter() - wall, (_status_kib("VmHWM") - held) / 1024)


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


def _reset_peak() -> float:
    try:
        _PEAK_RESET.write_text("5")  # the kernel's word for "peak := what is resident now"
    except OSError as error:
        raise RuntimeError(f"the peak of memory cannot be set back: {_PEAK_RESET}: {error.strerror}") from error
    return _status_kib("VmRSS")


def _status_kib(name: str) -> float:
    for line in _STATUS.read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return float(value.split()[0])
    raise RuntimeError(f"{_STATUS} has no {name}")


def _cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
