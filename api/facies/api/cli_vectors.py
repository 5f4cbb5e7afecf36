"""The named vectors of a collection: ``facies collections add-model`` and ``drop-model``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from facies.api.alone import build_graph, open_bar, open_data, print_report, print_run
from facies.api.options import Json, Weights
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from facies.core.records import Fingerprint
    from facies.core.workspace import Workspace
    from facies.indexer.further_models import AddedModelReport
    from facies.indexer.model_addition import Addition
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe

vectors_app = typer.Typer(pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(help="Name of the collection.", show_default=False)]


@vectors_app.command("add-model")
def add_model(
    name: Name,
    *,
    model: Annotated[str, typer.Option(help="Card of the further model (`facies models list`).", show_default=False)],
    vector: Annotated[
        str | None,
        typer.Option("--as", metavar="VECTOR", help="Name of the new vector; like the card if left out."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="fast, upright, default, best, or the text of a recipe; the collection's preset has one."),
    ] = None,
    weights: Weights = None,
    default: Annotated[
        bool, typer.Option("--default", help="Search with it from now on, once every image has its vector.")
    ] = False,
    json: Json = False,
) -> None:
    """Embed the images of a collection with a further model; labels and the vectors that are there stay.

    Running it again embeds only the images that lack the vector. With --as the model may be one that the collection has
    already, with other weights or run in another way.
    """
    from facies.indexer.further_models import make_default
    from facies.indexer.model_addition import choose_addition

    settings = load_settings()
    wanted = choose_addition(name, model, vector=vector, recipe=recipe, weights=weights)
    with open_data("embedding with a further model", settings) as workspace:
        report = _fill(workspace, settings, wanted)
        if report.embedded and not report.interrupted:
            report.notes += build_graph(workspace.store, name, settings)
        switched = make_default(workspace, report) if default else True
    state = "the default" if report.is_default else "not the default"
    print_run(
        report,
        f"collection {name}: {report.embedded:,} images embedded with {report.vector} ({state}), "
        f"{report.lacking:,} lack it, {report.seconds:.1f} s",
        json=json,
        as_asked=switched,
    )


@vectors_app.command("drop-model")
def drop_model(
    name: Name,
    vector: Annotated[
        str, typer.Argument(help="Named vector (`facies collections show NAME`), not the default.", show_default=False)
    ],
    *,
    json: Json = False,
) -> None:
    """Take a named vector and all its rows from a collection; images, labels and the other vectors stay."""
    from facies.indexer.named_vectors import drop_vector

    with open_data("dropping a model") as workspace:
        report = drop_vector(workspace, name, vector)
    print_report(
        asdict(report),
        f"collection {name}: dropped vector {vector}; it has {', '.join(report.remaining)}",
        report.notes,
        json=json,
    )


def _fill(workspace: Workspace, settings: Settings, wanted: Addition) -> AddedModelReport:
    from rich.console import Console

    from facies.indexer.further_models import fill_vector
    from facies.indexer.interrupts import stop_on_interrupt
    from facies.indexer.limits import limits_of
    from facies.indexer.model_addition import find_complete, open_addition
    from facies.models.embedder import load_embedder

    complete = find_complete(workspace, settings, wanted)
    if complete is not None:
        return complete
    said = Console(stderr=True)

    def load(like: Fingerprint | None, recipe: Recipe | None) -> Embedder:
        with said.status(f"loading {wanted.card}"):
            return load_embedder(
                wanted.card,
                recipe=recipe,
                weights=wanted.weights,
                settings=settings.models,
                weights_dir=settings.weights_dir,
                like=like,
            )

    embedder = open_addition(workspace, wanted, load)
    with stop_on_interrupt(said) as stop, open_bar("embedding") as bar:
        return fill_vector(
            workspace,
            wanted.collection,
            embedder,
            wanted.vector,
            limits=limits_of(settings),
            progress=bar,
            stop=stop,
        )
