"""Times and jobs in words. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from facies.core.jobs import JobState
from facies.core.wire_jobs import JobOut

STATES: Final[dict[JobState, tuple[str, str]]] = {
    "queued": (":material/schedule:", "waiting"),
    "running": (":material/progress_activity:", "running"),
    "done": (":material/check_circle:", "done"),
    "failed": (":material/error:", "failed"),
    "cancelled": (":material/stop_circle:", "stopped"),
}
"""Of each state an icon and a word."""

KINDS: Final[dict[str, str]] = {
    "index": "Index images",
    "whiten": "Whiten vectors",
    "optimise": "Build the graph",
    "add-model": "Add a model",
    "near-copies": "Find near copies",
    "backup": "Back up",
    "label": "Label by itself",
    "map": "Make the map",
    "segment": "Segment",
}


def duration(seconds: float) -> str:
    """A time as a person says it.

    Example:
        >>> duration(5.2), duration(75), duration(7300)
        ('5 s', '1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def progress_of(job: JobOut) -> str:
    """What a job is at, how far, and how long that will still take.

    The stage's own words are those of the service.
    """
    if job.is_over:
        return ""
    if job.cancel_requested:
        return "stopping"
    if job.state == "queued":
        return "waiting for its turn" if job.attempt == 0 else "waiting to go on"
    words = [job.stage or "starting"]
    if job.total is not None:
        words.append(f"{job.done:,} of {job.total:,}")
    elif job.done:
        words.append(f"{job.done:,} so far")
    if job.seconds_left is not None:
        words.append(f"about {duration(job.seconds_left)} left")
    return " \u00b7 ".join(words)


def took(job: JobOut, now: datetime) -> str:
    """How long a job has been at work, or was."""
    if job.started_at is None:
        return ""
    return duration(max(0.0, ((job.finished_at or now) - job.started_at).total_seconds()))


def size(count: int) -> str:
    """A number of bytes as a person says it.

    >>> size(512), size(2048), size(5_300_000)
    ('512 bytes', '2 kB', '5.3 MB')
    """
    if count < 1000:
        return f"{count} bytes"
    for unit, bytes_ in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < 999.5 * bytes_ or unit == "GB":
            value = count / bytes_
            return f"{value:.1f} {unit}" if value < 10 and round(value, 1) != round(value) else f"{value:.0f} {unit}"
    return ""
