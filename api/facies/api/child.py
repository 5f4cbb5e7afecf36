"""A child process that never outlives its parent's orderly end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from facies.core.errors import ConfigurationError, ServiceUnavailableError, StorageError

STOP_S = 5.0
"""How long a child may take to end after SIGTERM before it is killed."""

_POLL_S = 0.1


class Child:
    """A command with its own process group, whose output goes to a log file."""

    def __init__(self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> None:
        """Start the command.

        Args:
            name: what a person calls it, for messages.
            command: program and arguments.
            log: file for what it prints, begun anew.
            environment: added to this process's.

        Raises:
            StorageError: the log file cannot be written.
        """
        self.name = name
        self._log = log
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                # A group of its own: Ctrl-C in the terminal reaches the parent alone, which ends the whole group.
                self._process = subprocess.Popen(  # noqa: S603 (the caller's own command, no shell)
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
        except OSError as error:
            raise StorageError(log, error.strerror or str(error)) from error

    @property
    def pid(self) -> int:
        """Number of the process, and of its group."""
        return self._process.pid

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            ConfigurationError: it has ended by itself.
        """
        status = self._process.poll()
        if status is not None:
            raise ConfigurationError(
                f"{self.name} ended with status {status}. The end of its log {self._log}:\n{self._tail()}"
            )

    def wait_until_up(self, url: str, *, timeout_s: float, stop: threading.Event) -> bool:
        """Wait until the child answers; False where ``stop`` is set before.

        Raises:
            ConfigurationError: it ended.
            ServiceUnavailableError: it does not answer in time.
        """
        deadline = time.monotonic() + timeout_s
        while not stop.is_set():
            self.check()
            if answers(url):
                return True
            if time.monotonic() > deadline:
                raise ServiceUnavailableError(
                    url, f"{self.name} gave no answer within {timeout_s:g} s; see {self._log}"
                )
            stop.wait(_POLL_S)
        return False

    def stop(self) -> None:
        """End the child and its own children: SIGTERM, then SIGKILL."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # the whole group may have ended
            os.killpg(self._process.pid, number)

    def _tail(self, characters: int = 2000) -> str:
        try:
            return self._log.read_text(errors="replace")[-characters:].strip()
        except OSError:
            return "(the log cannot be read)"


def answers(url: str) -> bool:
    """Whether a GET of the address gives 200."""
    try:
        return httpx.get(url, timeout=2.0, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def ui_command(host: str, port: int, api_url: str) -> list[str]:
    """The command that serves the web interface."""
    return [sys.executable, "-m", "facies.core.cli", "ui", "--host", host, "--port", str(port), "--api", api_url]
