"""The catalogue's face of jobs: ordered, asked for, cancelled, tried again.

queued --claim--> running --finish--> done | failed | cancelled
  ^ |               |  |                       |
  | +--cancel-------|--|--> cancelled          |
  +--release, take back+                       |
  +-------------------retry (failed, cancelled)+
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from facies.core.catalog import job_log, job_rows
from facies.core.catalog.job_leases import JobLeases
from facies.core.catalog.tables import JobLogRow, JobRow
from facies.core.errors import JobNotFoundError, JobStateError
from facies.core.jobs import OVER, Job, JobLogLine, JobOrder, JobState


class Jobs(JobLeases):
    """What can be done with jobs and asked of them. One transaction a call."""

    def add_job(self, order: JobOrder) -> Job:
        """Add a job that waits; on return it is not lost any more."""
        with self._writing() as connection:
            return job_rows.add(connection, order)

    def job(self, job_id: str) -> Job:
        """Read one job.

        Raises:
            JobNotFoundError: there is none of this id.
        """
        with self._reading() as connection:
            return job_rows.fetch(connection, job_id)

    def job_version(self, job_id: str) -> int:
        """Read the version of a job alone, which grows with every change: cheap to ask again and again.

        Raises:
            JobNotFoundError: there is none of this id.
        """
        with self._reading() as connection:
            version = connection.scalar(select(JobRow.version).where(JobRow.id == job_id))
            if version is None:
                raise JobNotFoundError(job_id)
            return version

    def jobs(
        self,
        *,
        states: Sequence[JobState] = (),
        kinds: Sequence[str] = (),
        collection: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """Read jobs, the newest first.

        Args:
            states: only those in one of these; empty: all.
            kinds: only those of one of these; empty: all.
            collection: only those that work on it.
            after: only those that are older than the one of this id: the next page.
            limit: of the page.

        Raises:
            JobNotFoundError: there is none of the id ``after``.
        """
        with self._reading() as connection:
            before = None if after is None else job_rows.fetch(connection, after).number
            return job_rows.fetch_page(
                connection, states=states, kinds=kinds, collection=collection, before=before, limit=limit
            )

    def count_jobs(self) -> dict[JobState, int]:
        """Count the jobs in each state that any is in."""
        with self._reading() as connection:
            rows = connection.execute(select(JobRow.state, func.count().label("n")).group_by(JobRow.state))
            return {row.state: row.n for row in rows}

    def job_log(self, job_id: str, *, after: int = 0, limit: int = job_log.KEPT_LINES) -> list[JobLogLine]:
        """Read what a job told behind a line, the oldest first.

        Raises:
            JobNotFoundError: there is none of this id.
        """
        with self._reading() as connection:
            return job_log.fetch(connection, job_rows.fetch(connection, job_id).number, after=after, limit=limit)

    def cancel_job(self, job_id: str) -> Job:
        """Have a job stop: at once where it waits, else its worker is asked to. One that is over stays as it is.

        Raises:
            JobNotFoundError: there is none of this id.
        """
        with self._writing() as connection:
            waiting = (JobRow.id == job_id, JobRow.state == "queued")
            ended = job_rows.change(connection, waiting, state="cancelled", finished_at=datetime.now(UTC))
            if ended is not None:
                job_log.note(connection, ended.number, "info", "cancelled before it began")
                return ended
            running = (JobRow.id == job_id, JobRow.state == "running", JobRow.cancel_requested.is_(False))
            asked = job_rows.change(connection, running, cancel_requested=True)
            if asked is not None:
                job_log.note(connection, asked.number, "info", "asked to stop")
                return asked
            return job_rows.fetch(connection, job_id)

    def retry_job(self, job_id: str, attempts: int) -> Job:
        """Let a job that failed or was cancelled wait again; it goes on from what was kept.

        Args:
            job_id: which.
            attempts: workers that may die with it from now on.

        Raises:
            JobNotFoundError: there is none of this id.
            JobStateError: it has done its work, or is about to.
        """
        with self._writing() as connection:
            again = job_rows.change(
                connection,
                (JobRow.id == job_id, JobRow.state.in_(("failed", "cancelled"))),
                state="queued",
                max_attempts=JobRow.attempt + attempts,
                cancel_requested=False,
                started_at=None,
                finished_at=None,
                fault=None,
                result=None,
                **job_rows.AT_REST,
            )
            if again is None:
                raise JobStateError(job_id, job_rows.fetch(connection, job_id).state, "failed or cancelled")
            job_log.note(connection, again.number, "info", "to be tried again")
            return again

    def remove_job(self, job_id: str) -> Job:
        """Forget a job that is over, with its log; gives what it was. Its files are the caller's.

        Raises:
            JobNotFoundError: there is none of this id.
            JobStateError: it is not over.
        """
        with self._writing() as connection:
            gone = job_rows.fetch(connection, job_id)
            if not gone.is_over:
                raise JobStateError(job_id, gone.state, "done, failed or cancelled")
            connection.execute(delete(JobLogRow).where(JobLogRow.job == gone.number))
            connection.execute(delete(JobRow).where(JobRow.number == gone.number, JobRow.state.in_(OVER)))
            return gone
