"""How far a run has come, as values and on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facies.indexer.ledger import Ledger


@dataclass(frozen=True, slots=True)
class ProgressUpdate:
    """How far a run has come.

    Attributes:
        done: files dealt with.
        total: files in all; None while nobody knows.
        images: images indexed, or found to be there already.
        elapsed_s: seconds since the start.
    """

    done: int
    total: int | None
    images: int
    elapsed_s: float

    @property
    def images_per_s(self) -> float | None:
        """Rate so far.

        >>> ProgressUpdate(done=10, total=40, images=10, elapsed_s=2.0).images_per_s
        5.0
        """
        return self.images / self.elapsed_s if self.elapsed_s > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Time left if the rest goes as fast.

        >>> ProgressUpdate(done=10, total=40, images=10, elapsed_s=2.0).seconds_left
        6.0
        """
        if self.total is None or self.done == 0:
            return None
        return max(self.total - self.done, 0) * self.elapsed_s / self.done


OnProgress: TypeAlias = Callable[[ProgressUpdate], None]


def tell(progress: OnProgress | None, ledger: Ledger, total: int | None) -> None:
    """Report how far a ledger has come to whoever wants to know."""
    if progress is not None:
        progress(ProgressUpdate(done=ledger.files, total=total, images=ledger.images, elapsed_s=ledger.elapsed_s))


class ProgressBar:
    """A bar with files, images a second and time left; shown on a terminal alone. Call it with each update."""

    def __init__(self, console: Console, title: str) -> None:
        """Show nothing before the context is entered."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task(title, total=None, rate="")

    def __call__(self, update: ProgressUpdate) -> None:
        """Show how far the run has come."""
        rate = update.images_per_s
        self._bar.update(
            self._task,
            completed=update.done,
            total=update.total,
            rate="" if rate is None else f"{rate:.1f} images/s",
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
