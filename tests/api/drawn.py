"""Collections of drawn vectors with metadata and labels, whose exact answers a test can compute itself."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facies.api.service import Service
from facies.core.metrics import Embeddings
from facies.core.records import FieldKind, ImageRecord, MetadataValue, VectorRecord
from facies.core.store import CollectionSchema, Point

from .conftest import CARD, ColourEmbedder

SLIDES, WELLS, LABELS = 9, 3, 5


@dataclass(frozen=True)
class Drawn:
    """A collection and all that is in it.

    Attributes:
        name: of the collection.
        ids: of the images, in order.
        rows: named vector -> (n, d); of some images there may be none (a row of zeros).
        payloads: of the images.
    """

    name: str
    ids: list[str]
    rows: dict[str, Embeddings]
    payloads: list[dict[str, MetadataValue]]

    @property
    def first(self) -> Embeddings:
        """The vectors of the default name."""
        return next(iter(self.rows.values()))

    def places(self, ids: Sequence[str]) -> list[int]:
        """Where images stand."""
        known = {one: place for place, one in enumerate(self.ids)}
        return [known[one] for one in ids]


def draw_rows(count: int, dim: int, *, seed: int = 0, clusters: int = 12, noise: float = 0.6) -> Embeddings:
    """Unit vectors around centres, so that there are neighbours to speak of."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((clusters, dim))
    rows = centres[rng.integers(0, clusters, count)] + noise * rng.standard_normal((count, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def draw_payloads(count: int) -> list[dict[str, MetadataValue]]:
    """A slide, its well, a depth and mostly a label; every seventh image has no slide."""
    payloads: list[dict[str, MetadataValue]] = []
    for number in range(count):
        slide = number * 7 % SLIDES
        payload: dict[str, MetadataValue] = {"well": f"w{slide % WELLS}", "depth_m": 1000 + number}
        if number % 7:
            payload["slide"] = f"s{slide}"
        if number % 11:
            payload |= {"label": f"taxon {number % LABELS}", "state": "validated"}
        payloads.append(payload)
    return payloads


def make_drawn(
    service: Service,
    name: str,
    rows: Embeddings,
    payloads: Sequence[dict[str, MetadataValue]] | None = None,
    *,
    more: dict[str, Embeddings] | None = None,
) -> Drawn:
    """Make a collection of these vectors, and of further named ones; a row of zeros is left out.

    The default vector is called and made as the tests' embedder does it, where its length fits.
    """
    named = {CARD: rows, **(more or {})}
    payloads = list(payloads or draw_payloads(len(rows)))
    ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {number}")) for number in range(len(rows))]
    vectors = [VectorRecord(one, found.shape[1], ColourEmbedder(CARD).fingerprint) for one, found in named.items()]
    service.workspace.catalog.create_collection(name, "generic", vectors)
    schema = CollectionSchema({one: found.shape[1] for one, found in named.items()}, _indexes(payloads))
    service.workspace.store.ensure(name, schema)
    points = [
        Point(one, {vector: found[place] for vector, found in named.items() if found[place].any()}, payloads[place])
        for place, one in enumerate(ids)
    ]
    service.workspace.store.upsert(name, points)
    records = [_record(one, place, payloads[place]) for place, one in enumerate(ids)]
    service.workspace.catalog.add_images(name, records, actor="test")
    return Drawn(name, ids, named, payloads)


def _indexes(payloads: Sequence[dict[str, MetadataValue]]) -> dict[str, FieldKind]:
    kinds: dict[type, FieldKind] = {str: "keyword", int: "integer", float: "float"}
    return {field: kinds[type(value)] for payload in payloads for field, value in payload.items()}


def _record(image_id: str, place: int, payload: dict[str, MetadataValue]) -> ImageRecord:
    label = payload.get("label")
    return ImageRecord(
        id=image_id,
        sha256=f"{place:064x}",
        page=None,
        uri=f"/nowhere/{place}.png",
        width=8,
        height=8,
        format="PNG",
        scaling="uint8",
        metadata={field: value for field, value in payload.items() if field not in {"label", "state"}},
        label=None if label is None else str(label),
        state=None if label is None else "validated",
    )
