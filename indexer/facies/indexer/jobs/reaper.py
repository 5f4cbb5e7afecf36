"""Takes jobs back from workers that died or stand still.

A worker lives as long as its count of signs grows. How long it has stood still is measured here, by the monotonic clock
of the process that watches, from the moment when that process first saw it: no clock of another machine, and no clock
that somebody can set, has a say. A watcher that was itself stopped reads the counts anew before it judges.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from facies.core.jobs import Job, JobBeat

if TYPE_CHECKING:
    from facies.core.catalog.job_leases import JobLeases

_log = logging.getLogger(__name__)


class Watch:
    """Tells which counts have stood still for too long."""

    def __init__(self, stall_s: float) -> None:
        """Begin without having seen any."""
        self._stall_s = stall_s
        self._seen: dict[str, tuple[JobBeat, float]] = {}

    def look(self, beats: Iterable[JobBeat], now_s: float) -> list[JobBeat]:
        """Take the counts as they were read just now; gives those that have not changed for ``stall_s``.

        Args:
            beats: of all that is alive, as far as anybody knows.
            now_s: when they were read, or earlier, by a clock that never goes back.
        """
        seen: dict[str, tuple[JobBeat, float]] = {}
        stalled = []
        for beat in beats:
            before, since_s = self._seen.get(beat.id, (None, now_s))
            seen[beat.id] = (beat, since_s if before == beat else now_s)
            if before == beat and now_s - since_s >= self._stall_s:
                stalled.append(beat)
        self._seen = seen
        return stalled


class Reaper:
    """Looks after all workers of a catalogue; any number of reapers may do so."""

    def __init__(self, catalog: JobLeases, stall_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without having seen any job."""
        self._catalog = catalog
        self._clock = clock
        self._jobs = Watch(stall_s)
        self._holds = Watch(stall_s)

    def sweep(self) -> list[Job]:
        """Take back what stands still, and lift holds whose holder died; call it every few seconds.

        Returns:
            the jobs that wait again, or are over.

        Raises:
            CatalogError, StorageError: the catalogue cannot be reached.
        """
        now_s = self._clock()  # before reading: a pause in between makes nobody look older
        taken = [self._catalog.take_back_job(beat) for beat in self._jobs.look(self._catalog.running_beats(), now_s)]
        for beat in self._holds.look(self._catalog.hold_beats(), now_s):
            self._catalog.lift_hold(beat.id, beat.count)
        jobs = [job for job in taken if job is not None]
        for job in jobs:
            _log.warning("job %s was taken from worker %s, which gives no signs of life", job.id, job.worker)
        return jobs
