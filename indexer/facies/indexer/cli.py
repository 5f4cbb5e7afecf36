"""``facies index``: the command line of the indexer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

index_app = typer.Typer(add_completion=False)


class EngineChoice(StrEnum):
    """What reads and embeds."""

    LOCAL = "local"
    RAY = "ray"


class LabelChoice(StrEnum):
    """Where labels come from."""

    NONE = "none"
    FOLDER = "folder"
    MANIFEST = "manifest"


@index_app.command()
def index(
    *,
    source: Annotated[
        str | None,
        typer.Argument(
            help="Folder, zip file, CSV or TSV manifest, image, or URL (https://, s3:// ...).", show_default=False
        ),
    ] = None,
    collection: Annotated[
        str, typer.Option("--collection", "-c", help="Collection to index into; made where it is missing.")
    ] = "",
    labels: Annotated[
        LabelChoice, typer.Option(help="Labels from the folders' names, from the manifest's column, or none.")
    ] = LabelChoice.NONE,
    model: Annotated[str | None, typer.Option(help="Model card of a new collection (`facies models list`).")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="Recipe of a new collection: fast, upright, default, best, or its text; the preset has one."),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Kind of a new collection: microfossils, figures, scenes or generic.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Checkpoint to use instead of the card's own weights.")] = None,
    relink: Annotated[
        Path | None, typer.Option(help="Folder in which to find moved originals again; SOURCE may be left out.")
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Afterwards delete images of this source whose original is gone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and decode everything, write nothing.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object, last on stdout.")
    ] = False,
    api: Annotated[
        str | None, typer.Option(help="Let the service at this URL do it; SOURCE is a path on its disk.")
    ] = None,
    engine: Annotated[
        EngineChoice,
        typer.Option(help="What reads and embeds: this process, or Ray on many nodes, for a Qdrant server."),
    ] = EngineChoice.LOCAL,
    ray_address: Annotated[
        str | None,
        typer.Option(help="Ray cluster to join, e.g. auto or HOST:6379; without it Ray is started here for the run."),
    ] = None,
    ray_workers: Annotated[
        int | None, typer.Option(min=1, help="Workers on the Ray cluster; without it, as many as have room.")
    ] = None,
) -> None:
    """Index the images of a folder, zip, manifest or URL into a collection.

    Running it again changes nothing; after an interruption it goes on where it was. Files that cannot be used are
    listed with the reason.
    """
    from facies.indexer.command import Order, run

    order = Order(
        source=source,
        collection=collection,
        labels=labels.value,
        model=model,
        recipe=recipe,
        preset=preset,
        weights=weights,
        relink=relink,
        prune=prune,
        dry_run=dry_run,
        as_json=as_json,
        api=api,
        engine=engine.value,
        ray_address=ray_address,
        ray_workers=ray_workers,
    )
    raise typer.Exit(run(order))
