"""What a run takes of the machine: seconds of CPU and of the clock, and by how much memory grows."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STATUS = Path("/proc/self/status")
_PEAK_RESET = Path("/proc/self/clear_refs")


@dataclass(slots=True)
class Spending:
    """Filled in when the context ends.

    Attributes:
        cpu_s: of all threads and finished children.
        wall_s: by the clock.
        peak_growth_mb: how far the peak of resident memory passed what was held at the start, in 10^6 bytes; None
            where the system keeps no peak that can be set back (it is not Linux).
    """

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_growth_mb: float | None = None

    def as_json(self) -> dict[str, float | None]:
        """The three figures, rounded."""
        grown = self.peak_growth_mb
        return {
            "cpu_s": round(self.cpu_s, 2),
            "wall_s": round(self.wall_s, 2),
            "peak_growth_mb": None if grown is None else round(grown, 1),
        }


@contextmanager
def measure_spending() -> Iterator[Spending]:
    """Measure what the body of the context takes of this process, all its threads together."""
    spending = Spending()
    held = _reset_peak()
    cpu, wall = _cpu_s(), time.perf_counter()
    try:
        yield spending
    finally:
        spending.cpu_s, spending.wall_s = _cpu_s() - cpu, time.perf_counter() - wall
        if held is not None:
            spending.peak_growth_mb = max(_status_kib("VmHWM") - held, 0) * 1024 / 1e6


def _reset_peak() -> float | None:
    with suppress(OSError):
        _PEAK_RESET.write_text("5")  # the kernel's word for "peak := what is resident now"
        return _status_kib("VmRSS")
    return None


def _status_kib(name: str) -> float:
    lines = (line.partition(":") for line in _STATUS.read_text().splitlines())
    return next((float(value.split()[0]) for key, _, value in lines if key == name), 0.0)


def _cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
