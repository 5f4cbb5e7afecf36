"""A data folder with a collection of drawn vectors and the catalogue rows that go with them; kept between runs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.machine import ROOT
from benchmarks.table import say
from benchmarks.vectors import DIM, Labels, draw_queries
from facies.core.metrics import Embeddings
from facies.core.records import FieldKind, Fingerprint, ImageRecord, MetadataValue, VectorRecord
from facies.core.settings import Settings, StoreSettings
from facies.core.store import CollectionSchema, Point, VectorQuery, VectorStore
from facies.core.workspace import Workspace, open_workspace

COLLECTION = "bench"
VECTOR = "drawn"
SLIDES, WELLS = 100, 10
"""A filter on one slide leaves 1 % of the points, one on a well 10 %."""
_CHUNK = 10_000
_PAUSE_S = 0.02
"""Between two requests while the graph is built: a person who searches, not a second load."""
_SOURCES = ("benchmarks/vectors.py", "benchmarks/gallery.py", "core/facies/core/store", "core/facies/core/catalog")
_FIGURES = "figures.json"


@dataclass(frozen=True, slots=True)
class Building:
    """What building a collection took, in seconds, and what became of requests while its graph was built.

    Attributes:
        load_s: storing the points.
        catalogue_s: storing the catalogue's rows.
        graph_s: building the graph; 0 where none was.
        requests: searches answered meanwhile, one after the other with a pause in between.
        median_request_ms: what they took.
        worst_request_ms: what the slowest took.
    """

    load_s: float
    catalogue_s: float
    graph_s: float = 0
    requests: int = 0
    median_request_ms: float = 0
    worst_request_ms: float = 0


@dataclass(frozen=True, slots=True)
class Gallery:
    """A built collection: its data folder, its number of vectors, and how it was built, maybe by an earlier run."""

    data_dir: Path
    count: int
    building: Building
    cached: bool


def name_of(row: int) -> str:
    """The id of the vector in this row.

    Example:
        >>> name_of(255)
        '00000000-0000-4000-8000-0000000000ff'
    """
    return f"00000000-0000-4000-8000-{row:012x}"


def row_of(name: str) -> int:
    """The row of the vector with this id."""
    return int(name[-12:], 16)


def slides_of(count: int) -> Labels:
    """The number of each row's slide, 0 to 99 (count,); the well is its first digit."""
    return np.random.default_rng(1).integers(0, SLIDES, count)


def metadata_of(slide: int) -> dict[str, MetadataValue]:
    """The fields of a row."""
    return {"slide": f"s{slide:02d}", "well": f"w{slide // (SLIDES // WELLS)}"}


def open_gallery(cache: Path, vectors: Embeddings, store: StoreSettings) -> Gallery:
    """Give the collection of these vectors: the cached one, where everything it depends on is the same, else a new one.

    Args:
        cache: folder of built collections; the others of this size are deleted when one is made.
        vectors: (n, 384), from `benchmarks.vectors.draw_vectors`.
        store: settings of the store; a graph is built where there are more vectors than it says.
    """
    prefix = f"{len(vectors)}-{store.quantization}-"
    folder = cache / f"{prefix}{_key(len(vectors), store)}"
    figures = folder / _FIGURES
    if figures.is_file():
        say(f"{len(vectors)} vectors: the collection that an earlier run built at {folder}")
        return Gallery(folder / "data", len(vectors), Building(**json.loads(figures.read_text())), cached=True)
    for old in cache.glob(f"{prefix}*"):
        shutil.rmtree(old)
    building = _build(Settings(data_dir=folder / "data", store=store), vectors)
    figures.write_text(json.dumps(asdict(building)))
    return Gallery(folder / "data", len(vectors), building, cached=False)


def _key(count: int, store: StoreSettings) -> str:
    """Stands for all that a built collection depends on: the settings, the engine, and the code that makes it."""
    digest = hashlib.sha256(
        f"{count} {store.model_dump_json()} {importlib.metadata.version('qdrant-edge-py')}".encode()
    )
    for source in _SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(settings: Settings, vectors: Embeddings) -> Building:
    say(f"{len(vectors)} vectors: loading")
    slides = slides_of(len(vectors))
    indexes: dict[str, FieldKind] = {"slide": "keyword", "well": "keyword", "label": "keyword", "state": "keyword"}
    with open_workspace(settings) as workspace:
        workspace.store.ensure(COLLECTION, CollectionSchema({VECTOR: DIM}, indexes))
        start = time.perf_counter()
        for rows in _chunks(len(vectors)):
            workspace.store.upsert(
                COLLECTION, [Point(name_of(i), {VECTOR: vectors[i]}, metadata_of(int(slides[i]))) for i in rows]
            )
        workspace.store.flush()
        load_s = time.perf_counter() - start
        start = time.perf_counter()
        _fill_catalogue(workspace, slides)
        building = Building(load_s, time.perf_counter() - start)
        if len(vectors) <= settings.store.graph_above:
            return building
        say(f"{len(vectors)} vectors: building the graph")
        graph_s, times = _optimize(workspace.store)
        return replace(
            building,
            graph_s=graph_s,
            requests=len(times),
            median_request_ms=statistics.median(times),
            worst_request_ms=max(times),
        )


def _fill_catalogue(workspace: Workspace, slides: Labels) -> None:
    fingerprint = Fingerprint("drawn-vectors", "0" * 64, "none", "none", "numpy", "f32")
    workspace.catalog.create_collection(COLLECTION, "generic", [VectorRecord(VECTOR, DIM, fingerprint)])
    for rows in _chunks(len(slides)):
        workspace.catalog.add_images(COLLECTION, [_record(i, int(slides[i])) for i in rows], actor="benchmark")


def _record(row: int, slide: int) -> ImageRecord:
    return ImageRecord(
        id=name_of(row),
        sha256=f"{row:064x}",
        page=None,
        uri=f"/nowhere/{row}.jpg",
        width=224,
        height=224,
        format="JPEG",
        scaling="uint8",
        metadata=metadata_of(slide),
    )


def _optimize(store: VectorStore) -> tuple[float, list[float]]:
    """Build the graph in a thread and search meanwhile; gives its seconds and the milliseconds of each search."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            store.optimize(COLLECTION)
        except BaseException as error:  # raised again below, in the thread that asked
            failures.append(error)

    thread = threading.Thread(target=work)
    queries = draw_queries(100)
    times: list[float] = []
    start = time.perf_counter()
    thread.start()
    while thread.is_alive():
        asked = time.perf_counter()
        store.search(COLLECTION, VectorQuery(VECTOR, [queries[len(times) % len(queries)]], k=10))
        times.append((time.perf_counter() - asked) * 1000)
        thread.join(_PAUSE_S)
    build_s = time.perf_counter() - start
    if failures:
        raise failures[0]
    return build_s, times


def _chunks(count: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
