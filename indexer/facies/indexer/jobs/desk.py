"""The desk where jobs are ordered: checked, their inputs put down, their rows written, a worker woken."""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from facies.core.jobs import JobOrder
from facies.indexer.jobs.folders import JobFolder
from facies.indexer.jobs.kinds import KINDS, JobKind, collection_of, get_kind

if TYPE_CHECKING:
    from facies.core.catalog import Catalog
    from facies.core.jobs import Job
    from facies.core.settings import Settings
    from facies.indexer.jobs.queue import JobQueue


def jobs_dir(settings: Settings) -> Path:
    """The folder of the files of all jobs; at scale a volume that the service and all workers share."""
    return settings.data_dir / "jobs"


class JobDesk:
    """Orders jobs; safe to use from several threads.

    Attributes:
        catalog: where jobs are.
        root: the folder of their files.
        kinds: what can be ordered.
    """

    def __init__(
        self,
        catalog: Catalog,
        queue: JobQueue,
        root: Path,
        *,
        max_attempts: int,
        kinds: Mapping[str, JobKind] = KINDS,
    ) -> None:
        """Take the open parts; the caller closes them."""
        self.catalog = catalog
        self.root = root
        self.kinds = kinds
        self._queue = queue
        self._max_attempts = max_attempts

    def order(
        self,
        kind: str,
        parameters: Mapping[str, Any],
        *,
        actor: str,
        priority: int = 0,
        inputs: Sequence[tuple[str, IO[bytes]]] = (),
    ) -> Job:
        """Order a job; on return it is not lost any more.

        Args:
            kind: one of `kinds`.
            parameters: of that kind.
            actor: who asks for it.
            priority: of two that wait, the one with the larger number is first.
            inputs: files by name, copied into the job's folder.

        Raises:
            UnknownJobKindError, JobParametersError: nothing like this can be ordered.
            JobFileError: an input has no name that a file can have.
            StorageError: the disk is full; nothing was ordered.
        """
        wanted = get_kind(kind, self.kinds)
        read, split = wanted.read(parameters).split_files()
        job_id = secrets.token_hex(6)
        folder = JobFolder(job_id, self.root / job_id)
        given = [*inputs, *((name, io.BytesIO(data)) for name, data in split.items())]
        try:
            files = [folder.add_input(name, source) for name, source in given]
            job = self.catalog.add_job(
                JobOrder(
                    id=job_id,
                    kind=wanted.name,
                    parameters=read.model_dump(mode="json"),
                    collection=collection_of(read),
                    turn=wanted.turn_of(read),
                    needs=wanted.needs,
                    priority=priority,
                    actor=actor,
                    max_attempts=self._max_attempts,
                    files=files,
                )
            )
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        self._queue.send(job.id, job.priority)
        return job

    def cancel(self, job_id: str) -> Job:
        """Have a job stop; see `facies.core.catalog.jobs.Jobs.cancel_job`."""
        return self.catalog.cancel_job(job_id)

    def retry(self, job_id: str) -> Job:
        """Have a job that failed or was cancelled tried again; see `facies.core.catalog.jobs.Jobs.retry_job`."""
        job = self.catalog.retry_job(job_id, self._max_attempts)
        self._queue.send(job.id, job.priority)
        return job

    def remove(self, job_id: str) -> None:
        """Forget a job that is over, and delete its files.

        Raises:
            JobNotFoundError, JobStateError: there is none of this id, or it is not over.
        """
        job = self.catalog.remove_job(job_id)
        shutil.rmtree(self.root / job.id, ignore_errors=True)
