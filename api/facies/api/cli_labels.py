"""``facies label``: give labels, undo batches, look at histories."""

from __future__ import annotations

from typing import Annotated

import typer

from facies.api.autolabel_tables import print_automatic
from facies.api.backend import open_backend
from facies.api.label_batch_tables import (
    describe_given,
    print_batch,
    print_batches,
    print_check,
    print_given,
    print_history,
    print_undone,
)
from facies.api.options import Api, Collection, Json, VectorName, Where, filter_of
from facies.api.validation import make_body
from facies.core.cli import print_answer
from facies.core.records import LabelState
from facies.core.settings import load_settings
from facies.core.wire_labels import AutoLabelBody, LabelBody

label_app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Give labels and take them back, review them, let images be labelled, export and import them.",
)

Number = Annotated[int, typer.Argument(metavar="BATCH", min=1, help="Number of the batch.")]


@label_app.command()
def give(
    label: Annotated[str, typer.Argument(help="The name.")],
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of indexed images.")],
    *,
    collection: Collection,
    state: Annotated[
        LabelState, typer.Option(help="How it is meant; rejected: the images do not show this.")
    ] = "validated",
    note: Annotated[str | None, typer.Option(help="A remark, e.g. a question to another expert.")] = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Say of images what they show, as one batch that can be undone."""
    said = [{"id": one, "label": label, "state": state, "note": note} for one in ids]
    body = make_body(LabelBody, labels=said)
    with open_backend(load_settings(), api) as backend:
        made = backend.labels.give(collection, body)
        # As it is kept: a taxonomy may have put the accepted name in the place of what was typed.
        given = backend.labels.history(collection, body.labels[0].id).events[-1]
    print_answer(made, lambda one: print_given(one, describe_given(given)), as_json=json)


@label_app.command()
def batches(
    *,
    collection: Collection,
    before: Annotated[int | None, typer.Option(min=1, help="Only batches older than this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most batches to show.")] = 20,
    json: Json = False,
    api: Api = None,
) -> None:
    """List batches of labels, the newest first: who gave them, when, by what, and whether they were undone."""
    with open_backend(load_settings(), api) as backend:
        found = backend.labels.batches(collection, before=before, limit=limit)
    print_answer(found, print_batches, as_json=json)


@label_app.command()
def batch(number: Number, *, collection: Collection, json: Json = False, api: Api = None) -> None:
    """Show one batch of labels, with all that is known of where it comes from."""
    with open_backend(load_settings(), api) as backend:
        found = backend.labels.batch(collection, number)
    print_answer(found, print_batch, as_json=json)


@label_app.command()
def undo(number: Number, *, collection: Collection, json: Json = False, api: Api = None) -> None:
    """Take a batch of labels back, whatever came later; undoing the undoing brings it back."""
    with open_backend(load_settings(), api) as backend:
        made = backend.labels.undo(collection, number)
    print_answer(made, print_undone, as_json=json)


@label_app.command()
def history(
    image_id: Annotated[str, typer.Argument(metavar="ID", help="Id of an image.")],
    *,
    collection: Collection,
    json: Json = False,
    api: Api = None,
) -> None:
    """Show all that was ever said of an image: what, by whom, when, and what it rests on."""
    with open_backend(load_settings(), api) as backend:
        found = backend.labels.history(collection, image_id)
    print_answer(found, print_history, as_json=json)


@label_app.command()
def check(
    *,
    collection: Collection,
    mend: Annotated[bool, typer.Option(help="Mend what differs, or only count it.")] = True,
    json: Json = False,
    api: Api = None,
) -> None:
    """Compare the labels that filters see (in the vector store) with the catalogue's, and mend what differs."""
    with open_backend(load_settings(), api) as backend:
        found = backend.labels.check(collection, mend=mend)
    print_answer(found, print_check, as_json=json)


@label_app.command()
def auto(
    *,
    collection: Collection,
    precision: Annotated[float, typer.Option(help="Share of the labels that shall be right.")] = 0.95,
    apply: Annotated[bool, typer.Option("--apply", help="Give the labels; without it only what would be.")] = False,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Metadata field, e.g. slide; images of one never vouch for each other."),
    ] = None,
    per_class: Annotated[
        bool, typer.Option("--per-class", help="Let each class reach the precision by itself.")
    ] = False,
    gate: Annotated[bool, typer.Option(help="Leave images unknown that lie far from every validated one.")] = True,
    where: Where = None,
    vector: VectorName = None,
    examples: Annotated[int, typer.Option(min=0, max=1000, help="Images of each outcome to list.")] = 5,
    json: Json = False,
    api: Api = None,
) -> None:
    """Label what is sure enough, as one batch that can be undone; show first how much that is, and how sure.

    Learns from the validated images. Each of the others gets a label, a set of possible ones, or stays unknown. What a
    person validated or doubted is never overwritten, and what a person rejected is not given again.
    """
    body = make_body(
        AutoLabelBody,
        precision=precision,
        apply=apply,
        group=group,
        per_class=per_class,
        gate=gate,
        where=filter_of(where),
        vector=vector,
        examples=examples,
    )
    with open_backend(load_settings(), api) as backend:
        found = backend.labels.auto(collection, body)
    print_answer(found, print_automatic, as_json=json)
