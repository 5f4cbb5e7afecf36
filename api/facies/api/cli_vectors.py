"""The named vectors of a collection: ``facies collections add-model`` and ``drop-model``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facies.api.alone import build_graph, open_bar, open_data, print_report, print_run
from facies.api.options import Json, Weights
from facies.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from facies.core.records import CollectionRecord, VectorRecord
    from facies.core.workspace import Workspace
    from facies.indexer.further_models import AddedModelReport

vectors_app = typer.Typer(pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(help="Name of the collection.", show_default=False)]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A named vector to be made: of which collection, what it is called, by which card, recipe and checkpoint."""

    collection: str
    vector: str
    card: str
    recipe: str | None
    weights: Path | None


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

    settings = load_settings()
    wanted = _choose(name, model, recipe, vector, weights)
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


def _choose(name: str, model: str, recipe: str | None, vector: str | None, weights: Path | None) -> _Wanted:
    from facies.core.store.checks import check_new_vector_name
    from facies.indexer.collections import vector_name_of
    from facies.models.registry import get_card

    card = get_card(model).name
    wanted = _Wanted(name, vector or vector_name_of(card), card, recipe, weights)
    check_new_vector_name(wanted.vector)
    return wanted


def _fill(workspace: Workspace, settings: Settings, wanted: _Wanted) -> AddedModelReport:
    import time

    from rich.console import Console

    from facies.indexer.derived import fill_all_derived
    from facies.indexer.further_models import AddedModelReport, fill_vector, finish_report
    from facies.indexer.interrupts import stop_on_interrupt
    from facies.indexer.limits import limits_of
    from facies.indexer.named_vectors import find_vector, open_vector
    from facies.models.embedder import load_embedder
    from facies.models.presets import choose_recipe

    name, vector = wanted.collection, wanted.vector
    record = workspace.catalog.collection(name)
    there = find_vector(record, vector)
    if there is not None:
        _check_way(settings, record, there, wanted)
        if wanted.weights is None and workspace.store.count(name, lacking=vector) == 0:
            # Nothing to embed, hence no network to load: this is how a complete vector is made the default.
            fill_all_derived(workspace, name, vector)
            return finish_report(workspace, AddedModelReport(name, vector), time.monotonic())
    said = Console(stderr=True)
    with said.status(f"loading {wanted.card}"):
        embedder = load_embedder(
            wanted.card,
            recipe=choose_recipe(record.preset, wanted.card, wanted.recipe).recipe if there is None else None,
            weights=wanted.weights,
            settings=settings.models,
            weights_dir=settings.weights_dir,
            like=None if there is None else there.fingerprint,
        )
    open_vector(workspace, name, embedder, vector)
    with stop_on_interrupt(said) as stop, open_bar("embedding") as bar:
        return fill_vector(workspace, name, embedder, vector, limits=limits_of(settings), progress=bar, stop=stop)


def _check_way(settings: Settings, record: CollectionRecord, there: VectorRecord, wanted: _Wanted) -> None:
    """Refuse what contradicts the vector that is there, before a network is loaded or a count says that all is done."""
    from facies.indexer.collections import check_recipe
    from facies.indexer.named_vectors import check_card
    from facies.models.runtimes.choice import check_settings

    check_card(record, there, wanted.card)
    if wanted.recipe is not None:
        check_recipe(record.name, there.fingerprint, wanted.recipe)
    check_settings(settings.models, there.fingerprint)
