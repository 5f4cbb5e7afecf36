"""Queues, plates and groups of unknown images as a person at a terminal reads them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from facies.api.label_batch_tables import print_undo_hint
from facies.api.tables import print_notes
from facies.core.wire import ImageOut
from facies.core.wire_review import ExemplarOut, PlateOut, QueueItemOut, QueueOut, UnknownsOut

_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "uncertain": "doubt",
        "boundary": "margin",
        "diverse": "distance",
        "disagreement": "divergence",
        "errors": "fit",
        "duplicates": "cosine",
        "flagged": "",
    }
)


def print_queue(found: QueueOut, console: Console | None = None) -> None:
    """The images that are worth a look, a line each."""
    out = console or Console()
    if found.items:
        table = Table("image", "label", _VALUES[found.by] or "flagged by", "more", title=_title(found))
        for item in found.items:
            value = f"{item.value:.3f}" if item.value is not None else escape(item.actor or "")
            table.add_row(name_image(item.image), escape(describe_label(item.image)), value, escape(_more(item)))
        out.print(table)
        out.print(f"[dim]ids: --json; a name or a reply: facies label give LABEL ID -c {escape(found.collection)}[/]")
    print_notes(found.notes, out)


def print_plate(found: PlateOut, console: Console | None = None) -> None:
    """The images of a plate, a line each."""
    out = console or Console()
    title = f"{found.label}: {found.images:,} validated images, compared by {found.vector}"
    table = Table("", "image", "label", "why", title=Text(title))
    table.add_row("medoid", *_exemplar(found.medoid, "most like the others"))
    for one in found.typical:
        table.add_row("typical", *_exemplar(one, ""))
    for one in found.boundary:
        lead = "-" if one.margin is None else f"{one.margin:+.2f}"
        table.add_row("boundary", *_exemplar(one, f"{lead} ahead of {one.other}"))
    for one in found.confusable:
        like = "" if one.similarity is None else f"cosine {one.similarity:.3f} to the nearest"
        table.add_row("confusable", *_exemplar(one, like))
    out.print(table)
    print_notes(found.notes, out)


def print_unknowns(found: UnknownsOut, console: Console | None = None) -> None:
    """The groups of unknown images, a line each."""
    out = console or Console()
    beyond = "" if found.gate is None else f" beyond a novelty of {found.gate:.3f}"
    out.print(f"{found.unknown:,} of {found.looked_at:,} images without a person's label are unknown{beyond}")
    if found.groups:
        table = Table("group", "images", "nearest class", "distance", "medoid")
        for group in found.groups:
            far = "-" if group.distance is None else f"{group.distance:.3f}"
            nearest = escape(group.nearest or "-")
            table.add_row(escape(group.name), f"{group.images:,}", nearest, far, name_image(group.medoid))
        out.print(table)
    if found.apart:
        out.print(f"{len(found.apart):,} belong to no group")
    print_notes(found.notes, out)
    if found.batch is not None:
        out.print(f"{found.batch.images:,} images have these names now, batch {found.batch.number}")
        print_undo_hint(found.batch.number, found.collection, out)
    elif found.groups:
        out.print("[dim]nothing was changed; --name gives these names, --promote NAME --to LABEL a better one[/]")


def name_image(image: ImageOut) -> Text:
    """The file with its folder and its page, as a link to the file."""
    shown = "/".join(image.path.split("::")[0].rsplit("/", 2)[-2:])
    page = "" if image.page is None else f", page {image.page + 1}"
    link = f"link file://{image.path}" if image.path.startswith("/") and "::" not in image.path else ""
    return Text(f"{shown}{page}", style=link, overflow="fold")


def _title(found: QueueOut) -> Text:
    return Text(f"{found.by}: {len(found.items):,} of {found.looked_at:,} images, compared by {found.vector}")


def describe_label(image: ImageOut) -> str:
    """What an image is called, and how sure that is; a dash where it has no name."""
    return "-" if image.label is None else f"{image.label} ({image.state})"


def _more(item: QueueItemOut) -> str:
    parts = []
    if item.suggestions:
        parts.append(", ".join(f"{one.label} {one.probability:.2f}" for one in item.suggestions))
    if item.by_vector:
        parts.append(", ".join(f"{vector}: {label}" for vector, label in item.by_vector.items()))
    if item.mate is not None:
        parts.append(f"like {name_image(item.mate).plain}, {describe_label(item.mate)}")
    if item.note is not None:
        parts.append(item.note)
    return "; ".join(parts)


def _exemplar(one: ExemplarOut, why: str) -> tuple[Text, str, str]:
    return name_image(one.image), escape(one.image.label or "-"), escape(why)
