"""What the commands share that have the data folder to themselves: open it, show progress, say what was done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

import typer

from facies.core.cli import print_json
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from facies.core.store import VectorStore
    from facies.core.workspace import Workspace
    from facies.indexer.further_models import AddedModelReport
    from facies.indexer.progress import ProgressBar
    from facies.indexer.staging import DerivedReport

EmbeddingReport: TypeAlias = "AddedModelReport | DerivedReport"


def open_data(what: str, settings: Settings | None = None) -> Workspace:
    """Open the data folder for this command alone; ``what`` names the work where another process holds it."""
    from facies.indexer.sole_use import open_alone

    return open_alone(settings or load_settings(), what)


def open_bar(title: str) -> ProgressBar:
    """A bar on standard error."""
    from rich.console import Console

    from facies.indexer.progress import ProgressBar

    return ProgressBar(Console(stderr=True), title)


def build_graph(store: VectorStore, name: str, settings: Settings) -> list[str]:
    """Build the graph where so many vectors came that searches would be slow; gives what to say about it."""
    from rich.console import Console

    from facies.indexer.graph import build_where_grown
    from facies.indexer.interrupts import stop_on_interrupt

    said = Console(stderr=True)
    with stop_on_interrupt(said) as stop:
        return build_where_grown(store, name, graph_above=settings.store.graph_above, said=said, stop=stop)


def print_run(report: EmbeddingReport, text: str, *, json: bool, as_asked: bool = True) -> None:
    """Say what a run over a collection did, and end the command where it did not do all that was asked.

    Args:
        report: of the run, with its failures and notes.
        text: what it did, for a person.
        json: whether the report is printed in place of the text.
        as_asked: whether everything came about.

    Raises:
        typer.Exit: with 130 after Ctrl-C, with 1 where not everything came about.
    """
    from facies.indexer.further_models import list_failures
    from facies.indexer.interrupts import INTERRUPTED

    told = {**asdict(report), "failures": [failure.model_dump() for failure in report.failures]}
    print_report(told, text, [*list_failures(report.failures), *report.notes], json=json)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)
    if not as_asked:
        raise typer.Exit(1)


def print_report(report: dict[str, Any], text: str, notes: Iterable[str], *, json: bool) -> None:
    """Say what was done: the report as JSON or the text on standard output, the notes on standard error."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if json:
        print_json(report)
    else:
        typer.echo(text)
