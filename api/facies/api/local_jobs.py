"""Jobs without a service: what `facies.core.jobs_client.JobsClient` does, on the catalogue and the queue themselves.

The vector store stays closed, so this works beside a service that holds it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

from facies.api.jobs import job_out
from facies.core.actors import local_actor
from facies.core.catalog import open_catalog
from facies.core.client import Client
from facies.core.folders import make_folder
from facies.core.jobs import JobState
from facies.core.wire_jobs import JobBody, JobFileOut, JobLogLine, JobLogOut, JobOut, JobPage
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.folders import find_file
from facies.indexer.jobs.queue import open_queue

if TYPE_CHECKING:
    from facies.core.settings import Settings

_LOOK_S: Final = 0.3


class JobsBackend(Protocol):
    """What the commands ask for; `facies.core.jobs_client.JobsClient` is one, too."""

    def start(self, body: JobBody, files: Sequence[Path] = ()) -> JobOut:
        """Order a job."""

    def list(
        self, *, state: JobState | None, kind: str | None, collection: str | None, limit: int, after: str | None
    ) -> JobPage:
        """Jobs, the newest first."""

    def get(self, job_id: str) -> JobOut:
        """One job."""

    def cancel(self, job_id: str) -> JobOut:
        """Have it stop."""

    def retry(self, job_id: str) -> JobOut:
        """Have it tried again."""

    def log(self, job_id: str, *, after: int = 0, limit: int = 1000) -> JobLogOut:
        """What it told."""

    def events(self, job_id: str) -> Iterator[JobOut]:
        """Follow it."""

    def download(self, file: JobFileOut, target: IO[bytes]) -> None:
        """Write one of its files to an open one."""


@contextmanager
def open_jobs(settings: Settings, api: str | None) -> Iterator[JobsBackend]:
    """The jobs of a service, or of the data folder where no address is given."""
    if api is not None:
        with Client(api, user=local_actor(settings.user).name) as client:
            yield client.jobs
        return
    make_folder(settings.data_dir)
    with ExitStack() as opened:
        catalog = opened.enter_context(closing(open_catalog(settings.catalog_url)))
        queue = opened.enter_context(closing(open_queue(settings)))
        desk = JobDesk(catalog, queue, jobs_dir(settings), max_attempts=settings.jobs.max_attempts)
        yield LocalJobs(desk, local_actor(settings.user).name)


class LocalJobs:
    """A `JobsBackend` without HTTP."""

    def __init__(self, desk: JobDesk, actor: str) -> None:
        """Take the open desk, and who orders."""
        self._desk = desk
        self._actor = actor

    def start(self, body: JobBody, files: Sequence[Path] = ()) -> JobOut:
        """Order a job; files are copied into its folder."""
        with ExitStack() as opened:
            inputs = [(path.name, opened.enter_context(path.open("rb"))) for path in files]
            job = self._desk.order(body.kind, body.parameters, actor=self._actor, priority=body.priority, inputs=inputs)
        return job_out(job)

    def list(
        self, *, state: JobState | None, kind: str | None, collection: str | None, limit: int, after: str | None
    ) -> JobPage:
        """Jobs, the newest first."""
        found = self._desk.catalog.jobs(
            states=() if state is None else (state,),
            kinds=() if kind is None else (kind,),
            collection=collection,
            after=after,
            limit=limit + 1,
        )
        shown = found[:limit]
        return JobPage(jobs=[job_out(job) for job in shown], after=shown[-1].id if len(found) > limit else None)

    def get(self, job_id: str) -> JobOut:
        """One job as it stands."""
        return job_out(self._desk.catalog.job(job_id))

    def cancel(self, job_id: str) -> JobOut:
        """Have a job stop; one that is over stays as it is."""
        return job_out(self._desk.cancel(job_id))

    def retry(self, job_id: str) -> JobOut:
        """Have a job that failed, or was cancelled, tried again."""
        return job_out(self._desk.retry(job_id))

    def log(self, job_id: str, *, after: int = 0, limit: int = 1000) -> JobLogOut:
        """What a job told, from behind a line on."""
        found = self._desk.catalog.job_log(job_id, after=after, limit=limit)
        lines = [JobLogLine(number=one.number, at=one.at, level=one.level, line=one.line) for one in found]
        return JobLogOut(lines=lines, after=lines[-1].number if lines else after)

    def events(self, job_id: str) -> Iterator[JobOut]:
        """Follow a job: as it stands, then after each change, until it is over."""
        seen = 0
        while True:
            if self._desk.catalog.job_version(job_id) > seen:
                job = self.get(job_id)
                seen = job.version
                yield job
                if job.is_over:
                    return
            time.sleep(_LOOK_S)

    def download(self, file: JobFileOut, target: IO[bytes]) -> None:
        """Write a file of a job to an open one."""
        job_id = file.path.split("/")[3]
        _, path = find_file(self._desk.root, self._desk.catalog.job(job_id), file.name, file.role)
        with path.open("rb") as source:
            shutil.copyfileobj(source, target)
