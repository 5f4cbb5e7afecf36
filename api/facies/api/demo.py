"""The demonstration: a sample collection, a first search, and proof that service and interface answer."""

from __future__ import annotations

from pathlib import Path

import httpx
from rich.console import Console

from facies.api.neighbour_tables import print_neighbours
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import ServiceUnavailableError, SourceError
from facies.core.settings import Settings
from facies.core.wire import IndexReport
from facies.core.wire_search import Example, SearchBody
from facies.indexer.collections import find_collection
from facies.indexer.limits import limits_of
from facies.indexer.pipeline import index_source
from facies.indexer.progress import ProgressBar
from facies.indexer.samples import MANIFEST, write_samples
from facies.indexer.sources import Labels, open_source
from facies.models.presets import choose_recipe

MODEL = "efficientnet-lite0"
"""Its weights come with the installation."""

SAMPLES = "samples"
OWN = "own"
"""Names of the collections: of drawn samples, and of a folder of the person's own."""

_PRESET = "figures"
"""Most of the samples are."""
_K = 5


def demo_settings(settings: Settings) -> Settings:
    """Settings with a data folder of the demo's own, so that a person's collections stay as they are.

    Weights are still looked up where they are kept for everything else.
    """
    models = settings.models.model_copy(update={"weights_dir": settings.weights_dir})
    return settings.model_copy(update={"data_dir": settings.data_dir / "demo", "models": models})


def build_collection(service: Service, source: Path | None, console: Console) -> tuple[str, IndexReport]:
    """Draw the samples where no source is given, and index them.

    Returns:
        the collection's name and the report of the run.

    Raises:
        SourceError: the folder cannot be read, or holds no image.
    """
    if source is None:
        name, location = SAMPLES, _draw_samples(service.settings.data_dir / "samples", console)
        report = _index(service, name, location, "manifest", console)
    else:
        name, location = OWN, source
        report = _index(service, name, location, "folder", console)
    there = service.workspace.catalog.count(name)
    if there == 0:
        raise SourceError(f"{location} holds no image that can be read; give another folder with --source")
    console.print(
        f"[bold]{there}[/] images in collection [bold]{name}[/] "
        f"({report.indexed} new in {report.seconds:.1f} s, {report.failed} failed, {report.skipped} skipped)"
    )
    return name, report


def show_first_search(service: Service, name: str, console: Console) -> None:
    """Search with one image of the collection by its id, and print the neighbours."""
    record = next(iter(service.workspace.catalog.iter_images(name)))
    body = SearchBody(positive=[Example(id=record.id)], k=_K)
    found = search_images(service, name, body)
    query = Path(record.uri).name
    print_neighbours(found, console, title=f"Most similar to {query} ({record.label or 'no label'})")


def check_answers(url: str, name: str, console: Console) -> None:
    """Ask service and interface over HTTP, and print what they said.

    Args:
        url: the address of both.
        name: a collection with images.
        console: where to print.

    Raises:
        ServiceUnavailableError: one of them does not answer as it should.
    """
    with Client(url) as client:
        health = client.health()
        console.print(f"GET  {url}/v1/health: {health.status}, facies {health.version}")
        image = client.images(name, limit=1).images[0]
        data = client.original(name, image.id)
        found = client.search(name, SearchBody(positive=[Example(upload=0)], k=_K), [("query", data)])
        first = found.neighbours[0]
        console.print(
            f"POST {url}/v1/collections/{name}/search/upload: {len(found.neighbours)} neighbours, "
            f"first {first.label} at {first.similarity:.4f}"
        )
        if first.id != image.id:
            raise ServiceUnavailableError(url, f"an uploaded image finds {first.id} first, not itself {image.id}")
    page = httpx.get(url, timeout=30.0, trust_env=False)
    if page.status_code != 200:
        raise ServiceUnavailableError(url, f"its page answers with HTTP {page.status_code}")
    console.print(f"GET  {url}: HTTP {page.status_code}, {len(page.content):,} bytes")


def _draw_samples(folder: Path, console: Console) -> Path:
    manifest = folder / MANIFEST
    if not manifest.exists():  # written last, so where it is the images are
        with console.status("drawing sample images"):
            write_samples(folder)
    return manifest


def _index(service: Service, name: str, location: Path, labels: Labels, console: Console) -> IndexReport:
    source = open_source(str(location), labels=labels)
    try:
        with console.status(f"loading {MODEL}"):
            there = find_collection(service.workspace, name)
            like = None if there is None else there.embedded_vector.fingerprint
            recipe = choose_recipe(_PRESET, MODEL).recipe if like is None else None
            embedder = service.embedders.get(MODEL, like, recipe=recipe)
        with ProgressBar(console, f"indexing {location}") as bar:
            return index_source(
                service.workspace,
                embedder,
                name,
                source,
                preset=_PRESET,
                limits=limits_of(service.settings),
                actor="demo",
                progress=bar,
            )
    finally:
        source.close()
