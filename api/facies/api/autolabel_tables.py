"""What labelling by itself comes to, as a person at a terminal reads it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.api.label_batch_tables import print_undo_hint
from facies.api.tables import print_notes
from facies.core.wire_labels import AutoImageOut, AutoLabelOut

_CLASSES = 30


def print_automatic(found: AutoLabelOut, console: Console | None = None) -> None:
    """First what becomes of the images, then how sure that is, then the classes and the least sure images."""
    out = console or Console()
    if not found.images:
        out.print("Every image has a name that a person gave; there is nothing to label.")
        return
    _print_outcome(found, out)
    _print_classes(found, out)
    for title, images in (
        ("labelled, least sure first", found.examples_labelled),
        ("no label but a set of some, least sure first", found.examples_in_sets),
        ("unknown, strangest first", found.examples_unknown),
    ):
        _print_examples(title, images, out)
    print_notes(found.notes, out)
    _print_next(found, out)


def _print_outcome(found: AutoLabelOut, out: Console) -> None:
    learnt = f"{found.validated:,} validated images of {found.classes:,} classes"
    out.print(f"Learnt from {learnt} ({found.model}, vector {escape(found.vector)}; way: {found.way}).", soft_wrap=True)
    table = Table("outcome", "images", "share")
    for name, count in (("labelled", found.labelled), ("a set of labels", found.in_sets), ("unknown", found.unknown)):
        table.add_row(name, f"{count:,}", f"{count / found.images:.1%}")
    out.print(table)
    if found.held_out_precision is None:
        return
    low, high = found.held_out_interval
    fewest, most = found.expected_errors_interval
    out.print(
        f"Asked for {found.precision:.1%} right. On the validated images, each named without itself: "
        f"{found.held_out_precision:.1%} right ({low:.1%} to {high:.1%}) for {found.held_out_coverage:.1%} of them.",
        soft_wrap=True,
    )
    out.print(
        f"Of the {found.labelled:,} labels about {found.expected_errors:.0f} will be wrong "
        f"({fewest:.0f} to {most:.0f}). Probabilities are off by {found.calibration_error:.3f} on average.",
        soft_wrap=True,
    )


def _print_classes(found: AutoLabelOut, out: Console) -> None:
    table = Table("label", "validated", "least probability", "labelled", "of them right, expected")
    for one in found.by_class[:_CLASSES]:
        least = "none suffices" if one.threshold > 1 else f"{one.threshold:.3f}"
        table.add_row(escape(one.label), f"{one.validated:,}", least, f"{one.labelled:,}", f"{one.expected_right:.1f}")
    out.print(table)
    if len(found.by_class) > _CLASSES:
        out.print(f"[dim]and {len(found.by_class) - _CLASSES:,} classes more (--json has all)[/]")


def _print_examples(title: str, images: Sequence[AutoImageOut], out: Console) -> None:
    if not images:
        return
    table = Table("image", "label", "probability", "novelty", "set", title=title, title_justify="left")
    for one in images:
        names = ", ".join(one.set[:4]) + (f" and {len(one.set) - 4} more" if len(one.set) > 4 else "")
        table.add_row(one.id, escape(one.label), f"{one.confidence:.3f}", f"{one.novelty:.3f}", escape(names))
    out.print(table)


def _print_next(found: AutoLabelOut, out: Console) -> None:
    if found.batch is not None:
        out.print(f"{found.batch.images:,} labels given, batch {found.batch.number}", soft_wrap=True)
        print_undo_hint(found.batch.number, found.collection, out, "take them back")
    elif found.labelled:
        out.print("[dim]nothing was changed; the same with --apply gives the labels[/]")
