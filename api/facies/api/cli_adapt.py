"""``facies collections adapt``: a vector that has learnt from the labels, where that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from facies.api.alone import build_graph, open_bar, open_data, print_run
from facies.api.options import Json
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.indexer.adaptation import AdaptedReport, Tried

adapt_app = typer.Typer(pretty_exceptions_enable=False)


@adapt_app.command()
def adapt(
    name: Annotated[str, typer.Argument(help="Name of the collection.", show_default=False)],
    *,
    vector: Annotated[
        str | None,
        typer.Option(metavar="VECTOR", help="Vector to learn on; if left out, the one whose trial is best."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Images with one value here have one source, and are not parted."),
    ] = None,
    group_parts: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Where the values are paths: first parts that make a group.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Measure only.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also where it does not help; never as the default.")] = False,
    default: Annotated[bool, typer.Option("--default", help="Search by it from now on, if it helps.")] = False,
    json: Json = False,
) -> None:
    """Learn from the validated labels what tells the classes apart; is made only where held-out images show a gain.

    Adds a vector that is computed from one that is there, beside it. Ten times a part of the labelled images is held
    out: the rest teaches, and they are named and find each other by what was learnt, and by the vectors as they are.
    Run it again when labels came or changed.
    """
    settings = load_settings()
    with open_data("adapting", settings) as workspace:
        tried = _try(workspace, name, vector, group, group_parts)
        _print_trial(tried, to_stderr=json)
        if dry_run or not (tried.trial.helps or force):
            from facies.indexer.adaptation import report_trial

            report = report_trial(workspace, name, tried)
        else:
            report = _adapt(workspace, settings, name, tried, default=default)
    print_run(report, "interrupted" if report.interrupted else _summary(report), json=json)


def _try(workspace: Workspace, name: str, vector: str | None, group: str | None, group_parts: int | None) -> Tried:
    from rich.console import Console

    from facies.core.errors import ConfigurationError
    from facies.indexer.adaptation import try_head
    from facies.indexer.evaluation.subjects import Grouping

    if group is None and group_parts is not None:
        raise ConfigurationError("--group-parts says how much of a path makes a group; give --group COLUMN too")
    grouping = None if group is None else Grouping(group, group_parts)
    with Console(stderr=True).status("measuring on held-out images"):
        return try_head(workspace, name, vector, grouping=grouping)


def _adapt(workspace: Workspace, settings: Settings, name: str, tried: Tried, *, default: bool) -> AdaptedReport:
    """Fit and fill, and build the graph before it is in use."""
    from rich.console import Console

    from facies.indexer.adaptation import stage_adaptation, use_adaptation
    from facies.indexer.interrupts import stop_on_interrupt

    with stop_on_interrupt(Console(stderr=True)) as stop, open_bar("adapting") as bar:
        staged = stage_adaptation(workspace, name, tried, progress=bar, stop=stop)
    if default and not tried.trial.helps:
        staged.report.notes.append(
            "it is not made the default, since it does not help; `facies collections set-default` makes it so all the "
            "same"
        )
    if staged.generation is not None:
        staged.report.notes += build_graph(workspace.store, name, settings)
    return use_adaptation(workspace, staged, default=default and tried.trial.helps)


def _print_trial(tried: Tried, *, to_stderr: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    trial = tried.trial
    console = Console(stderr=to_stderr)
    table = Table(title=f"{trial.images:,} labels of {trial.classes} classes, {trial.share:.0%} held out, ten times")
    table.add_column("vector", overflow="fold")
    for column in ("F1", "mAP", "P@n_k"):
        table.add_column(column, justify="right", no_wrap=True)
    for title, figures in (*trial.plain.items(), ("adapted", trial.adapted)):
        table.add_row(Text(title), *(f"{value:.3f}" for value in figures.means.values()))
    console.print(table)
    for title, gain in trial.gains.items():
        line = f"gain over {title}: F1 {gain.f1}, mAP {gain.average_precision}, P@n_k {gain.p_at_nk}"
        console.print(Text(line), soft_wrap=True)


def _summary(report: AdaptedReport) -> str:
    verdict = "it helps" if report.helps else _tell_why_not(report)
    if report.projection:
        state = "the default" if report.is_default else "not the default"
        made = (
            f"{report.vector} ({state}) is computed from {report.source}; {report.written:,} written, "
            f"{report.lacking:,} images lack it, {report.seconds:.1f} s"
        )
    else:
        made = "nothing was changed"
    return f"collection {report.collection}: {verdict}; {made}"


def _tell_why_not(report: AdaptedReport) -> str:
    """Which rule is not met, against which vector."""
    from facies.indexer.evaluation.comparison import HARMLESS

    missed = []
    for title, gain in report.gains.items():
        f1, low = gain["f1"][0], gain["map"][1]
        if low <= 0:
            missed.append(f"it finds no more than {title} beyond chance (mAP from {low:+.3f})")
        if f1 < -HARMLESS:
            missed.append(f"it names worse than {title} (F1 {f1:+.3f}, no more than -{HARMLESS:g} is let pass)")
    return f"it does not help: {'; '.join(missed)}"
