"""The lease of a job while it runs: a thread gives signs of life, passes on what the job tells, and hears of wishes.

Three things end an attempt early: somebody cancels the job, the worker ends in good order, or the lease is gone because
another worker took the job over. Whichever comes first counts, but a lease that is gone outdoes the others.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias

from facies.core.errors import (
    FaciesError,
    JobBrokenOffError,
    JobCancelledError,
    JobError,
    JobNotFoundError,
    JobReleasedError,
    JobTakenOverError,
)
from facies.core.jobs import JobProgress, LogLevel

if TYPE_CHECKING:
    from facies.core.catalog.job_leases import JobLeases
    from facies.core.jobs import JobLease

Ending: TypeAlias = Literal["cancelled", "released", "lost"]

TELL_S: Final = 0.5
"""Longest time between two looks at what a job has to tell; written is only what is new."""

_log = logging.getLogger(__name__)


class Lease:
    """One attempt's right to its job. Use it as a context manager: the thread lives as long as the context.

    Attributes:
        stop: set when the attempt must end; pipelines take it as their own.
        held: whose right it is.
    """

    def __init__(
        self,
        catalog: JobLeases,
        held: JobLease,
        *,
        heartbeat_s: float,
        stall_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it; nothing runs yet.

        Args:
            catalog: where the job is.
            held: the attempt, as it was claimed.
            heartbeat_s: between two signs of life.
            stall_s: how long the catalogue may be out of reach before the lease counts as gone.
            clock: that both are measured by.
        """
        self.stop = threading.Event()
        self.held = held
        self._catalog = catalog
        self._heartbeat_s = heartbeat_s
        self._stall_s = stall_s
        self._clock = clock
        self._guard = threading.Lock()
        self._ending: Ending | None = None
        self._progress = JobProgress("starting")
        self._is_new = False
        self._lines: list[tuple[datetime, LogLevel, str]] = []
        self._over = threading.Event()
        self._alive_at = clock()
        self._thread = threading.Thread(target=self._live, name=f"lease-{held.id}")

    @property
    def ending(self) -> Ending | None:
        """Why the attempt must end; None where it need not."""
        with self._guard:
            return self._ending

    @property
    def progress(self) -> JobProgress:
        """What the job told last."""
        with self._guard:
            return self._progress

    def tell(self, progress: JobProgress) -> None:
        """Say how far the job is; it is written within `TELL_S`."""
        with self._guard:
            self._is_new = self._is_new or progress != self._progress
            self._progress = progress

    def note(self, line: str, level: LogLevel = "info") -> None:
        """Add a line to the job's log; it is written within `TELL_S`."""
        with self._guard:
            self._lines.append((datetime.now(UTC), level, line))

    def end(self, ending: Ending) -> None:
        """Have the attempt end."""
        with self._guard:
            if self._ending is None or ending == "lost":
                self._ending = ending
        self.stop.set()

    def check(self) -> None:
        """Raise where the attempt must end.

        Raises:
            JobCancelledError, JobReleasedError, JobTakenOverError: why.
        """
        ending = self.ending
        if ending is not None:
            raise self.broken_off(ending)

    def broken_off(self, ending: Ending) -> JobBrokenOffError:
        """The error of an ending."""
        if ending == "cancelled":
            return JobCancelledError(self.held.id)
        if ending == "released":
            return JobReleasedError(self.held.id)
        return JobTakenOverError(self.held.id, self.held.attempt)

    def beat(self) -> None:
        """Give a sign of life now, with what there is to tell; a lease that turns out to be gone ends the attempt."""
        with self._guard:
            progress = self._progress if self._is_new else None
            lines, self._lines = self._lines, []
            self._is_new = False
        try:
            wanted = self._catalog.beat_job(self.held, progress, lines)
        except (JobTakenOverError, JobNotFoundError):
            self.end("lost")
            return
        except FaciesError as error:
            self._miss(error, told=progress is not None, lines=lines)
            return
        self._alive_at = self._clock()
        if wanted:
            self.end("cancelled")

    def __enter__(self) -> Self:
        """Start the thread.

        Raises:
            JobError: the system gives none.
        """
        self._alive_at = self._clock()
        try:
            self._thread.start()
        except (RuntimeError, MemoryError) as error:
            raise JobError(f"no job could begin: {error}. The system gives no thread; try later.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread; what was told and not written is written, if the lease still counts."""
        self._over.set()
        self._thread.join()
        if self.ending != "lost" and (self._lines or self._is_new):
            self.beat()

    def _live(self) -> None:
        next_beat = self._clock() + self._heartbeat_s
        while not self._over.wait(min(TELL_S, self._heartbeat_s)):
            now = self._clock()
            with self._guard:
                has_news = self._is_new or bool(self._lines)
            if (has_news or now >= next_beat) and self.ending != "lost":
                self.beat()
                next_beat = now + self._heartbeat_s

    def _miss(self, error: FaciesError, *, told: bool, lines: list[tuple[datetime, LogLevel, str]]) -> None:
        """Keep what could not be written; give the lease up when others may have taken the job over by now."""
        _log.warning("no sign of life of job %s could be given: %s", self.held.id, error.message)
        with self._guard:
            self._lines = lines + self._lines
            self._is_new = self._is_new or told
        if self._clock() - self._alive_at > self._stall_s:
            self.end("lost")


def with_rate(before: JobProgress, after: JobProgress, begun_s: float, now_s: float) -> JobProgress:
    """Give a progress its rate since its stage began, unless it brings one.

    >>> with_rate(JobProgress("read", 0), JobProgress("read", 10, 40), 5.0, 7.0).rate_per_s
    5.0
    """
    if after.rate_per_s is not None or after.stage != before.stage or after.done == 0 or now_s <= begun_s:
        return after
    return replace(after, rate_per_s=after.done / (now_s - begun_s))
