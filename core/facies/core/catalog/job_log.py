"""What jobs told, as rows: a bounded number of lines for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, get_args

from sqlalchemy import Connection, delete, func, insert, select

from facies.core.catalog.tables import JobLogRow
from facies.core.jobs import JobLogLine, LogLevel

KEPT_LINES: Final = 1000
"""Lines that are kept of one job, the newest ones."""
LONGEST_LINE: Final = 2000
_LEVELS: Final[dict[str, LogLevel]] = {level: level for level in get_args(LogLevel)}


def append(connection: Connection, job: int, lines: Sequence[tuple[datetime, LogLevel, str]]) -> None:
    """Add lines behind those of a job, and let go of the oldest beyond `KEPT_LINES`."""
    if not lines:
        return
    newest = connection.scalar(select(func.max(JobLogRow.number)).where(JobLogRow.job == job)) or 0
    rows = [
        {"job": job, "number": newest + place, "at": at, "level": level, "line": _clean(line)}
        for place, (at, level, line) in enumerate(lines, 1)
    ]
    connection.execute(insert(JobLogRow), rows[-KEPT_LINES:])
    oldest = newest + len(lines) - KEPT_LINES
    if oldest > 0:
        connection.execute(delete(JobLogRow).where(JobLogRow.job == job, JobLogRow.number <= oldest))


def note(connection: Connection, job: int, level: LogLevel, line: str) -> None:
    """Add one line, as of now."""
    append(connection, job, [(datetime.now(UTC), level, line)])


def fetch(connection: Connection, job: int, *, after: int, limit: int) -> list[JobLogLine]:
    """Read lines of a job behind a number, the oldest first."""
    query = select(JobLogRow).where(JobLogRow.job == job, JobLogRow.number > after)
    found = connection.execute(query.order_by(JobLogRow.number).limit(limit))
    return [JobLogLine(row.number, row.at, _LEVELS.get(row.level, "info"), row.line) for row in found]


def _clean(line: str) -> str:
    """A line that every database takes: one line, no NUL, no half characters, not too long."""
    text = " ".join(line.replace("\0", "�").splitlines()).encode(errors="replace").decode()
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 3]}..."
