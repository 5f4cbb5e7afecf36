"""The workers of one process: threads that take jobs, one at a time each, and one that looks after all workers."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from facies.core.errors import FaciesError, JobBrokenOffError, JobError, JobNotFoundError, JobTakenOverError
from facies.core.jobs import JobFault, JobFile, JobState
from facies.indexer.jobs.folders import folder_of
from facies.indexer.jobs.kinds import get_kind
from facies.indexer.jobs.lease import Ending, Lease
from facies.indexer.jobs.places import house_of, place_of
from facies.indexer.jobs.reaper import Reaper
from facies.indexer.jobs.work import Work

if TYPE_CHECKING:
    from facies.core.jobs import Job
    from facies.core.settings import Settings
    from facies.core.workspace import Workspace
    from facies.indexer.jobs.desk import JobDesk
    from facies.indexer.jobs.queue import JobQueue
    from facies.indexer.jobs.work import EmbedderSource

LOOK_S: Final = 2.0
"""How long a worker without a job waits for a message before it looks into the catalogue by itself."""

_PAUSE_S: Final = 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How an attempt ended."""

    state: JobState
    result: Mapping[str, Any] | None = None
    fault: JobFault | None = None
    files: tuple[JobFile, ...] = ()


class Workers:
    """Runs jobs. Use it as a context manager: at its end running jobs go back to the queue with what they have.

    Attributes:
        place: what this process is called.
    """

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        *,
        embedders: EmbedderSource,
        desk: JobDesk,
        queue: JobQueue,
        count: int | None = None,
        device: str | None = None,
        place: str | None = None,
    ) -> None:
        """Prepare them; nothing runs yet.

        Args:
            settings: of the composition root.
            workspace: the open data; it outlives the workers.
            embedders: gives networks.
            desk: orders further jobs.
            queue: wakes the workers.
            count: jobs at a time; None: as the settings say. With 0 this process runs none.
            device: the GPU that networks run on, by `facies.models.gpu.find_gpu`.
            place: what the process is called; None: by `facies.indexer.jobs.places.place_of`.
        """
        self.place = place or place_of(settings)
        self._settings = settings
        self._workspace = workspace
        self._embedders = embedders
        self._desk = desk
        self._queue = queue
        self._device = device
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._leases: dict[str, Lease] = {}
        number = settings.jobs.workers if count is None else count
        self._threads = [
            threading.Thread(target=self._serve, args=(f"{self.place}/{one}",), name=f"job-worker-{one}")
            for one in range(1, number + 1)
        ]
        if number:
            self._threads.append(threading.Thread(target=self._reap, name="job-reaper"))

    def start(self) -> None:
        """Take back what dead processes of this data folder held, where that is certain, and begin.

        It is certain where the store is the embedded one, which this process has locked.

        Raises:
            JobError: the system gives no thread.
        """
        if self._settings.store.backend == "edge":
            for job in self._workspace.catalog.take_back_jobs_of(house_of(self._settings)):
                _log.warning("job %s is taken up again: its process has died", job.id)
        try:
            for thread in self._threads:
                thread.start()
        except (RuntimeError, MemoryError) as error:
            self.close()
            raise JobError(f"no worker could begin: {error}. The system gives no thread; try later.") from error

    def close(self) -> None:
        """Have running jobs stop, wait for them, and give them back to the queue."""
        self._stopping.set()
        with self._guard:
            for lease in self._leases.values():
                lease.end("released")
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run_next(self, worker: str | None = None) -> Job | None:
        """Run the job that is first in line to its end, in this thread; None where none waits that could begin.

        Raises:
            CatalogError, StorageError: the catalogue cannot be reached; the job is taken back in time.
        """
        name = worker or f"{self.place}/0"
        claimed = self._workspace.catalog.claim_job(name, device=self._device, kinds=sorted(self._desk.kinds))
        if claimed is None:
            return None
        return self._run(claimed)

    def _serve(self, name: str) -> None:
        while not self._stopping.is_set():
            try:
                if self.run_next(name) is None:
                    self._queue.wait(LOOK_S, self._stopping)
            except Exception:  # a thread has no caller: without this the worker would be gone in silence
                _log.exception("worker %s could not take or end a job; it goes on", name)
                self._stopping.wait(_PAUSE_S)

    def _reap(self) -> None:
        reaper = Reaper(self._workspace.catalog, self._settings.jobs.stall_s)
        while not self._stopping.wait(self._settings.jobs.heartbeat_s):
            try:
                for job in reaper.sweep():
                    if job.state == "queued":
                        self._queue.send(job.id, job.priority)
            except FaciesError as error:
                _log.warning("nobody could look after the workers: %s", error.message)
            except Exception:  # as above
                _log.exception("looking after the workers failed; it goes on")

    def _run(self, claimed: Job) -> Job | None:
        jobs = self._settings.jobs
        lease = Lease(self._workspace.catalog, claimed.lease, heartbeat_s=jobs.heartbeat_s, stall_s=jobs.stall_s)
        with self._guard:
            self._leases[claimed.id] = lease
        try:
            if self._stopping.is_set():
                lease.end("released")
            with lease:
                outcome = self._attempt(claimed, lease)
            return None if outcome is None else self._end(claimed, lease, outcome)
        finally:
            with self._guard:
                self._leases.pop(claimed.id, None)

    def _attempt(self, job: Job, lease: Lease) -> _Outcome | None:
        """Do the work; None where the job goes back to the queue, or is somebody else's."""
        folder = folder_of(self._desk.root, job)
        work = Work(
            job,
            settings=self._settings,
            workspace=self._workspace,
            folder=folder,
            embedders=self._embedders,
            desk=self._desk,
            lease=lease,
        )
        lease.note(f"attempt {job.attempt} by {job.worker}")
        try:
            result = get_kind(job.kind, self._desk.kinds).load_run()(work)
            json.dumps(result, allow_nan=False)  # what no database takes is this job's fault, not the database's
            return _Outcome("done", result, files=folder.seal_results())
        except FaciesError as error:
            if lease.ending is None:
                return _Outcome("failed", work.partial, JobFault(type(error).__name__, error.message))
            return self._broken_off(job, lease.ending, work, error)
        except (Exception, SystemExit):  # whatever it is, it is this job's and must not end the worker
            _log.exception("job %s failed unexpectedly", job.id)
            # What it says is for the log alone: over HTTP anybody reads the row.
            told = f"an unexpected error; the log of worker {job.worker} describes it under job {job.id}"
            return _Outcome("failed", work.partial, JobFault(JobError.__name__, told))

    def _broken_off(self, job: Job, ending: Ending, work: Work, error: FaciesError) -> _Outcome | None:
        """How an attempt ends that somebody wanted to end, whatever its work has made of that."""
        if ending == "lost":
            _log.warning("job %s was taken over from %s, which has broken it off", job.id, job.worker)
            return None
        if not isinstance(error, JobBrokenOffError):
            work.log(f"while it was broken off: {error.message}", "warning")
        return _Outcome("queued") if ending == "released" else _Outcome("cancelled", work.partial)

    def _end(self, job: Job, lease: Lease, outcome: _Outcome) -> Job | None:
        """Write down how it ended; tries for as long as nobody can have taken the job over."""
        catalog = self._workspace.catalog
        deadline = time.monotonic() + self._settings.jobs.stall_s
        while True:
            try:
                if outcome.state == "queued":
                    return catalog.release_job(lease.held)
                ended = catalog.finish_job(
                    lease.held,
                    outcome.state,
                    result=outcome.result,
                    fault=outcome.fault,
                    results=outcome.files,
                    progress=lease.progress.completed() if outcome.state == "done" else lease.progress,
                )
            except (JobTakenOverError, JobNotFoundError):
                _log.warning("job %s was taken over from %s before its end was written", job.id, job.worker)
                return None
            except FaciesError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
            else:
                if ended.state == "done":
                    folder_of(self._desk.root, ended).drop_results_of_others()
                return ended
