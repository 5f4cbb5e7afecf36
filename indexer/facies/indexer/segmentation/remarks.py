"""What stands around the tables of a report: sentences as they are, numbers in one form, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console


def say(console: Console, text: str) -> None:
    """Print a sentence whole, whatever brackets and numbers it has."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def shown(value: float | None) -> str:
    """A figure to three decimals; a dash where there is none."""
    return "-" if value is None else f"{value:.3f}"


def say_findings(report: Mapping[str, Any], pictures: str, console: Console) -> None:
    """What to look at in the report of a run: drift, pictures that could not be read, notes, and what was kept.

    Args:
        report: of cores or macerals.
        pictures: what the report calls its pictures, ``sections`` or ``images``.
        console: to print to.
    """
    for one in report[pictures]:
        if one["drift"] is not None and one["drift"]["is_drifting"]:
            say(console, f"{one['image']}: {one['drift']['sentence']}")
    for one in report["failed"]:
        console.print(f"[red]not read[/] {escape(one['image'])}: {escape(one['reason'])}", soft_wrap=True)
    for note in report["notes"]:
        say(console, note)
    kept, every = report[f"{pictures}_kept"], len(report[pictures])
    if kept:
        say(console, f"{kept} of {every} {pictures} {'was' if kept == 1 else 'were'} done before and not named again")
