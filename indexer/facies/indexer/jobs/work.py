"""What a function gets that does a job."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from facies.core.errors import JobError
from facies.core.jobs import JobProgress, LogLevel
from facies.indexer.jobs.lease import with_rate

if TYPE_CHECKING:
    import threading

    from facies.core.jobs import Job
    from facies.core.records import Fingerprint
    from facies.core.settings import Settings
    from facies.core.workspace import Workspace
    from facies.indexer.jobs.desk import JobDesk
    from facies.indexer.jobs.folders import JobFolder
    from facies.indexer.jobs.lease import Lease
    from facies.indexer.progress import OnProgress, ProgressUpdate
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe

_Parameters = TypeVar("_Parameters")


class EmbedderSource(Protocol):
    """Gives embedders: a service those that it has loaded for searching, a worker its own."""

    def get(self, card: str, like: Fingerprint | None = None, *, recipe: Recipe | None = None) -> Embedder:
        """The embedder of a card; see `facies.models.embedder.load_embedder`."""


class Work:
    """One attempt at one job.

    Attributes:
        job: as it was when the attempt began.
        settings: of whoever runs it.
        workspace: the open data.
        folder: the job's files; ``results`` are this attempt's own, ``checkpoints`` outlive it.
        embedders: gives networks.
        desk: orders further jobs.
        stop: set when the attempt must end; for pipelines that take such an event.
        partial: what there is of a result, kept where the job is cancelled.
    """

    def __init__(
        self,
        job: Job,
        *,
        settings: Settings,
        workspace: Workspace,
        folder: JobFolder,
        embedders: EmbedderSource,
        desk: JobDesk,
        lease: Lease,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what a worker has."""
        self.job = job
        self.settings = settings
        self.workspace = workspace
        self.folder = folder
        self.embedders = embedders
        self.desk = desk
        self.stop: threading.Event = lease.stop
        self.partial: Mapping[str, Any] | None = None
        self._lease = lease
        self._clock = clock
        self._stage_begun_s = clock()

    @property
    def attempt(self) -> int:
        """How often the job was begun, this time counted; above 1 there may be checkpoints."""
        return self.job.attempt

    def parameters(self, kind: type[_Parameters]) -> _Parameters:
        """The parameters, as their class; they were checked when the job was ordered."""
        return kind(**self.job.parameters)

    def progress(self, stage: str, done: int = 0, total: int | None = None, rate_per_s: float | None = None) -> None:
        """Say how far the job is; without a rate it is that of the stage so far. Cheap: call it as often as you like.

        Raises:
            JobBrokenOffError: the attempt must end.
        """
        self._tell(JobProgress(stage, int(done), None if total is None else int(total), rate_per_s))
        self.check()

    def follow(self, stage: str) -> OnProgress:
        """What pipelines of the indexer tell, as progress of one stage; it never raises, they look at ``stop``."""

        def tell(update: ProgressUpdate) -> None:
            rate = update.done / update.elapsed_s if update.done and update.elapsed_s > 0 else None
            self._tell(JobProgress(stage, update.done, update.total, rate))

        self._tell(JobProgress(stage))
        return tell

    def log(self, line: str, level: LogLevel = "info") -> None:
        """Add a line to the job's log, of which the newest 1000 are kept."""
        self._lease.note(line, level)

    def check(self) -> None:
        """Raise where the attempt must end; call it now and then where ``stop`` is not looked at.

        Raises:
            JobCancelledError, JobReleasedError, JobTakenOverError: why.
        """
        self._lease.check()

    def end_early(self, partial: Mapping[str, Any] | None = None) -> NoReturn:
        """End an attempt whose pipeline has looked at ``stop`` and returned; what there is may be kept.

        Raises:
            JobBrokenOffError: always, with the reason.
        """
        self.partial = partial
        self._lease.check()
        raise JobError(f"job {self.job.id} ended before its work was done, and nobody had asked for that")

    def checkpoint(self, name: str) -> Path:
        """Where a checkpoint of this name lies, if an attempt has left one; write it with `save_checkpoint`."""
        return self.folder.checkpoints / name

    def save_checkpoint(self, name: str, data: bytes) -> None:
        """Leave something for later attempts, whole or not at all; on return it outlives a power cut.

        Raises:
            JobBrokenOffError: the attempt must end, and leaves nothing more.
            StorageError: the disk is full.
        """
        self.check()
        with self.folder.writing(self.checkpoint(name)) as file:
            file.write(data)

    def _tell(self, after: JobProgress) -> None:
        before, now_s = self._lease.progress, self._clock()
        if after.stage != before.stage:
            self._stage_begun_s = now_s
        self._lease.tell(with_rate(before, after, self._stage_begun_s, now_s))
