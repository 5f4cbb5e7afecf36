"""``facies datasets``: fetch a published benchmark, draw sample images."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facies.core.cli import print_json
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from facies.indexer.datasets import Progress

app = typer.Typer(no_args_is_help=True, help="Fetch published benchmarks; draw sample images.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Dataset to fetch: scampi.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder to put it in; `datasets/<name>` under the data folder by default.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--from", metavar="URL|DIR", help="Take the files from a mirror or a folder; hashes are checked."),
    ] = None,
    json: Json = False,
) -> None:
    """Fetch a published benchmark, every file checked by its hash; a second call goes on where the first stopped."""
    from facies.indexer.datasets import fetch_dataset, get_dataset

    dataset = get_dataset(name)
    started = time.monotonic()
    folder = out or load_settings().data_dir / "datasets" / name
    with _bar(name) as progress:
        report = fetch_dataset(dataset, folder, origin=origin, progress=progress)
    if json:
        seconds = round(time.monotonic() - started, 3)
        figures = {"fetched": report.fetched, "present": report.present, "seconds": seconds}
        print_json({"dataset": name, "out": str(folder), **figures})
        return
    typer.echo(f"{dataset.title}\nlicence: {dataset.licence}")
    typer.echo(f"{report.fetched} files fetched, {report.present} were there: {folder}")
    typer.echo(f"next: facies index {folder} --collection microfossils --labels folder")


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="Folder to draw into; made where it is missing.")],
    *,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other images.")] = 0,
    per_class: Annotated[int, typer.Option(min=1, max=1000, help="Images of each class.")] = 30,
    json: Json = False,
) -> None:
    """Draw sample images of many classes, and a manifest with made-up wells, depths and slides."""
    from facies.indexer.samples import CLASSES, MANIFEST, write_samples

    started = time.monotonic()
    paths = write_samples(out, per_class=per_class, seed=seed)
    manifest = out / MANIFEST
    if json:
        seconds = round(time.monotonic() - started, 3)
        counts = {"images": len(paths), "classes": len(CLASSES), "seconds": seconds}
        print_json({"out": str(out), "manifest": str(manifest), **counts})
        return
    typer.echo(f"{len(paths)} images of {len(CLASSES)} classes: {out}")
    typer.echo(f"next: facies index {manifest} --collection samples --labels manifest")


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(name, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
