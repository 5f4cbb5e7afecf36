"""What the commands share that have the data folder to themselves: open it, show progress, say what was done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from facies.core.cli import print_json
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from facies.core.store import VectorStore
    from facies.core.workspace import Workspace
    from facies.indexer.progress import ProgressBar


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


def print_report(report: dict[str, Any], text: str, notes: Iterable[str], *, json: bool) -> None:
    """Say what was done: the report as JSON or the text on standard output, the notes on standard error."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if json:
        print_json(report)
    else:
        typer.echo(text)
