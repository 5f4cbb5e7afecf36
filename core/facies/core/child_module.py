"""Modules of facies that run in processes of their own, since they would hold the GIL or block for minutes."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import IO, Final

NICENESS: Final = 10
"""Serving comes first; yet a child must go on beside an index run that takes every core."""

_PR_SET_PDEATHSIG: Final = 1


def start_module(module: str, *arguments: str, complaints: IO[str] | int = subprocess.PIPE) -> subprocess.Popen[str]:
    """Start ``python -m module`` with the path of this process; its output is read through a pipe.

    Args:
        module: a module of facies, which calls `become_child` first.
        arguments: its arguments.
        complaints: where its standard error goes; a pipe has to be read.

    Raises:
        OSError: the system refuses.
    """
    return subprocess.Popen(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        errors="replace",
        # A session of its own: Ctrl-C in the terminal is for this process, which ends the child.
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def become_child(parent: int) -> None:
    """Give way to every other process, and have the system kill this one when its parent ends, in whatever way.

    No thread could watch the parent, since what such modules call lets none run. Systems other than Linux have no such
    call: there the work goes on to its end, in a folder that nobody looks at and that the next start deletes.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before it could be watched
        os._exit(1)
    os.nice(NICENESS)
