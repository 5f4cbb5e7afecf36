"""One process at a time: an advisory lock on a file, which the kernel frees when its holder dies.

A second open of a live Qdrant Edge shard is refused by the engine, but spoils every later flush of the first holder.
So we never let it come to that.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import sys
import time
from pathlib import Path
from typing import Final

from facies.core.errors import StorageError, StoreLockedError

LOCK_NAME: Final = ".lock"  # no collection starts with a dot

_DYING_S: Final = 2.0
"""How long the lock of a process that has died may last: see `_has_died`."""


class FolderLock:
    """Holds a folder from construction to `release`; the lock file says who holds it."""

    def __init__(self, folder: Path) -> None:
        """Take the lock, making the folder where there is none.

        Raises:
            StoreLockedError: another holder is alive, in this process or elsewhere.
            StorageError: the folder or the lock file cannot be written.
        """
        self._path = folder / LOCK_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StorageError(folder, error.strerror or str(error)) from error
        try:
            _take(descriptor, folder)
            _sign(descriptor, self._path)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let go; the file stays, since removing it would let two holders lock two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _take(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _DYING_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            holder = os.pread(descriptor, 4096, 0).decode(errors="replace").strip()
            if not _has_died(holder) or time.monotonic() > deadline:
                raise StoreLockedError(folder, holder or "another process") from error
        except OSError as error:  # a file system without locks
            raise StorageError(folder, f"cannot lock a file there ({error.strerror})") from error
        time.sleep(0.01)


def _has_died(holder: str) -> bool:
    """Tell whether the process that signed a lock is no more.

    If it was killed at the very moment when it started another command, the half-made process of that command has the
    lock until it has become that command.
    """
    signed = re.match(r"process (\d+) on (\S+) ", holder)
    if signed is None or signed[2] != socket.gethostname():
        return False
    try:
        os.kill(int(signed[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it lives, and is someone else's
        return False
    return False


def _sign(descriptor: int, path: Path) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _describe_process().encode(errors="replace"), 0)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def _describe_process() -> str:
    program = Path(sys.argv[0]) if sys.argv else Path("python")
    name = program.parent.name if program.name == "__main__.py" else program.name  # `python -m NAME`
    command = " ".join([name or "python", *sys.argv[1:]])
    return f"process {os.getpid()} on {socket.gethostname()} ({command[:200]})"
