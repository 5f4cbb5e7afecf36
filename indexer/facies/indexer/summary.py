"""The report of a run, for a person."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from facies.core.wire import FailureOut, IndexReport

_SHOWN = 20
"""Failures, conflicts and duplicates listed of each kind; --json has them all."""


def print_summary(report: IndexReport, console: Console) -> None:
    """Print the counts as a table, then what failed or is in conflict, and the notes."""
    table = Table(title=f"collection {report.collection}" if report.collection else None, show_header=False)
    for name in ("indexed", "unchanged", "duplicates", "skipped", "failed", "relinked", "pruned"):
        count = getattr(report, name)
        if count or name in {"indexed", "unchanged", "failed"}:
            table.add_row(name, Text(f"{count:,}", style="red" if name == "failed" and count else "bold"))
    table.add_row("seconds", f"{report.seconds:.1f}")
    if report.indexed and report.seconds > 0:
        table.add_row("images/s", f"{report.indexed / report.seconds:.1f}")
    console.print(table)
    _list(console, "failed", report.failures)
    _list(console, "conflicts", report.conflicts)
    _list(console, "duplicates", report.duplicate_paths)
    for note in report.notes:
        console.print(Text(f"note: {note}"), soft_wrap=True)


def _list(console: Console, title: str, entries: Sequence[FailureOut]) -> None:
    if not entries:
        return
    console.print(Text(title, style="bold"))
    for entry in entries[:_SHOWN]:
        console.print(Text(f"  {entry.path}: {entry.reason}"), soft_wrap=True)
    if len(entries) > _SHOWN:
        console.print(Text(f"  and {len(entries) - _SHOWN:,} more; --json lists them all"))
