"""How a map that is being made tells of itself, and what of it outlives a killed process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from facies.indexer.jobs.work import Work


class Steps(Protocol):
    """Whoever has a map made."""

    @property
    def run(self) -> str:
        """Names this making, the same in each attempt at it."""

    def progress(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Hear how far it is; what this raises ends it."""

    def load(self, name: str) -> bytes | None:
        """What an earlier attempt has kept under a name."""

    def save(self, name: str, data: bytes) -> None:
        """Keep something for later attempts."""


class PlainSteps:
    """A making without attempts: nothing is kept."""

    def __init__(self, run: str, tell: Callable[[str, int, int | None], None] | None = None) -> None:
        """Take its name, and who wants to hear of it."""
        self.run = run
        self._tell = tell

    def progress(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Pass it on."""
        if self._tell is not None:
            self._tell(stage, done, total)

    def load(self, name: str) -> bytes | None:
        """Nothing."""
        del name
        return None

    def save(self, name: str, data: bytes) -> None:
        """Keep nothing."""


class JobSteps:
    """A making as a job: progress, cancellation and checkpoints are the job's."""

    def __init__(self, work: Work) -> None:
        """Take the attempt."""
        self.run = work.job.id
        self._work = work

    def progress(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Tell; raises `facies.core.errors.JobBrokenOffError` where the attempt must end."""
        self._work.progress(stage, done, total)

    def load(self, name: str) -> bytes | None:
        """Read a checkpoint."""
        path = self._work.checkpoint(name)
        return path.read_bytes() if path.exists() else None

    def save(self, name: str, data: bytes) -> None:
        """Write a checkpoint, whole or not at all."""
        self._work.save_checkpoint(name, data)
