"""The catalogue's face of jobs for workers: claimed, kept alive, ended, taken back, kept out.

A lease is the attempt's number with the worker's name; every change that a worker makes is conditional on it, so one
that was thought dead and comes back changes nothing. Whether a worker lives is told by a count that grows, never by a
time: whoever watches measures by a clock of its own how long the count has stood still, so neither the clocks of two
machines nor one that is set need agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from facies.core.catalog import job_claims, job_log, job_rows
from facies.core.catalog.tables import JobRow
from facies.core.catalog.transactions import Transactions
from facies.core.errors import JobWorkerDiedError
from facies.core.jobs import Job, JobBeat, JobFault, JobFile, JobLease, JobProgress, JobState, LogLevel


class JobLeases(Transactions):
    """What workers and those that look after them do with jobs. One transaction a call."""

    def claim_job(self, worker: str, *, device: str | None = None, kinds: Sequence[str] | None = None) -> Job | None:
        """Begin the job that is first in line; see `facies.core.catalog.job_claims.claim`."""
        with self._writing() as connection:
            return job_claims.claim(connection, worker, device, kinds)

    def beat_job(
        self,
        lease: JobLease,
        progress: JobProgress | None = None,
        lines: Sequence[tuple[datetime, LogLevel, str]] = (),
    ) -> bool:
        """Give a sign of life, with what there is to tell; says whether somebody wants the job to stop.

        Raises:
            JobTakenOverError: the lease no longer counts; nothing was written.
        """
        with self._writing() as connection:
            values: dict[str, Any] = {"beat": JobRow.beat + 1, "heartbeat_at": datetime.now(UTC)}
            if progress is not None:
                values |= job_rows.progress_values(progress)
            else:
                values["version"] = JobRow.version  # nothing that a reader of its state would see anew
            held = job_rows.change_held(connection, lease, **values)
            job_log.append(connection, held.number, lines)
            return held.cancel_requested

    def finish_job(
        self,
        lease: JobLease,
        state: JobState,
        *,
        result: Any = None,
        fault: JobFault | None = None,
        results: Sequence[JobFile] = (),
        progress: JobProgress | None = None,
    ) -> Job:
        """End a job.

        Args:
            lease: of whoever ran it.
            state: how it ended.
            result: what came of it, as JSON.
            fault: why it failed.
            results: files that it has made; they take the place of those of earlier attempts.
            progress: how far it came; None: as it stands.

        Raises:
            JobTakenOverError: the lease no longer counts; nothing was written.
        """
        with self._writing() as connection:
            values: dict[str, Any] = {} if progress is None else job_rows.progress_values(progress)
            held = job_rows.change_held(connection, lease, **values)
            given = [file for file in held.files if file.role == "input"]
            job = job_rows.change_held(
                connection,
                lease,
                state=state,
                device=None,
                finished_at=datetime.now(UTC),
                result=result,
                fault=None if fault is None else asdict(fault),
                files=[asdict(file) for file in (*given, *results)],
            )
            line = state if fault is None else f"{state}: {fault.message}"
            job_log.note(connection, job.number, "info" if fault is None else "error", line)
            return job

    def release_job(self, lease: JobLease) -> Job:
        """Let a job wait again whose worker ends in good order; that attempt counts for nothing.

        It is cancelled where somebody asked for that meanwhile.

        Raises:
            JobTakenOverError: the lease no longer counts.
        """
        with self._writing() as connection:
            held = job_rows.change_held(connection, lease)
            if held.cancel_requested:
                return _cancel(connection, job_rows.held_by(lease), held)
            values = {"state": "queued", "device": None, "max_attempts": held.max_attempts + 1}
            job = job_rows.change_held(connection, lease, **values, **job_rows.AT_REST)
            job_log.note(connection, job.number, "info", "its worker ended in good order; waits for another")
            return job

    # --- for whoever looks after workers ---

    def running_beats(self) -> list[JobBeat]:
        """Read the signs of life of all jobs that run."""
        with self._reading() as connection:
            return job_claims.beats(connection)

    def take_back_job(self, beat: JobBeat) -> Job | None:
        """Take a job from a worker that has given no sign since this one; None where it has, or the job has ended.

        It waits again; it is cancelled where somebody asked for that, and failed where no attempt is left.
        """
        with self._writing() as connection:
            silent = (
                JobRow.id == beat.id,
                JobRow.state == "running",
                JobRow.attempt == beat.attempt,
                JobRow.beat == beat.count,
            )
            return _take_back(connection, silent)

    def take_back_jobs_of(self, worker: str) -> list[Job]:
        """Take the jobs from all workers whose name begins so, of which the caller knows that none lives.

        Their holds are lifted, too.
        """
        with self._writing() as connection:
            job_claims.lift_of(connection, worker)
            theirs = (JobRow.state == "running", JobRow.worker.startswith(worker, autoescape=True))
            ids = list(connection.scalars(select(JobRow.id).where(*theirs)))
            taken = [_take_back(connection, (JobRow.id == one, *theirs)) for one in ids]
            return [job for job in taken if job is not None]

    # --- turns that are kept free of jobs ---

    def hold_turn(self, hold_id: str, turn: str, holder: str) -> None:
        """Let no job of a turn begin until the hold is lifted.

        Raises:
            JobConflictError: one is running.
        """
        with self._writing() as connection:
            job_claims.hold(connection, hold_id, turn, holder)

    def beat_hold(self, hold_id: str) -> bool:
        """Give a sign of life of whoever holds; False where the hold was lifted."""
        with self._writing() as connection:
            return job_claims.beat_hold(connection, hold_id)

    def hold_beats(self) -> list[JobBeat]:
        """Read the signs of life of all holds."""
        with self._reading() as connection:
            return job_claims.hold_beats(connection)

    def lift_hold(self, hold_id: str, count: int | None = None) -> bool:
        """Let jobs of a turn begin again; with ``count`` only if the holder has given no sign since that one."""
        with self._writing() as connection:
            return job_claims.lift(connection, hold_id, count)


def _take_back(connection: Connection, silent: Sequence[ColumnElement[bool]]) -> Job | None:
    row = connection.execute(select(JobRow).where(*silent)).first()
    if row is None:
        return None
    job = job_rows.record(row)
    if job.cancel_requested:
        return _cancel(connection, silent, job)
    values: dict[str, Any] = {"state": "queued", **job_rows.AT_REST}
    told = f"its worker died or stood still in attempt {job.attempt}; waits for another"
    if job.attempt >= job.max_attempts:
        fault = JobFault(JobWorkerDiedError.__name__, JobWorkerDiedError(job.id, job.attempt).message)
        values = {"state": "failed", "finished_at": datetime.now(UTC), "fault": asdict(fault)}
        told = f"failed: {fault.message}"
    taken = job_rows.change(connection, silent, device=None, **values)
    if taken is not None:
        job_log.note(connection, taken.number, "warning", told)
    return taken


def _cancel(connection: Connection, allowed: Sequence[ColumnElement[bool]], job: Job) -> Job:
    ended = job_rows.change(connection, allowed, state="cancelled", device=None, finished_at=datetime.now(UTC))
    job_log.note(connection, job.number, "info", "cancelled when its worker had ended")
    return ended or job
