"""A collection whose vectors are drawn: classes as clusters, some images of each validated."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np

from facies.core.actors import Actor
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint, ImageRecord, LabelState, VectorRecord
from facies.core.store import CollectionSchema, Point
from facies.core.workspace import Workspace
from facies.indexer.collections import payload_of

PERSON = Actor("Ann")
DIM = 16


def draw_clusters(each: Sequence[int], spread: float = 0.4, seed: int = 0) -> tuple[Embeddings, list[str]]:
    """Unit vectors around one centre for each class ``a``, ``b`` ..., one class after the other."""
    rng = np.random.default_rng(seed)
    names = [chr(97 + code) for code, count in enumerate(each) for _ in range(count)]
    codes = np.repeat(np.arange(len(each)), each)
    rows = rng.normal(size=(len(each), DIM))[codes] + spread * rng.normal(size=(len(codes), DIM))
    return unit(rows), names


def unit(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Embeddings:
    made: Embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return made


def image_id(place: int) -> str:
    """The id of the image at a place; ids are in no order of the places."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(place)))


def fill(
    workspace: Workspace,
    vectors: Embeddings,
    labels: Sequence[str | None],
    *,
    name: str = "c",
    states: Sequence[LabelState | None] = (),
    slides: Sequence[str] = (),
    second: Embeddings | None = None,
) -> list[str]:
    """Make a collection with these vectors; gives the ids in order of the places."""
    made = {"one": vectors} if second is None else {"one": vectors, "two": second}
    fingerprint = Fingerprint("drawn", "0" * 64, "none", "one view", "numpy", "f32")
    records = [VectorRecord(key, rows.shape[1], fingerprint) for key, rows in made.items()]
    workspace.catalog.create_collection(name, "generic", records)
    workspace.store.ensure(name, CollectionSchema({one.name: one.dim for one in records}, {"label": "keyword"}))
    images = [
        ImageRecord(
            image_id(place),
            f"{place:064x}",
            None,
            f"/drawn/{place}.png",
            8,
            8,
            "PNG",
            "uint8",
            {"slide": slides[place]} if slides else {},
            label,
            None if label is None else (states[place] if states else "validated"),
        )
        for place, label in enumerate(labels)
    ]
    workspace.catalog.add_images(name, images, actor="test")
    points = [
        Point(image.id, {key: rows[place] for key, rows in made.items()}, payload_of(image))
        for place, image in enumerate(images)
    ]
    workspace.store.upsert(name, points)
    return [image.id for image in images]
