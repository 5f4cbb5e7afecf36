"""A data folder for the interface: collections of a few hundred to a million images, with labels, thumbnails and maps.

Rows, label events and maps are written by the catalogue's own calls, so they are what an index run, a person and a job
would have left. Three things are drawn, since a million images would take days to embed: positions of a map (two
hundred clusters whose sizes follow Pareto's law), vectors (`benchmarks.vectors`, and only where they are searched), and
pictures: a few dozen, each the thumbnail of many images, as hard links.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import say
from benchmarks.vectors import DIM, draw_vectors
from facies.core.catalog import Catalog
from facies.core.images import decode_image
from facies.core.maps import MapFacts, MapPoints, pack_ids
from facies.core.records import FieldKind, Fingerprint, ImageRecord, VectorRecord
from facies.core.renditions import make_thumbnail
from facies.core.settings import Settings
from facies.core.store import CollectionSchema, Point
from facies.core.workspace import open_workspace

VECTOR: Final = "drawn"
TAXA: Final = 300
LABELLED: Final = 0.8
CLUSTERS: Final = 200
PARETO: Final = 1.2
_CHUNK: Final = 10_000
_READY: Final = "ready.json"
_EDITION: Final = 1
"""Another number makes the folders anew."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One collection that is drawn.

    Attributes:
        name: of the collection.
        images: how many it holds.
        mapped: whether it has a map.
        searched: whether it has vectors.
        labelled: part of the images with a label.
    """

    name: str
    images: int
    mapped: bool = False
    searched: bool = False
    labelled: float = LABELLED


def make_data(cache: Path, drawn: Drawn, pictures: list[Path]) -> Path:
    """Give the data folder of one collection: an earlier run's where it is the same, else a new one.

    Args:
        cache: folder of such folders.
        drawn: what is wanted.
        pictures: image files whose thumbnails stand for all images.
    """
    folder = cache / f"interface-{drawn.name}"
    ready = folder / _READY
    wanted = json.dumps([_EDITION, drawn.images, drawn.mapped, drawn.searched, drawn.labelled])
    if ready.is_file() and ready.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    say(f"{drawn.images:,} images: filling {folder}")
    settings = Settings(data_dir=folder)
    thumbnails = [_thumbnail_of(path, settings) for path in pictures]
    rng = np.random.default_rng(drawn.images)
    cluster = rng.choice(CLUSTERS, size=drawn.images, p=_shares(rng))
    ids = draw_ids(drawn.images)
    fingerprint = Fingerprint("drawn-vectors", "0" * 64, "none", "none", "numpy", "f32")
    vector = VectorRecord(VECTOR, DIM, fingerprint)
    with open_workspace(settings) as workspace:
        indexes: dict[str, FieldKind] = {"label": "keyword", "state": "keyword"}
        workspace.store.ensure(drawn.name, CollectionSchema({VECTOR: DIM}, indexes))
        workspace.catalog.create_collection(drawn.name, "generic", [vector])
        if drawn.searched:
            vectors = draw_vectors(drawn.images)
            for rows in _chunks(drawn.images):
                workspace.store.upsert(drawn.name, [Point(ids[row], {VECTOR: vectors[row]}, {}) for row in rows])
        _fill(workspace.catalog, drawn, ids, cluster)
        if drawn.mapped:
            points = MapPoints(pack_ids(ids), draw_positions(cluster))
            parameters = {"drawn": True}
            facts = MapFacts(VECTOR, fingerprint.digest, "umap", drawn.images, parameters=parameters)
            workspace.catalog.add_map(drawn.name, facts, points)
    _link_thumbnails(folder, ids, thumbnails)
    ready.write_text(wanted)
    return folder


def draw_ids(count: int) -> list[str]:
    """Ids as those of images are, always the same.

    >>> draw_ids(1)[0][14], len(set(draw_ids(1000)))
    ('5', 1000)
    """
    raw = np.random.default_rng(5).integers(0, 256, (count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x50
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    texts = (row.tobytes().hex() for row in raw)
    return [f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in texts]


def draw_positions(cluster: NDArray[np.int64]) -> NDArray[np.float32]:
    """Positions of points whose clusters are given (n,): (n, 2) float32, round clouds about as wide as a layout's."""
    rng = np.random.default_rng(11)
    centres = rng.uniform(-10, 10, (CLUSTERS, 2))
    widths = rng.uniform(0.15, 0.9, (CLUSTERS, 1))
    return (centres[cluster] + widths[cluster] * rng.standard_normal((len(cluster), 2))).astype(np.float32)


def _shares(rng: np.random.Generator) -> NDArray[np.float64]:
    sizes = 1 + rng.pareto(PARETO, CLUSTERS)
    return np.asarray(sizes / sizes.sum())


def _fill(catalog: Catalog, drawn: Drawn, ids: list[str], cluster: NDArray[np.int64]) -> None:
    """Rows with labels: those of a cluster have one of two taxa."""
    rng = np.random.default_rng(7)
    taxa = (cluster + (CLUSTERS // 2) * rng.integers(0, 2, drawn.images)) % TAXA
    labelled = rng.random(drawn.images) < drawn.labelled
    depths = rng.uniform(1000, 3000, drawn.images).round(1)
    into: int | None = None
    for rows in _chunks(drawn.images):
        records = [
            ImageRecord(
                id=ids[row],
                sha256=f"{row:064x}",
                page=None,
                uri=f"/nowhere/{row:07d}.png",
                width=224,
                height=224,
                format="PNG",
                scaling="uint8",
                metadata={"well": f"w{row % 40:02d}", "depth_m": float(depths[row])},
                label=f"taxon {taxa[row]:03d}" if labelled[row] else None,
            )
            for row in rows
        ]
        into = catalog.add_images(drawn.name, records, actor="benchmark", into=into).batch


def _thumbnail_of(path: Path, settings: Settings) -> bytes:
    decoded = decode_image(path.read_bytes(), str(path), max_pixels=settings.images.max_pixels)
    return make_thumbnail(decoded.pixels, settings.images.thumbnail_px)


def _link_thumbnails(folder: Path, ids: list[str], thumbnails: list[bytes]) -> None:
    """Where `facies.core.blobs` looks for them; a link each, since a million files of their own would fill a disk."""
    root = folder / "thumbnails"
    sources = []
    for number, data in enumerate(thumbnails):
        source = folder / "pictures" / f"{number}.jpg"
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(data)
        sources.append(source)
    for first in range(256):
        (root / f"{first:02x}").mkdir(parents=True, exist_ok=True)
    for row, one in enumerate(ids):
        os.link(sources[row % len(sources)], root / one[:2] / f"{one}.jpg")


def _chunks(count: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
