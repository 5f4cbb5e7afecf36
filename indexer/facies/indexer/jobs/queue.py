"""The queue: messages that wake workers, by huey, in an SQLite file or on a Redis server.

A message holds the id of a job and nothing else, as JSON. It decides nothing: whoever gets one looks into the catalogue
for the job that is first in line. So a message may be lost, come twice, or name a job that is no more, and all that can
happen is that somebody looks in vain, or a few seconds later.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from huey.storage import PriorityRedisStorage, SqliteStorage

from facies.core.errors import ConfigurationError, JobQueueError, StorageError

if TYPE_CHECKING:
    from facies.core.settings import Settings

NAME: Final = "facies-jobs"
_LOOK_S: Final = 0.1
"""Between two looks into the SQLite file, which cannot wake anybody."""
_BUSY_S: Final = 10.0

_log = logging.getLogger(__name__)


class JobQueue:
    """Wakes workers; safe to use from several threads. Where it fails, workers find jobs by looking, only later."""

    def __init__(self, storage: Any, where: str) -> None:
        """Take an open storage of huey; ``where`` names it in messages (no password in it)."""
        self._storage = storage
        self.where = where
        self._told = False

    def send(self, job_id: str, priority: int = 0) -> None:
        """Wake a worker for a job. A failure is logged and nothing is raised: the job is in the catalogue."""
        try:
            self._storage.enqueue(write_message(job_id), priority)
        except Exception as error:  # what Redis and SQLite raise has no common class
            self._tell(error)
        else:
            self._told = False

    def wait(self, timeout_s: float, stop: threading.Event) -> str | None:
        """Wait for a message, for so long, or until the event is set; gives the id in it, None where none came."""
        deadline = time.monotonic() + timeout_s
        while not stop.is_set():
            try:
                data = self._storage.dequeue()
            except Exception as error:  # as above; the queue may come back, and the catalogue is looked at meanwhile
                self._tell(error)
                stop.wait(max(deadline - time.monotonic(), 0))
                return None
            self._told = False
            if data is not None:
                return read_message(data)
            if time.monotonic() >= deadline:
                return None
            if not self._storage.blocking:
                stop.wait(_LOOK_S)
        return None

    def size(self) -> int:
        """Count the messages that wait.

        Raises:
            JobQueueError: the queue does not answer.
        """
        try:
            return int(self._storage.queue_size())
        except Exception as error:
            raise JobQueueError(self.where, str(error)) from error

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._storage.close()
        pool = getattr(self._storage, "pool", None)
        if pool is not None:
            pool.disconnect()

    def _tell(self, error: Exception) -> None:
        if not self._told:  # once for each time that it fails, not once a second
            _log.warning("%s; jobs go on, and begin a few seconds later", JobQueueError(self.where, str(error)).message)
        self._told = True


def write_message(job_id: str) -> bytes:
    """The message about a job.

    >>> write_message("0b9a1a4e5f43")
    b'{"job": "0b9a1a4e5f43"}'
    """
    return json.dumps({"job": job_id}).encode()


def read_message(data: bytes) -> str:
    """The id in a message; an empty one where a stranger has put something else into the queue.

    Huey's own form, pickle, would run that.

    >>> read_message(b'{"job": "0b9a1a4e5f43"}'), read_message(b"cos")
    ('0b9a1a4e5f43', '')
    """
    try:
        job = json.loads(bytes(data))["job"]
    except (ValueError, KeyError, TypeError):
        return ""
    return job if isinstance(job, str) else ""


def open_queue(settings: Settings, *, check: bool = False) -> JobQueue:
    """Open the queue of the settings.

    Args:
        settings: of the composition root.
        check: whether Redis must answer now; else a server that is away is waited for.

    Raises:
        ConfigurationError: the address is none of a Redis server, or the client for it is not installed.
        JobQueueError: Redis does not answer and ``check`` is asked for.
        StorageError: the SQLite file cannot be written.
    """
    url = settings.jobs.queue_url
    if url is None or not url.get_secret_value():
        return _open_file(settings.data_dir / "jobs" / "queue.sqlite")
    queue = _open_redis(url.get_secret_value())
    if check:
        try:
            queue.size()
        except JobQueueError:
            queue.close()
            raise
    return queue


def _open_file(path: Path) -> JobQueue:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return JobQueue(SqliteStorage(NAME, filename=str(path), timeout=_BUSY_S), str(path))
        except sqlite3.OperationalError as error:  # before its parent class: full, locked or not writable
            raise StorageError(path, str(error)) from error
        except sqlite3.DatabaseError as error:
            _log.warning("the queue %s is damaged (%s) and is made anew: the jobs are in the catalogue", path, error)
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            return JobQueue(SqliteStorage(NAME, filename=str(path), timeout=_BUSY_S), str(path))
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def _open_redis(url: str) -> JobQueue:
    parsed = urlsplit(url)
    where = f"{parsed.scheme}://{parsed.hostname or ''}{parsed.path}"
    if parsed.scheme not in ("redis", "rediss", "unix"):
        raise ConfigurationError(
            f"FACIES_JOBS__QUEUE_URL is the address of a Redis server, redis://HOST:PORT/NUMBER, got scheme "
            f"{parsed.scheme!r}"
        )
    if find_spec("redis") is None:  # huey would say only that something is missing
        raise ConfigurationError(
            "FACIES_JOBS__QUEUE_URL names a Redis server, and the client for it is not installed: pip install "
            "'facies[redis]'"
        )
    try:
        return JobQueue(PriorityRedisStorage(NAME, url=url, read_timeout=1), where)
    except ValueError as error:
        raise ConfigurationError(f"FACIES_JOBS__QUEUE_URL is no address of a Redis server: {error}") from error
