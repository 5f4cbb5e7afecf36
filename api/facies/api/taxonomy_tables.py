"""Taxonomies as tables for a person at a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from facies.api.label_batch_tables import print_undo_hint
from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    Ends,
    MergedLabelsOut,
    ResolvedOut,
    TaxonomyOut,
    TaxonomySummaryOut,
    TaxonOut,
    span_of,
)

KINDS: Mapping[str, str] = {
    "name": "accepted name",
    "spelling": "other case or spaces",
    "code": "code",
    "synonym": "synonym",
    "misspelling": "misspelling?",
    "unknown": "unknown",
}


_INDENT: Final = 4
"""Columns that a level of a tree takes."""
_ROOM: Final = 24
"""Columns that are left for a name, however deep it lies."""
_LEAST_LEVELS: Final = 4


def print_taxonomies(found: Sequence[TaxonomySummaryOut], console: Console | None = None) -> None:
    """All taxonomies, a line each."""
    table = Table("taxonomy", "taxa", "what it is", "imported", "used by")
    for one in found:
        imported = "comes with facies" if one.imported_at is None else f"{one.imported_at:%Y-%m-%d %H:%M}"
        table.add_row(
            escape(one.name), f"{one.taxa:,}", escape(one.title), imported, escape(", ".join(one.collections)) or "-"
        )
    (console or Console()).print(table)


def print_taxonomy(found: TaxonomyOut, console: Console | None = None) -> None:
    """One taxonomy as a tree, what belongs to a taxon below it; what lies too deep for the width says its level."""
    out = console or Console()
    out.print(_plant(found, levels=max(_LEAST_LEVELS, (out.width - _ROOM) // _INDENT)))
    for what, text in (("source", found.source), ("licence", found.licence)):
        if text:
            out.print(f"{what}: {escape(text)}", highlight=False, soft_wrap=True)


def _plant(found: TaxonomyOut, levels: int) -> Tree:
    """Put the taxa in a tree of so many levels at most; the time is that of a list of them."""
    children: defaultdict[str | None, list[TaxonOut]] = defaultdict(list)
    for taxon in found.taxa:
        children[taxon.parent].append(taxon)
    root = Tree(f"[bold]{escape(found.name)}[/]  {escape(found.title)}")
    waiting = [(taxon, 1, root) for taxon in reversed(children[None])]
    while waiting:
        taxon, level, parent = waiting.pop()
        place = f"[dim]level {level:,}, of {escape(taxon.parent or '-')}:[/] " if level > levels else ""
        branch = parent.add(f"{place}{_describe(taxon)}")
        below = branch if level < levels else parent
        waiting += [(child, level + 1, below) for child in reversed(children[taxon.name])]
    return root


def _describe(taxon: TaxonOut) -> str:
    parts = [escape(taxon.name)]
    if taxon.code:
        parts.append(f"[bold]{escape(taxon.code)}[/]")
    if taxon.rank:
        parts.append(f"[dim]{taxon.rank}[/]")
    parts += [f"[dim]{text}[/]" for text in (_range(taxon.age_ma, "Ma"), _range(taxon.depth_m, "m")) if text]
    if taxon.synonyms:
        parts.append(f"[dim]= {escape(', '.join(taxon.synonyms))}[/]")
    return "  ".join(parts)


def _range(ends: Ends | None, unit: str) -> str:
    span = span_of(ends)
    return "" if span is None else f"{span} {unit}"


def print_check(found: CheckedLabelsOut, console: Console | None = None) -> None:
    """The labels of a collection, and what each is to its taxonomy."""
    out = console or Console()
    table = Table("label", "images", f"in {escape(found.taxonomy)}", "becomes, or may have meant")
    for match in found.labels:
        guesses = ", ".join(escape(one.name) for one in match.suggestions)
        meant = guesses if match.name is None else "" if match.name == match.label else escape(match.name)
        table.add_row(escape(match.label), f"{match.images:,}", KINDS[match.kind], meant)
    out.print(table)
    settled = sum(match.kind in {"spelling", "code", "synonym"} for match in found.labels)
    guessed = [match for match in found.labels if match.suggestions]
    of = f"-c {found.collection}"
    if settled:
        out.print(f"{settled} certain: `facies taxonomy merge {of} --all-synonyms`", markup=False, soft_wrap=True)
    if guessed:
        first = guessed[0]
        example = f"--from {first.label!r} --to {first.suggestions[0].name!r}"
        out.print(f"{len(guessed)} to confirm: `facies taxonomy merge {of} {example}`", markup=False, soft_wrap=True)


def print_merged(made: MergedLabelsOut, console: Console | None = None) -> None:
    """What each label became, and how to take it back."""
    out = console or Console()
    if made.batch is None:
        out.print(f"collection {made.collection}: no label to change", markup=False, soft_wrap=True)
        return
    for label, name in made.merged.items():
        out.print(f"{label} -> {name}", markup=False, highlight=False, soft_wrap=True)
    out.print(f"{made.images:,} images, batch {made.batch}")
    print_undo_hint(made.batch, made.collection, out)


def print_resolved(found: ResolvedOut, console: Console | None = None) -> None:
    """What a text stands for, or may have meant."""
    out = console or Console()
    if found.name is not None:
        lineage = " < ".join(found.lineage)
        out.print(f"{found.text}: {lineage} ({KINDS[found.by or 'name']})", markup=False, soft_wrap=True)
        return
    if not found.suggestions:
        out.print(f"{found.text}: no taxon, and none is spelt like it", markup=False, soft_wrap=True)
        return
    table = Table("may have meant", "edits", "spelt")
    for one in found.suggestions:
        table.add_row(escape(one.name), str(one.distance), escape(one.spelling))
    out.print(table)
