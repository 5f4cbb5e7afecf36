"""The commands that serve, as people run them: started, found by the address that they say, and ended."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.machine import clean_environment

FACIES: Final = (sys.executable, "-m", "facies.core.cli")
COLLECTION: Final = "samples"
"""Of the demonstration."""


@dataclass(frozen=True, slots=True)
class Running:
    """A command that serves: where, and which process."""

    url: str
    pid: int


@contextmanager
def running(data: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a command that says its address in its first line; it ends with the context.

    Raises:
        RuntimeError: it ended before it said so.
    """
    settings = {"FACIES_DATA_DIR": str(data), "FACIES_MODELS__OFFLINE": "true", **(settings or {})}
    with process_at([*FACIES, *arguments], settings) as process:
        line = process.stdout.readline() if process.stdout else ""
        url = re.search(r"http://[^\s/]+", line)
        if url is None:
            raise RuntimeError(f"facies {arguments[0]} ended with status {process.wait()}: {line}")
        yield Running(url[0], process.pid)


@contextmanager
def process_at(command: Sequence[str], settings: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command with settings, none of its caller's; it ends with the context."""
    process = subprocess.Popen(
        command, env={**clean_environment(), **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def make_samples(folder: Path) -> Path:
    """Let the demonstration build its collection below a folder; gives its data folder."""
    command = [*FACIES, "demo", "--exit", "--port", "0"]
    settings = {"FACIES_DATA_DIR": str(folder), "FACIES_MODELS__OFFLINE": "true"}
    subprocess.run(command, env=clean_environment() | settings, check=True, stdout=subprocess.DEVNULL)
    return folder / "demo"
