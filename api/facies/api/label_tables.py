"""Exports and imports of labels, and range charts, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from facies.api.label_batch_tables import print_undo_hint
from facies.api.tables import print_notes
from facies.core.wire_label_files import LabelExportOut, LabelImportOut, LabelIssueOut, RangeChartOut, RangeCountOut

_SHOWN = 20


def print_export(report: LabelExportOut, console: Console | None = None) -> None:
    """What was written, and what was not."""
    out = console or Console()
    pictures = f", {report.pictures:,} of them with their file" if report.pictures else ""
    out.print(
        f"wrote {escape(report.file)}: {report.rows:,} images of {escape(report.collection)}, {report.labelled:,} "
        f"labelled{pictures} ({report.format}, {report.seconds:.1f} s)",
        soft_wrap=True,
    )
    for one in report.left_out[:_SHOWN]:
        out.print(f"[yellow]left out[/] {escape(one.image)}: {escape(one.reason)}", soft_wrap=True)
    _say_more(out, report.left_out_count, "images were left out")
    print_notes(report.notes, out)


def print_import(report: LabelImportOut, console: Console | None = None) -> None:
    """What an import did or would do, and each row that it does not take."""
    out = console or Console()
    did = "gave" if report.applied else "would give"
    title = f"{escape(report.file)} ({report.format}) into {escape(report.collection)}"
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    how = ", ".join(f"{count:,} by {by}" for by, count in report.matched.items())
    lines = (
        ("rows", f"{report.rows:,}", f"images found: {how}" if how else "no image found"),
        (f"labels it {did}", f"{report.labels:,}", _replacing(report)),
        ("unchanged", f"{report.unchanged:,}", "the collection says so already"),
        ("without a label", f"{report.unlabelled:,}", ""),
        ("conflicts", f"{report.conflict_count:,}", "left as they are here"),
        ("problems", f"{report.problem_count:,}", "rows that cannot be used"),
    )
    for name, count, remark in lines:
        table.add_row(f"[bold]{name}[/]", count, f"[dim]{remark}[/]")
    out.print(table)
    _print_issues(out, "conflict", report.conflicts, report.conflict_count)
    _print_issues(out, "problem", report.problems, report.problem_count)
    print_notes(report.notes, out)
    if report.batch is not None:
        print_undo_hint(report.batch, report.collection, out)
    elif not report.applied and report.labels:
        out.print("nothing was changed; --apply gives these labels")
    if report.conflict_count and not report.replaced:
        out.print("what is said here stays; --replace lets the file count for more")


def print_chart(chart: RangeChartOut, files: Sequence[Path], console: Console | None = None) -> None:
    """Where the chart was written; without files, the counts themselves."""
    out = console or Console()
    for file in files:
        out.print(f"wrote {escape(str(file))}", soft_wrap=True)
    for group in dict.fromkeys(sample.group for sample in chart.samples) if not files else ():
        out.print(_tabulate(chart, group))
    out.print(
        f"{chart.images:,} images, {len(chart.taxa):,} taxa, {len(chart.samples):,} samples by {escape(chart.field)}",
        soft_wrap=True,
    )
    print_notes(chart.notes, out)


def _tabulate(chart: RangeChartOut, group: str | None) -> Table:
    """A line for each taxon in each sample of a group: as many columns as taxa would not fit a terminal."""
    table = Table(title=escape(group or ""), title_justify="left", box=SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column(escape(chart.field), no_wrap=True)
    table.add_column("taxon", overflow="ellipsis", no_wrap=True, min_width=16)
    for name in ("validated", "dubious", "automatic", "right (95 %)"):
        table.add_column(name, justify="right", no_wrap=True)
    for sample in chart.samples:
        if sample.group != group:
            continue
        place = f"{sample.top:g}" if sample.base == sample.top else f"{sample.top:g} to {sample.base:g}"
        for count in sample.counts:
            table.add_row(place, escape(count.taxon), *_shown(count))
            place = ""
        if sample.unnamed:
            table.add_row(place, f"[dim]{sample.unnamed:,} without a name[/]")
        table.add_section()
    return table


def _shown(count: RangeCountOut) -> list[str]:
    right = f"{count.automatic_right_low:,} to {count.automatic_right_high:,}" if count.automatic else ""
    return [f"{n:,}" if n else "" for n in (count.validated, count.dubious, count.automatic)] + [right]


def _replacing(report: LabelImportOut) -> str:
    parts = []
    if report.predictions:
        parts.append(f"{report.predictions:,} in place of a prediction")
    if report.replaced:
        parts.append(f"{report.replaced:,} in place of what a person said")
    return ", ".join(parts)


def _print_issues(out: Console, kind: str, issues: Sequence[LabelIssueOut], count: int) -> None:
    for one in issues[:_SHOWN]:
        out.print(f"[yellow]{kind}[/] line {one.line}: {escape(one.reason)}", soft_wrap=True)
    _say_more(out, count, f"{kind}s")


def _say_more(out: Console, count: int, what: str) -> None:
    if count > _SHOWN:
        out.print(f"... {count:,} {what} in all; --json lists up to 1,000")
