"""``facies collections``."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from facies.api.backend import open_backend
from facies.api.options import Api, Json, Weights
from facies.api.validation import make_body
from facies.api.waiting import say, wait_until_optimized
from facies.core.cli import print_json
from facies.core.settings import load_settings
from facies.core.wire import CollectionBody

collections_app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Collections: what is there, their models, and their way elsewhere.",
)

Name = Annotated[str, typer.Argument(help="Name of the collection.")]


@collections_app.command("list")
def list_(*, json: Json = False, api: Api = None) -> None:
    """List all collections with their counts."""
    with open_backend(load_settings(), api) as backend:
        found = backend.collections()
    if json:
        print_json({"collections": [one.model_dump(mode="json") for one in found]})
        return
    from facies.api.tables import print_collections

    print_collections(found)


@collections_app.command()
def show(name: Name, *, json: Json = False, api: Api = None) -> None:
    """Show one collection: counts, labels, metadata fields, and how its vectors are made."""
    with open_backend(load_settings(), api) as backend:
        found = backend.collection(name)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    from facies.api.tables import print_collection

    print_collection(found)


@collections_app.command()
def create(
    name: Name,
    *,
    preset: Annotated[
        Literal["microfossils", "figures", "scenes", "generic"], typer.Option(help="What the images show.")
    ] = "generic",
    model: Annotated[str | None, typer.Option(help="A model card in place of the preset's.")] = None,
    recipe: Annotated[
        str | None, typer.Option(help="fast, upright, default, best, or the text of a recipe; the preset has one.")
    ] = None,
    weights: Weights = None,
    json: Json = False,
    api: Api = None,
) -> None:
    """Make an empty collection for the vectors of one model."""
    body = make_body(CollectionBody, name=name, preset=preset, model=model, recipe=recipe)
    with open_backend(load_settings(), api, weights) as backend:
        found = backend.create_collection(body)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    typer.echo(f"made collection {found.name} for vectors of {found.vectors[0].fingerprint['card']}")


@collections_app.command()
def delete(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    api: Api = None,
) -> None:
    """Delete a collection with its vectors and labels; files that were indexed in place stay where they are."""
    with open_backend(load_settings(), api) as backend:
        found = backend.collection(name)
        if not yes:
            typer.confirm(f"Delete {name} with {found.images:,} images and their labels?", abort=True, err=True)
        backend.delete_collection(name)
    if json:
        print_json({"deleted": name, "images": found.images})
        return
    typer.echo(f"deleted {name} ({found.images:,} images)")


@collections_app.command()
def optimize(name: Name, *, json: Json = False, api: Api = None) -> None:
    """Build the graph over all vectors of a collection, and pack them as FACIES_STORE__QUANTIZATION says.

    `facies index` does so by itself where a collection has outgrown its graph. Searches and runs go on meanwhile.
    A Qdrant server builds none over what lies below its threshold.
    """
    with open_backend(load_settings(), api) as backend, say("building the graph"):
        found = wait_until_optimized(backend, name)
    if json:
        print_json(found.model_dump(mode="json"))
        return
    from facies.api.tables import describe_stored

    typer.echo(f"optimized {name}: {describe_stored(found)}")


@collections_app.command("delete-image")
def delete_image(
    name: Name,
    image_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the image, as a search shows with --json.")],
    *,
    json: Json = False,
    api: Api = None,
) -> None:
    """Delete one image from a collection; its original stays, and so does the history of its label."""
    with open_backend(load_settings(), api) as backend:
        backend.delete_image(name, image_id)
    if json:
        print_json({"deleted": image_id, "collection": name})
        return
    typer.echo(f"deleted {image_id} from {name}")
