"""Batches, histories and checks of labels as a person at a terminal reads them."""

from __future__ import annotations

import json
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.core.wire_labels import LabelBatchOut, LabelBatchPage, LabelCheckOut, LabelEventOut, LabelHistoryOut

_TIME: Final = "%Y-%m-%d %H:%M"
_TELLING: Final = ("origin", "file", "label", "precision", "threshold", "model", "validated")
"""What of a batch's provenance a line has room for; --json has all."""


def describe_given(event: LabelEventOut) -> str:
    """What a person said of an image, in words."""
    return f"not {event.label}" if event.state == "rejected" else f"{event.state} as {event.label}"


def print_given(made: LabelBatchOut, what: str, console: Console | None = None) -> None:
    """What became of labels that a person gave; ``what`` says which."""
    out = console or Console()
    images = "1 image" if made.images == 1 else f"{made.images:,} images"
    out.print(f"{images} {escape(what)} by {escape(made.actor)}, batch {made.number}", soft_wrap=True)
    print_undo_hint(made.number, made.collection, out)


def print_undo_hint(batch: int, collection: str, out: Console, what: str = "take it back") -> None:
    """The command that undoes a batch."""
    out.print(f"[dim]to {what}: facies label undo {batch} -c {escape(collection)}[/]", soft_wrap=True)


def print_batches(found: LabelBatchPage, console: Console | None = None) -> None:
    """Batches, a line each."""
    out = console or Console()
    if not found.batches:
        out.print("There is no batch of labels: `facies label give LABEL ID` makes one.")
        return
    table = Table("batch", "when (UTC)", "source", "by", "images", "in effect", "more")
    for one in found.batches:
        state = "yes" if one.in_effect else "[yellow]undone[/]"
        row = (str(one.number), f"{one.created_at:{_TIME}}", one.source, escape(_who(one)), f"{one.images:,}")
        table.add_row(*row, state, escape(_more(one)))
    out.print(table)
    if found.next_before is not None:
        out.print(f"[dim]older ones: --before {found.next_before}[/]")


def print_batch(one: LabelBatchOut, console: Console | None = None) -> None:
    """One batch, a line for each thing that is known of it."""
    out = console or Console()
    table = Table("batch", str(one.number))
    table.add_row("when (UTC)", f"{one.created_at:{_TIME}}")
    table.add_row("source", one.source)
    table.add_row("by", escape(_who(one)))
    table.add_row("images", f"{one.images:,}")
    table.add_row("in effect", "yes" if one.in_effect else "undone")
    if one.undoes is not None:
        table.add_row("undoes", f"batch {one.undoes}")
    for name, value in one.provenance.items():
        table.add_row(escape(name), escape(_short(value, 300)))
    out.print(table)


def print_undone(made: LabelBatchOut, console: Console | None = None) -> None:
    """What became of an undoing."""
    out = console or Console()
    out.print(f"batch {made.undoes} is undone, by batch {made.number}")
    print_undo_hint(made.number, made.collection, out, "bring it back")


def print_history(found: LabelHistoryOut, console: Console | None = None) -> None:
    """All that was ever said of an image."""
    out = console or Console()
    now = "no label" if found.label is None else f"{found.label} ({found.state})"
    out.print(f"{found.id}: {escape(now)}", soft_wrap=True)
    if not found.events:
        out.print("Nobody has said anything of it.")
        return
    table = Table("event", "when (UTC)", "label", "state", "source", "by", "more")
    for one in found.events:
        name = f"[bold]{escape(one.label)}[/]" if one.current else escape(one.label)
        state = one.state if one.batch.in_effect else f"{one.state} [yellow](undone)[/]"
        when = f"{one.batch.created_at:{_TIME}}"
        row = (str(one.event), when, name, state, one.batch.source, escape(_who(one.batch)), escape(_basis(one)))
        table.add_row(*row)
    out.print(table)


def print_check(found: LabelCheckOut, console: Console | None = None) -> None:
    """What a comparison of labels found."""
    out = console or Console()
    out.print(f"{found.images:,} images compared: {found.drifted:,} differed, {found.mended:,} mended", soft_wrap=True)
    if found.lacking:
        out.print(f"{found.lacking:,} images have no vector yet; `facies index` of their source makes it")
    if found.strange:
        out.print(f"{found.strange:,} vectors belong to no image; the next index run of their source takes them over")


def _who(batch: LabelBatchOut) -> str:
    return batch.actor if batch.verified else f"{batch.actor} (unverified)"


def _more(batch: LabelBatchOut) -> str:
    if batch.undoes is not None:
        return f"undoes batch {batch.undoes}"
    return ", ".join(f"{name} {_short(batch.provenance[name])}" for name in _TELLING if name in batch.provenance)


def _short(value: object, most: int = 60) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _basis(event: LabelEventOut) -> str:
    said = [] if event.note is None else [event.note]
    if event.confidence is not None:
        said.append(f"probability {event.confidence:.3f}")
    if event.neighbours:
        said.append(f"from {len(event.neighbours)} neighbours, {event.neighbours[0]} first")
    return "; ".join([*said, f"batch {event.batch.number}"])
