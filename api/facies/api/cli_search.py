"""``facies search``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from facies.api.backend import open_backend
from facies.api.options import Api, Collection, Json, Weights, Where, filter_of
from facies.api.targets import make_examples, parse_crop, read_target
from facies.api.validation import make_body
from facies.core.cli import print_json
from facies.core.errors import QueryError
from facies.core.settings import load_settings
from facies.core.wire_search import RerankMethod, SearchBody, SearchOut

search_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@search_app.command()
def search(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET",
            help="Image files, or ids of indexed images; @X,Y,W,H behind one takes only this box of it, in pixels.",
            show_default=False,
        ),
    ] = None,
    *,
    collection: Collection,
    k: Annotated[int, typer.Option("--k", "-k", help="How many neighbours.")] = 10,
    against: Annotated[
        list[str] | None, typer.Option("--not", metavar="TARGET", help="An image to move away from; may be repeated.")
    ] = None,
    where: Where = None,
    crop: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Only this box of the one TARGET, in pixels.")
    ] = None,
    offset: Annotated[int, typer.Option(help="How many nearer neighbours to pass over.")] = 0,
    strategy: Annotated[
        Literal["average", "best_score"], typer.Option(help="How several targets combine.")
    ] = "average",
    rerank: Annotated[
        bool | None,
        typer.Option(
            "--rerank/--no-rerank",
            help="Order the first candidates by how they hang together; without either, where that was measured to "
            "help.",
            show_default=False,
        ),
    ] = None,
    rerank_by: Annotated[
        RerankMethod | None, typer.Option(help="Re-rank, and by this method; else by diffusion.")
    ] = None,
    group_by: Annotated[
        str | None, typer.Option(metavar="FIELD", help="Few images of each value of a field, e.g. slide or label.")
    ] = None,
    per_group: Annotated[int, typer.Option(metavar="N", help="How many of each value, with --group-by.")] = 1,
    fold: Annotated[
        float | None,
        typer.Option(
            metavar="SIM", help="Fold images at least so similar to one that stands before them into it, e.g. 0.98."
        ),
    ] = None,
    diversity: Annotated[
        float, typer.Option(metavar="X", help="Prefer what differs from what stands before, 0 (not at all) to 1.")
    ] = 0.0,
    vector: Annotated[
        list[str] | None,
        typer.Option(help="Named vector; the collection's default if left out. Several are fused into one list."),
    ] = None,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="A list for each --vector, or for all, in place of a fused one.")
    ] = False,
    weights: Weights = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Find the images most similar to files or to indexed images.

    A single file that is in the collection comes back first; an image given by id does not come back. Several targets
    are averaged; --not moves away from others.
    """
    wanted = [read_target(text) for text in targets or []]
    unwanted = [read_target(text) for text in against or []]
    if crop is not None and ((len(wanted), len(unwanted)) != (1, 0) or wanted[0].crop is not None):
        raise QueryError("--crop goes with exactly one TARGET and no --not; write TARGET@X,Y,W,H for one of several")
    examples, files = make_examples([*wanted, *unwanted], None if crop is None else parse_crop(crop))
    names = vector or []
    body = make_body(
        SearchBody,
        positive=examples[: len(wanted)],
        negative=examples[len(wanted) :],
        strategy=strategy,
        k=k,
        offset=offset,
        where=filter_of(where),
        vector=names[0] if len(names) == 1 else None,
        vectors=names if len(names) > 1 else None,
        rerank=rerank,
        rerank_by=rerank_by,
        group_by=group_by,
        per_group=per_group,
        fold=fold,
        diversity=diversity,
    )
    with open_backend(load_settings(), api, weights) as backend:
        found = (backend.search_side_by_side if side_by_side else backend.search)(collection, body, files)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    from facies.api.neighbour_tables import print_neighbours, print_side_by_side

    if isinstance(found, SearchOut):
        print_neighbours(found)
    else:
        print_side_by_side(found)
