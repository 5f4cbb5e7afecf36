"""Named vectors that are computed from others: ``facies collections whiten``, and which vector is searched by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from facies.api.alone import build_graph, open_bar, open_data, print_report, print_run
from facies.api.options import Json, Weights
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from facies.core.workspace import Workspace
    from facies.indexer.whitening import WhitenedReport

derived_app = typer.Typer(pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(help="Name of the collection.", show_default=False)]


@derived_app.command()
def whiten(
    name: Name,
    *,
    vector: Annotated[
        str | None,
        typer.Option(metavar="VECTOR", help="Vector to whiten, as a model makes it; that of the default if left out."),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=1, metavar="N", help="Images to decode for the fit, spread evenly.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice of these images.")] = 0,
    weights: Weights = None,
    json: Json = False,
) -> None:
    """Learn from the collection's own images what tells them apart, and search by that; no label is needed.

    Adds a vector that is computed from the one that the model makes, which stays, and makes it the default. Images that
    are indexed later get both. Run it again when many came: what it learns anew takes the place of what was there.
    It learns from what several views of an image have in common: index with --preset microfossils or --recipe default.
    """
    settings = load_settings()
    with open_data("whitening", settings) as workspace:
        report, switched = _whiten(workspace, settings, name, vector, sample=sample, seed=seed, weights=weights)
    print_run(report, "interrupted" if report.interrupted else _tell(report), json=json, as_asked=switched)


def _tell(report: WhitenedReport) -> str:
    state = "the default" if report.is_default else "not the default"
    return (
        f"collection {report.collection}: {report.vector} ({state}) is computed from {report.source}, fitted on "
        f"{report.sampled:,} images and {report.fitted_on:,} vectors; {report.written:,} written, {report.lacking:,} "
        f"images lack it, {report.seconds:.1f} s"
    )


@derived_app.command("set-default")
def set_default(
    name: Name,
    vector: Annotated[str, typer.Argument(help="Named vector (`facies collections show NAME`).", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Search by another of a collection's named vectors from now on, unless a search names one."""
    from facies.indexer.named_vectors import choose_default

    with open_data("changing the default vector") as workspace:
        record = choose_default(workspace, name, vector)
    names = [one.name for one in record.vectors]
    print_report({"collection": name, "vectors": names}, f"collection {name}: searched by {vector}", [], json=json)


def _whiten(
    workspace: Workspace,
    settings: Settings,
    name: str,
    vector: str | None,
    *,
    sample: int,
    seed: int,
    weights: Path | None,
) -> tuple[WhitenedReport, bool]:
    """Whiten, and build the graph before it is in use; tells also whether a first whitening became the default."""
    from rich.console import Console

    from facies.indexer.interrupts import stop_on_interrupt
    from facies.indexer.limits import limits_of
    from facies.indexer.whitening import choose_source, stage_whitening, use_whitening
    from facies.models.embedder import load_embedder

    said = Console(stderr=True)
    source = choose_source(workspace.catalog.collection(name), vector)
    with said.status(f"loading {source.fingerprint.card}"):
        embedder = load_embedder(
            source.fingerprint.card,
            weights=weights,
            settings=settings.models,
            weights_dir=settings.weights_dir,
            like=source.fingerprint,
        )
    with stop_on_interrupt(said) as stop, open_bar("whitening") as bar:
        staged = stage_whitening(
            workspace,
            name,
            embedder,
            source.name,
            sample=sample,
            seed=seed,
            limits=limits_of(settings),
            progress=bar,
            stop=stop,
        )
    if staged.generation is not None:
        staged.report.notes += build_graph(workspace.store, name, settings)
    report = use_whitening(workspace, staged)
    return report, report.is_default or staged.generation is None or report.replaced is not None
