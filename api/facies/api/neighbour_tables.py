"""What a search found, as tables for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile, zip_longest

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.api.tables import print_notes
from facies.core.wire_search import NeighbourOut, SearchOut, SideBySideOut

_BESIDE = 3
"""Lists that fit beside each other on a screen; more go one under the other."""


def print_neighbours(found: SearchOut, console: Console | None = None, title: str | None = None) -> None:
    """The neighbours of one search, best first, and what to know about them."""
    out = console or Console()
    if found.neighbours:
        _print_table(found, out, title)
    else:
        out.print("no image matches" if title is None else f"{title}: no image matches")
    print_notes(found.notes, out)


def print_side_by_side(found: SideBySideOut, console: Console | None = None) -> None:
    """The lists of several named vectors, beside each other where they fit."""
    out = console or Console()
    if len(found.lists) > _BESIDE or not any(one.neighbours for one in found.lists):
        for one in found.lists:
            print_neighbours(one, out, title=escape(one.vector))
        return
    folder, names = split_folder([n.path for one in found.lists for n in one.neighbours])
    rest = iter(names)
    columns = [[_cell(neighbour, next(rest)) for neighbour in one.neighbours] for one in found.lists]
    table = Table()
    table.add_column("#", justify="right", style="dim")
    for one in found.lists:
        table.add_column(f"{escape(one.vector)}{' (re-ranked)' if one.reranked_by else ''}", overflow="fold", ratio=1)
    for position, cells in enumerate(zip_longest(*columns, fillvalue=""), start=found.lists[0].offset + 1):
        table.add_row(str(position), *cells)
    out.print(table)
    _print_folder(folder, out)
    for one in found.lists:
        for note in one.notes:
            out.print(f"note: {escape(one.vector)}: {escape(note)}", soft_wrap=True)


def split_folder(paths: Sequence[str]) -> tuple[str, list[str]]:
    """Tell the folder that all paths lie in from what differs, so that a narrow table shows what matters.

    Returns:
        The folder with its closing slash, empty where there is none in common; and the rest of each path.
    """
    levels = zip(*(path.split("/")[:-1] for path in paths), strict=False)
    shared = takewhile(lambda names: len(set(names)) == 1, levels)
    folder = "".join(f"{names[0]}/" for names in shared)
    return folder, [path.removeprefix(folder) for path in paths]


def describe_percentile(percentile: float | None) -> str:
    """A percentile as people say it: how small the share is that is as similar or more so.

    >>> describe_percentile(88.0), describe_percentile(97.46), describe_percentile(100.0), describe_percentile(None)
    ('top 12 %', 'top 2.5 %', 'top 0.1 %', '-')
    """
    if percentile is None:
        return "-"
    share = max(0.1, 100 - percentile)
    return f"top {share:.0f} %" if share >= 10 else f"top {share:.1f} %"


def _print_table(found: SearchOut, out: Console, title: str | None) -> None:
    neighbours = found.neighbours
    folder, names = split_folder([n.path for n in neighbours])
    placed = any(n.percentile is not None for n in neighbours)
    grouped = any(n.group not in (None, n.label) for n in neighbours)
    folded = any(n.folded for n in neighbours)
    table = Table(title=title, title_justify="left")
    table.add_column("#", justify="right", style="dim")
    table.add_column("similarity", justify="right")
    if placed:
        table.add_column("percentile", justify="right")
    table.add_column("label")
    if grouped:
        table.add_column("group")
    if folded:
        table.add_column("folded", justify="right")
    table.add_column("image", overflow="fold")
    for position, (neighbour, name) in enumerate(zip(neighbours, names, strict=True), start=found.offset + 1):
        cells = [str(position), f"{neighbour.similarity:.4f}"]
        cells += [describe_percentile(neighbour.percentile)] if placed else []
        cells += [escape(neighbour.label or "-")]
        cells += [_text(neighbour.group)] if grouped else []
        cells += [f"+{neighbour.folded}" if neighbour.folded else ""] if folded else []
        table.add_row(*cells, _name(neighbour, name))
    out.print(table)
    _print_folder(folder, out)
    for line in _legend(found, placed=placed, folded=folded):
        out.print(line, style="dim", soft_wrap=True)


def _legend(found: SearchOut, *, placed: bool, folded: bool) -> list[str]:
    """What the columns and the order mean, where that does not go without saying."""
    lines = []
    if found.vectors:
        names = ", ".join(map(escape, found.vectors))
        lines.append(f"fused from {names}; similarity in {escape(found.vector)}, or in the first that the image has")
    if found.reranked_by:
        method = found.reranked_by.replace("_", " ")
        lines.append(f"re-ranked by {method}: in order of what the first candidates have in common, not of similarity")
    if placed:
        lines.append("percentile: among the pairs of images of this collection that have one label")
    if folded:
        lines.append("folded: how many similar images that follow are not shown")
    return lines


def _cell(neighbour: NeighbourOut, name: str) -> str:
    notes = [f"group {_text(neighbour.group)}"] if neighbour.group is not None else []
    notes += [f"+{neighbour.folded} folded"] if neighbour.folded else []
    notes += [describe_percentile(neighbour.percentile)] if neighbour.percentile is not None else []
    behind = f"  [dim]{', '.join(notes)}[/]" if notes else ""
    return f"{neighbour.similarity:.4f}  {escape(neighbour.label or '-')}{behind}\n[dim]{_name(neighbour, name)}[/]"


def _name(neighbour: NeighbourOut, name: str) -> str:
    page = "" if neighbour.page is None else f" [dim]page {neighbour.page + 1}[/]"
    return f"{escape(name)}{page}"


def _text(group: str | float | None) -> str:
    return "-" if group is None else escape(str(group))


def _print_folder(folder: str, out: Console) -> None:
    if folder:
        out.print(f"in {escape(folder)}", style="dim", soft_wrap=True)
