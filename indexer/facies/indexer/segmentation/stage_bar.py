"""How far a run of several stages has come, as a bar on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from facies.indexer.interrupts import stop_on_interrupt

if TYPE_CHECKING:
    from facies.indexer.segmentation.training import Tell


class StageBar:
    """Call it with the stage, how much of it is done, and how much there is; shown on a terminal alone."""

    def __init__(self, console: Console) -> None:
        """Show nothing before the context is entered."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show where the run is."""
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(self._task, description=stage, total=total)
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


@contextmanager
def stoppable_stages(said: Console, kept: str) -> Iterator[Tell]:
    """Show stages, and break off at the first that is told after Ctrl-C.

    Args:
        said: takes the bar and the sentence.
        kept: what a person is told who broke off.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; the command line makes status 130 of it.
    """
    with stop_on_interrupt(said) as stop, StageBar(said) as bar:

        def tell(stage: str, done: int, total: int) -> None:
            bar(stage, done, total)
            if stop.is_set():
                raise KeyboardInterrupt

        try:
            yield tell
        except KeyboardInterrupt:
            said.print(kept, markup=False, highlight=False, soft_wrap=True)
            raise
