"""Answers as tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.core.wire import CollectionOut, StoredOut, VectorOut
from facies.indexer.collections import vector_name_of

_FACET_VALUES = 5


def print_predictions(answer: Mapping[str, Any], console: Console | None = None) -> None:
    """The labels of each image with their probabilities, what was hidden, and the files that could not be read."""
    out = console or Console()
    rolled_up = any("rolled_up" in prediction for prediction in answer["predictions"])
    decided = any("verdict" in prediction for prediction in answer["predictions"])
    more = [*(["verdict"] if decided else []), *(["rolled up"] if rolled_up else [])]
    table = Table("image", "label", "probability", "next", *more)
    for prediction in answer["predictions"]:
        top = prediction["top"]
        first = top[0] if top else {"label": "-", "probability": 0.0}
        others = ", ".join(f"{escape(str(p['label']))} {p['probability']:.2f}" for p in top[1:])
        cells = (escape(prediction["path"]), escape(str(first["label"])), f"{first['probability']:.2f}", others)
        verdict = [_describe_verdict(prediction)] if decided else []
        table.add_row(*cells, *verdict, *([_describe_rolled_up(prediction.get("rolled_up"))] if rolled_up else []))
    out.print(table)
    if answer["calibrated"]:
        learnt = f"{answer['validated']:,} validated images (way: {answer['way']})"
        error = f"on these they are off by {answer['calibration_error']:.3f} on average"
        out.print(f"[dim]probabilities are calibrated on {learnt}; {error}[/]", highlight=False, soft_wrap=True)
    print_notes(answer["notes"], out)
    for hidden in answer["hidden"]:
        out.print(f"hidden {escape(hidden['label'])}: {escape(hidden['reason'])}", highlight=False, soft_wrap=True)
    for failure in answer["failures"]:
        out.print(f"[red]not read[/] {escape(failure['path'])}: {escape(failure['reason'])}", soft_wrap=True)


def _describe_verdict(prediction: Mapping[str, Any]) -> str:
    if prediction.get("verdict") != "set":
        return str(prediction.get("verdict", "-"))
    return f"one of {', '.join(map(escape, prediction['set']))}"


def _describe_rolled_up(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "-"
    rank = "" if found["rank"] is None else f" ({found['rank']})"
    less = "" if found["reached"] else ", less than asked for"
    return f"{escape(found['taxon'])}{rank} {found['probability']:.2f}{less}"


def print_notes(notes: Sequence[str], out: Console) -> None:
    """What a person should know, a line each."""
    for note in notes:
        out.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)


def print_collections(found: Sequence[CollectionOut], console: Console | None = None) -> None:
    """All collections, a line each."""
    out = console or Console()
    if not found:
        out.print("There is no collection yet: `facies index FOLDER --collection NAME` makes one.")
        return
    table = Table("collection", "images", "labelled", "labels", "model", "preset")
    for one in found:
        models = ", ".join(_describe_vector(vector) for vector in one.vectors)
        counts = (f"{one.images:,}", f"{one.labelled:,}", f"{len(one.labels):,}")
        table.add_row(escape(one.name), *counts, models, one.preset)
    out.print(table)


def _describe_vector(vector: VectorOut) -> str:
    card = vector.fingerprint.get("card", vector.name)
    return card if vector_name_of(card) == vector.name else f"{vector.name} ({card})"


def describe_stored(stored: StoredOut) -> str:
    """The state of a collection's vectors in one line."""
    scanned = stored.points - stored.graphed
    through = f"{stored.graphed:,} through the graph, {scanned:,} scanned" if stored.graphed else "all scanned, exactly"
    packed = "" if stored.quantization == "none" else f", packed as {stored.quantization}"
    size = "" if stored.disk_bytes is None else f", {stored.disk_bytes / 2**20:,.0f} MiB"
    building = "; the graph is being built" if stored.optimizing else ""
    failed = f"; the last building failed: {stored.error}" if stored.error else ""
    return f"{stored.points:,} points ({through}){packed}{size}{building}{failed}"


def print_collection(found: CollectionOut, console: Console | None = None) -> None:
    """One collection in full."""
    out = console or Console()
    table = Table(show_header=False, box=None, title=f"collection {escape(found.name)}", title_justify="left")
    table.add_row("[bold]images[/]", f"{found.images:,} ({found.labelled:,} labelled)")
    table.add_row("[bold]preset[/]", found.preset)
    table.add_row("[bold]taxonomy[/]", escape(found.taxonomy or "-"))
    table.add_row("[bold]created[/]", f"{found.created_at:%Y-%m-%d %H:%M %Z}")
    for vector in found.vectors:
        made = "\n".join(f"{name} {value}" for name, value in vector.fingerprint.items())
        default = ", the default" if len(found.vectors) > 1 and vector is found.vectors[0] else ""
        computed = "" if vector.source is None else f", computed from {escape(vector.source)}"
        described = f"{escape(vector.name)}, {vector.dim} values{computed}{default}"
        table.add_row("[bold]vector[/]", f"{described}\n{escape(made)}")
    if found.stored is not None:
        table.add_row("[bold]stored[/]", escape(describe_stored(found.stored)))
    fields = ", ".join(f"{name} ({kind})" for name, kind in found.fields.items())
    table.add_row("[bold]fields[/]", escape(fields) or "-")
    for name, counts in found.facets.items():
        shown = ", ".join(f"{value} ({count:,})" for value, count in list(counts.items())[:_FACET_VALUES])
        more = ", ..." if len(counts) > _FACET_VALUES else ""
        table.add_row(f"[bold]{escape(name)}[/]", escape(shown + more) or "-")
    labels = "\n".join(f"{count:>6,}  {escape(label)}" for label, count in found.labels.items())
    table.add_row("[bold]labels[/]", labels or "-")
    out.print(table)
