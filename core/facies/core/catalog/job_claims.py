"""Which job a worker gets, and what is kept away from whom: decided in one transaction at a time.

SQLite has one writer. PostgreSQL would let two claims look at the same moment, so each takes one advisory lock first,
for the few milliseconds of the transaction: a job is never begun twice, nor two jobs of one turn or one GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from facies.core.catalog.job_rows import change, record
from facies.core.catalog.tables import JobHoldRow, JobRow
from facies.core.errors import JobConflictError
from facies.core.jobs import Job, JobBeat

_CLAIM_LOCK: Final = 0x6661636A6F62
"""Number of PostgreSQL's advisory lock that is held while a job is chosen: "facjob" in ASCII."""


def claim(connection: Connection, worker: str, device: str | None, kinds: Sequence[str] | None) -> Job | None:
    """Begin the next attempt of the job that is first in line, of those that this worker may run now.

    Args:
        connection: in a transaction that writes.
        worker: who begins it.
        device: the GPU that the worker computes on; None where it has none.
        kinds: that it can run; None: all.

    Returns:
        the job, running; None where no job waits that could begin.
    """
    _alone(connection)
    running = aliased(JobRow)
    same_turn = exists().where(running.state == "running", running.turn == JobRow.turn)
    held = exists().where(JobHoldRow.turn == JobRow.turn)
    query = select(JobRow).where(JobRow.state == "queued", or_(JobRow.turn.is_(None), and_(~same_turn, ~held)))
    if device is None:
        query = query.where(JobRow.needs != "gpu")
    elif connection.scalar(select(exists().where(JobRow.state == "running", JobRow.device == device))):
        query = query.where(JobRow.needs == "cpu")
    if kinds is not None:
        query = query.where(JobRow.kind.in_(kinds))
    row = connection.execute(query.order_by(JobRow.priority.desc(), JobRow.number).limit(1)).first()
    if row is None:
        return None
    waiting = record(row)
    now = datetime.now(UTC)
    return change(
        connection,
        (JobRow.number == waiting.number, JobRow.state == "queued"),
        state="running",
        attempt=waiting.attempt + 1,
        worker=worker,
        device=None if waiting.needs == "cpu" else device,
        beat=JobRow.beat + 1,
        heartbeat_at=now,
        started_at=waiting.started_at or now,
        stage="starting",
    )


def hold(connection: Connection, hold_id: str, turn: str, holder: str) -> None:
    """Let no job of a turn begin from now on.

    Raises:
        JobConflictError: one is running.
    """
    _alone(connection)
    found = connection.execute(select(JobRow).where(JobRow.state == "running", JobRow.turn == turn).limit(1)).first()
    if found is not None:
        busy = record(found)
        where = f"collection {busy.collection!r}" if busy.collection is not None else turn
        raise JobConflictError(f"job {busy.id} ({busy.kind}) is writing to {where}")
    values = {"id": hold_id, "turn": turn, "holder": holder, "beat": 1, "since": datetime.now(UTC)}
    connection.execute(insert(JobHoldRow), values)


def beat_hold(connection: Connection, hold_id: str) -> bool:
    """Give a sign of life; False where the hold was lifted."""
    statement = update(JobHoldRow).where(JobHoldRow.id == hold_id).values(beat=JobHoldRow.beat + 1)
    return connection.execute(statement).rowcount == 1


def lift(connection: Connection, hold_id: str, count: int | None = None) -> bool:
    """Let jobs in again; with ``count`` only if the holder has given no sign since that one."""
    statement = delete(JobHoldRow).where(JobHoldRow.id == hold_id)
    if count is not None:
        statement = statement.where(JobHoldRow.beat == count)
    return connection.execute(statement).rowcount == 1


def lift_of(connection: Connection, holder: str) -> int:
    """Let jobs in again wherever holders whose name begins so keep them out; gives the number of holds."""
    mine = JobHoldRow.holder.startswith(holder, autoescape=True)
    return connection.execute(delete(JobHoldRow).where(mine)).rowcount


def beats(connection: Connection) -> list[JobBeat]:
    """Read the signs of life of all jobs that run."""
    query = select(JobRow.id, JobRow.attempt, JobRow.beat).where(JobRow.state == "running")
    return [JobBeat(row.id, row.attempt, row.beat) for row in connection.execute(query)]


def hold_beats(connection: Connection) -> list[JobBeat]:
    """Read the signs of life of all holds."""
    return [JobBeat(row.id, 0, row.beat) for row in connection.execute(select(JobHoldRow.id, JobHoldRow.beat))]


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_CLAIM_LOCK)))
