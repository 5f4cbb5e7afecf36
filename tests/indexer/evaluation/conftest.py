"""Labelled vectors in clusters, and galleries of them with small pictures."""

from __future__ import annotations

import numpy as np

from facies.core.images import make_thumbnail
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint
from facies.indexer.evaluation.gallery import Gallery

FINGERPRINT = Fingerprint("lite", "0" * 64, "squash", "one view", "numpy", "f32")


def clusters(
    classes: int = 4, each: int = 15, *, dim: int = 12, spread: float = 0.5, seed: int = 0
) -> tuple[Embeddings, list[str]]:
    """Unit vectors around one centre for each class, in random order, and their labels."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, dim))
    codes = rng.permutation(np.repeat(np.arange(classes), each))
    rows = centres[codes] + spread * rng.normal(size=(len(codes), dim)) * np.sqrt(dim) / 2
    return unit(rows), [f"class {chr(97 + code)}" for code in codes]


def unit(rows: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Embeddings:
    unit_rows: Embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit_rows


def picture(key: str) -> bytes | None:
    """A grey square, whose shade follows from the key; some images have none."""
    shade = sum(key.encode()) % 256
    return None if shade % 7 == 0 else make_thumbnail(np.full((20, 30, 3), shade, np.uint8), 30)


def make_gallery(vectors: Embeddings, labels: list[str], name: str = "lite:fast", **changes: object) -> Gallery:
    keys = tuple(f"image {i}" for i in range(len(labels)))
    values: dict[str, object] = {
        "name": name,
        "model": "lite",
        "recipe": "fast",
        "keys": keys,
        "titles": keys,
        "labels": tuple(labels),
        "groups": None,
        "vectors": vectors,
        "raw": None,
        "fingerprint": FINGERPRINT,
        "images_per_s": 20.0,
        "failures": (),
        "notes": (),
        "read_thumbnail": picture,
    }
    return Gallery(**(values | changes))  # type: ignore[arg-type]  # free options
