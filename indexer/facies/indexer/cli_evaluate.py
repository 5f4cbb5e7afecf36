"""``facies evaluate``: how well the vectors of a model find and name images of the same class."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from facies.core.errors import ConfigurationError
from facies.core.wire_search import RerankMethod

evaluate_app = typer.Typer(add_completion=False)


class LabelChoice(StrEnum):
    """Where labels come from."""

    FOLDER = "folder"
    MANIFEST = "manifest"


@evaluate_app.command()
def evaluate(
    *,
    source: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]", help="Folder, zip or CSV/TSV manifest of labelled images.", show_default=False
        ),
    ] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Evaluate a collection's validated images instead.")
    ] = None,
    vector: Annotated[str | None, typer.Option(help="Named vector of the collection; else its default.")] = None,
    model: Annotated[str | None, typer.Option(help="Model card to embed with (`facies models list`).")] = None,
    weights: Annotated[Path | None, typer.Option(help="Checkpoint to use instead of the card's own weights.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Recipe of the card; `default` where left out.")] = None,
    rerank: Annotated[
        bool | None,
        typer.Option(
            "--rerank/--no-rerank", help="Order the first candidates by how they hang together; not by itself."
        ),
    ] = None,
    rerank_by: Annotated[
        RerankMethod | None, typer.Option(help="Re-rank, and by this method; else by diffusion.")
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CARD:RECIPE ...",
            help="Compare with these (and --model's), and recommend one; of a collection also named vectors.",
        ),
    ] = None,
    protocol: Annotated[
        Literal["scampi", "autolabel", "bisection", "unknowns"],
        typer.Option(
            help="Measure finding and naming; labelling by itself at the precision asked for; a person's effort in "
            "growing labels; or groups of images of unknown classes."
        ),
    ] = "scampi",
    precision: Annotated[
        list[float] | None,
        typer.Option(
            metavar="P", help="Share of right labels asked for, by --protocol autolabel (may be repeated) or bisection."
        ),
    ] = None,
    euclidean: Annotated[
        bool, typer.Option("--euclidean", help="Measure by Euclidean distance on raw outputs too, as was published.")
    ] = False,
    labels: Annotated[
        LabelChoice | None,
        typer.Option(help="Labels from the folders' names, or the manifest's column `label`; by the kind of SOURCE."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Images with one value here never find each other, nor are split apart."),
    ] = None,
    group_parts: Annotated[
        int | None, typer.Option(min=1, help="Where these values are paths: how many first parts count.")
    ] = None,
    dump: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Write labels, the whole ranking, splits and names.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with figures, plots and example queries.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object, last on stdout.")
    ] = False,
) -> None:
    """Measure how well vectors find and name images of the same class, by the protocol of the SCAMPI benchmark.

    Nothing is stored. Without --rerank neighbours are those by cosine similarity.
    """
    from facies.indexer.evaluation.command import run
    from facies.indexer.evaluation.order import Order

    words = list(source or [])
    location = words.pop(0) if words and collection is None else None
    if words and not compare:
        either = "either SOURCE or --collection, not both" if collection else "one SOURCE, or --compare before recipes"
        raise ConfigurationError(f"{' '.join(words)}: expected {either}")
    order = Order(
        source=location,
        collection=collection,
        vector=vector,
        model=model,
        weights=weights,
        recipe=recipe,
        compare=(*(compare or ()), *words),
        protocol=protocol,
        precisions=tuple(precision or ()),
        rerank=rerank,
        rerank_by=rerank_by,
        euclidean=euclidean,
        labels=None if labels is None else labels.value,
        group=group,
        group_parts=group_parts,
        dump=dump,
        report=report,
        as_json=as_json,
    )
    raise typer.Exit(run(order))
