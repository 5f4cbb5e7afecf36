"""Maps with positions that a test knows, for the gallery of `tests.api.conftest`."""

from __future__ import annotations

import numpy as np

from facies.api.service import Service
from facies.core.maps import MapFacts, MapPoints, MapRecord, pack_ids


def draw_map(service: Service, *, gone: int = 0) -> tuple[MapRecord, list[str]]:
    """Store a map of ``g``: the images of the n-th label lie along y = 10 n, at x = 0, 1, 2 ...

    Gives the map and the ids of the images, by label and then id; ``gone`` points more have no image.
    """
    catalog = service.workspace.catalog
    vector = catalog.collection("g").default_vector
    records = sorted(catalog.iter_images("g"), key=lambda one: (one.label or "", one.id))
    labels = sorted({one.label or "" for one in records})
    ids, positions = [], []
    for y, label in enumerate(labels):
        for x, one in enumerate(one for one in records if one.label == label):
            ids.append(one.id)
            positions.append((x, 10 * y))
    strangers = [f"00000000-0000-0000-0000-{n:012x}" for n in range(gone)]
    points = MapPoints(
        pack_ids(ids + strangers), np.array(positions + [(0, 0)] * gone, dtype=np.float32).reshape(-1, 2)
    )
    facts = MapFacts(vector.name, vector.fingerprint.digest, "umap", len(points), parameters={"images": len(points)})
    return catalog.add_map("g", facts, points), ids


def box(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    """A polygon around an area."""
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
