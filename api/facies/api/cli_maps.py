"""``facies map``: make maps of collections, and see which there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from facies.api.backend import TIMEOUT_S, open_backend
from facies.api.options import Api, Collection, Json, VectorName
from facies.core.cli import print_answer, print_json
from facies.core.errors import JobError
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from facies.core.wire_maps import MapOut

map_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Maps: every image a point, near those that it resembles.",
)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="Of the map, as `facies map list` shows it.")]


@map_app.command()
def make(
    collection: Collection,
    *,
    action: Annotated[
        Literal["auto", "fit", "place"],
        typer.Option(help="Lay out anew, or place what is new on the newest map; auto lays out when a tenth is new."),
    ] = "auto",
    vector: VectorName = None,
    neighbours: Annotated[int, typer.Option(min=2, max=200, metavar="N", help="Drawn to each image.")] = 15,
    min_dist: Annotated[float, typer.Option(min=0, max=1, metavar="D", help="How near points may come.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="The same one gives the same layout.")] = 0,
    sample: Annotated[
        int, typer.Option(min=100, max=1_000_000, metavar="N", help="Most images to lay out; others are placed.")
    ] = 200_000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not start from the older map.")] = False,
    keep: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Maps of the vector to keep.")] = 5,
    json: Json = False,
    api: Api = None,
) -> None:
    """Bring the map of a collection up to date: lay it out, or place on it what is new."""
    given = {
        "collection": collection,
        "action": action,
        "vector": vector,
        "neighbours": neighbours,
        "min_dist": min_dist,
        "seed": seed,
        "sample": sample,
        "fresh": fresh,
        "keep": keep,
    }
    report = _make_here(given) if api is None else _make_there(given, api)
    if json:
        print_json(report)
        return
    deed = {"fitted": "laid out", "placed": "completed", "nothing": "up to date already"}[report["action"]]
    trust = report["trustworthiness"]
    typer.echo(
        f"map {report['map']} of {collection} {deed}: {report['points']:,} images, {report['placed']:,} placed now"
        + ("" if trust is None else f", trustworthiness {trust:.3f}")
    )


@map_app.command("list")
def list_(collection: Collection, *, json: Json = False, api: Api = None) -> None:
    """List the maps of a collection, the newest first."""
    with open_backend(load_settings(), api) as backend:
        found = backend.maps.maps(collection)
    if json:
        print_json({"maps": [one.model_dump(mode="json") for one in found]})
        return
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo(f"{collection} has no map yet: facies map make --collection {collection}")


@map_app.command()
def show(number: Number, collection: Collection, *, json: Json = False, api: Api = None) -> None:
    """Show one map."""
    with open_backend(load_settings(), api) as backend:
        print_answer(backend.maps.map(collection, number), _show, as_json=json)


@map_app.command()
def delete(number: Number, collection: Collection, *, json: Json = False, api: Api = None) -> None:
    """Delete a map; images and labels stay."""
    with open_backend(load_settings(), api) as backend:
        backend.maps.delete_map(collection, number)
    if json:
        print_json({"deleted": number})
    else:
        typer.echo(f"map {number} of {collection} deleted")


def _make_here(given: dict[str, Any]) -> dict[str, Any]:
    import uuid

    from rich.console import Console

    from facies.api.validation import make_body
    from facies.core.workspace import open_workspace
    from facies.indexer.maps.job import MapParameters
    from facies.indexer.maps.making import make_map
    from facies.indexer.maps.steps import PlainSteps
    from facies.models.runtimes.choice import choose_device

    options = make_body(MapParameters, **given).options()
    settings = load_settings()
    with open_workspace(settings) as workspace, Console(stderr=True).status("reading") as status:

        def tell(stage: str, done: int, total: int | None) -> None:
            status.update(stage if total is None else f"{stage} {done:,} of {total:,}")

        steps = PlainSteps(uuid.uuid4().hex, tell)
        device = choose_device(settings.models.device)
        return asdict(make_map(workspace, given["collection"], options, steps, device=device))


def _make_there(given: dict[str, Any], api: str) -> dict[str, Any]:
    from facies.core.actors import local_actor
    from facies.core.client import Client
    from facies.core.wire_jobs import JobBody

    with Client(api, user=local_actor(load_settings().user).name, timeout_s=TIMEOUT_S) as client:
        ordered = client.jobs.start(JobBody(kind="map", parameters=given))
        *_, job = client.jobs.events(ordered.id)
    if job.state != "done" or not isinstance(job.result, dict):
        why = "" if job.error is None else f": {job.error.message}"
        raise JobError(f"job {job.id}, which makes the map, has {job.state}{why}")
    return job.result


def _line(one: MapOut) -> str:
    trust = "" if one.trustworthiness is None else f", trustworthiness {one.trustworthiness:.3f}"
    old = "" if one.current else ", of the vector as it was"
    return (
        f"{one.number:>4}  {one.created_at:%Y-%m-%d %H:%M}  {one.method:<4}  {one.vector}: {one.points:,} images, "
        f"{one.fitted:,} of them laid out{trust}{old}"
    )


def _show(one: MapOut) -> None:
    typer.echo(_line(one))
    for name, value in one.parameters.items():
        typer.echo(f"      {name}: {value}")
    if one.start is not None:
        typer.echo(f"      started from map {one.start}")
