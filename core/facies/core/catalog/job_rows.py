"""Jobs, as rows: how they are read, and the one way in which they change.

Each change is one UPDATE that names the state, and where it comes from a worker the lease, that it is allowed in; where
that is no longer so it touches no row, and whoever wanted it is told. Nothing here reads a clock to decide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, get_args

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from facies.core.catalog.tables import JobRow
from facies.core.errors import CatalogError, JobNotFoundError, JobTakenOverError
from facies.core.jobs import (
    Job,
    JobFault,
    JobFile,
    JobLease,
    JobNeeds,
    JobOrder,
    JobProgress,
    JobState,
)

_STATES: Final[dict[str, JobState]] = {state: state for state in get_args(JobState)}
_NEEDS: Final[dict[str, JobNeeds]] = {needs: needs for needs in get_args(JobNeeds)}
AT_REST: Final[dict[str, Any]] = {"stage": "", "done": 0, "total": None, "rate_per_s": None}
"""The progress of a job that nobody works on."""


def add(connection: Connection, order: JobOrder) -> Job:
    """Add a job that waits."""
    values = {
        "id": order.id,
        "kind": order.kind,
        "state": "queued",
        "parameters": dict(order.parameters),
        "collection": order.collection,
        "turn": order.turn,
        "needs": order.needs,
        "priority": order.priority,
        "actor": order.actor,
        "attempt": 0,
        "max_attempts": order.max_attempts,
        "beat": 0,
        "cancel_requested": False,
        "created_at": datetime.now(UTC),
        "files": [asdict(file) for file in order.files],
        "version": 1,
        **AT_REST,
    }
    return record(connection.execute(insert(JobRow).returning(JobRow), values).one())


def fetch(connection: Connection, job_id: str) -> Job:
    """Read one job, or raise JobNotFoundError."""
    row = connection.execute(select(JobRow).where(JobRow.id == job_id)).first()
    if row is None:
        raise JobNotFoundError(job_id)
    return record(row)


def fetch_page(
    connection: Connection,
    *,
    states: Sequence[JobState],
    kinds: Sequence[str],
    collection: str | None,
    before: int | None,
    limit: int,
) -> list[Job]:
    """Read jobs, the newest first; empty sequences narrow nothing."""
    query = select(JobRow)
    if states:
        query = query.where(JobRow.state.in_(states))
    if kinds:
        query = query.where(JobRow.kind.in_(kinds))
    if collection is not None:
        query = query.where(JobRow.collection == collection)
    if before is not None:
        query = query.where(JobRow.number < before)
    return [record(row) for row in connection.execute(query.order_by(JobRow.number.desc()).limit(limit))]


def change(connection: Connection, allowed: Iterable[ColumnElement[bool]], **values: Any) -> Job | None:
    """Change the one job that all conditions hold for; None where there is none. Unless given, its version grows."""
    written = {"version": JobRow.version + 1, **values}
    row = connection.execute(update(JobRow).where(*allowed).values(**written).returning(JobRow)).first()
    return None if row is None else record(row)


def held_by(lease: JobLease) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a lease still counts."""
    return (
        JobRow.id == lease.id,
        JobRow.state == "running",
        JobRow.attempt == lease.attempt,
        JobRow.worker == lease.worker,
    )


def change_held(connection: Connection, lease: JobLease, **values: Any) -> Job:
    """Change a job for whoever has its lease.

    Raises:
        JobTakenOverError: the lease no longer counts.
    """
    changed = change(connection, held_by(lease), **values)
    if changed is None:
        raise JobTakenOverError(lease.id, lease.attempt)
    return changed


def progress_values(progress: JobProgress) -> dict[str, Any]:
    """The columns of a progress."""
    return asdict(progress)


def record(row: Row[Any]) -> Job:
    """Make the record of a row.

    Raises:
        CatalogError: a word in it is none that this facies knows.
    """
    if row.state not in _STATES or row.needs not in _NEEDS:
        raise CatalogError(f"job {row.id} is {row.state!r} and needs {row.needs!r}, which this facies does not know")
    return Job(
        number=row.number,
        id=row.id,
        kind=row.kind,
        state=_STATES[row.state],
        parameters=row.parameters,
        collection=row.collection,
        turn=row.turn,
        needs=_NEEDS[row.needs],
        device=row.device,
        priority=row.priority,
        actor=row.actor,
        progress=JobProgress(row.stage, row.done, row.total, row.rate_per_s),
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        worker=row.worker,
        cancel_requested=row.cancel_requested,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        heartbeat_at=row.heartbeat_at,
        fault=None if row.fault is None else JobFault(**row.fault),
        result=row.result,
        files=tuple(JobFile(**file) for file in row.files),
        version=row.version,
    )
