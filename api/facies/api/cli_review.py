"""``facies label queue``, ``plate`` and ``unknowns``: what is worth a look, how classes look, what has no name."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from facies.api.backend import open_backend
from facies.api.label_batch_tables import print_given
from facies.api.options import Api, Collection, Json, VectorName, Where, filter_of
from facies.api.review_tables import print_plate, print_queue, print_unknowns
from facies.api.validation import make_body
from facies.core.cli import print_answer
from facies.core.errors import QueryError
from facies.core.settings import load_settings
from facies.core.wire_review import QueueBody, RenameBody, UnknownsBody

review_app = typer.Typer(pretty_exceptions_enable=False)

Group = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Images with one value here, e.g. a slide, never teach each other's name."),
]


@review_app.command()
def queue(
    *,
    collection: Collection,
    by: Annotated[
        Literal["uncertain", "boundary", "diverse", "disagreement", "errors", "duplicates", "flagged"],
        typer.Option(help="Why images are worth a look."),
    ],
    limit: Annotated[int, typer.Option(help="Most images to show.")] = 20,
    vector: VectorName = None,
    other_vector: Annotated[
        list[str] | None, typer.Option(metavar="VECTOR", help="For disagreement; all others if left out. Repeat.")
    ] = None,
    group: Group = None,
    where: Where = None,
    doubt: Annotated[
        Literal["top", "entropy"], typer.Option(help="Uncertain by the most probable name, or by all.")
    ] = "top",
    alike: Annotated[float, typer.Option(help="Cosine from which images are near-duplicates.")] = 0.98,
    json: Json = False,
    api: Api = None,
) -> None:
    """List the images that are most worth a look.

    uncertain: the least sure names. boundary: torn between two. diverse: unlike all that is validated, and each other.
    disagreement: two vectors say different names. errors: validated labels that are probably wrong. duplicates: all but
    the same picture under two labels. flagged: called dubious by somebody; `facies label give` replies, with --note.
    """
    body = make_body(
        QueueBody,
        by=by,
        limit=limit,
        vector=vector,
        other_vectors=other_vector or [],
        group=group,
        where=filter_of(where),
        doubt=doubt,
        alike=alike,
    )
    with open_backend(load_settings(), api) as backend:
        found = backend.review.queue(collection, body)
    print_answer(found, print_queue, as_json=json)


@review_app.command()
def plate(
    label: Annotated[str, typer.Argument(metavar="TAXON", help="A label with validated images.")],
    *,
    collection: Collection,
    images: Annotated[int, typer.Option(min=1, help="Most images of each kind.")] = 6,
    vector: VectorName = None,
    group: Group = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Show a taxon's reference plate: its middle, its boundary, and what is confused with it."""
    with open_backend(load_settings(), api) as backend:
        found = backend.review.plate(collection, label, images=images, vector=vector, group=group)
    print_answer(found, print_plate, as_json=json)


@review_app.command()
def unknowns(
    *,
    collection: Collection,
    name: Annotated[
        bool, typer.Option("--name", help="Give the groups their provisional names, as predictions in one batch.")
    ] = False,
    promote: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="Turn this label into the one of --to; repeat to merge several."),
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="LABEL", help="What promoted labels become.")] = None,
    validate: Annotated[
        bool, typer.Option("--validate", help="With --promote: somebody has seen each image, so they are validated.")
    ] = False,
    name_by: Annotated[
        Literal["number", "nearest"], typer.Option(help="Names like Unknown A, or after the nearest class.")
    ] = "number",
    fewest: Annotated[int, typer.Option(help="Images of a group, at least.")] = 5,
    share: Annotated[float, typer.Option(help="Share of the validated images that count as known (the gate).")] = 0.75,
    vector: VectorName = None,
    group: Group = None,
    where: Where = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Group the images that lie far from all validated ones, each group being one taxon perhaps.

    Nothing is changed without --name or --promote; either makes one batch, which `facies label undo` takes back.
    """
    if (to is None) != (not promote) or (promote and name):
        raise QueryError("give --promote LABEL (once or more) and --to LABEL together, and not with --name")
    if validate and not promote:
        raise QueryError("--validate says that each image of a promoted label was seen; it goes with --promote")
    with open_backend(load_settings(), api) as backend:
        if promote:
            renaming = make_body(RenameBody, names=promote, to=to, validate_images=validate)
            made = backend.review.rename(collection, renaming)
            print_answer(made, lambda one: print_given(one, f"labelled {str(to).strip()}"), as_json=json)
            return
        body = make_body(
            UnknownsBody,
            vector=vector,
            where=filter_of(where),
            group=group,
            share=share,
            fewest=fewest,
            name_by=name_by,
        )
        found = backend.review.unknowns(collection, body, give=name)
    print_answer(found, print_unknowns, as_json=json)
