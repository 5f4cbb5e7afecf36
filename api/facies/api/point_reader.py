"""Vectors and fields of the candidates of one request, each read once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facies.core.metrics import Embeddings
from facies.core.records import MetadataValue
from facies.core.store import Hit, Payload, Vector
from facies.core.workspace import Workspace


class PointReader:
    """Reads one named vector, and fields, of points of a collection, and keeps them."""

    def __init__(self, workspace: Workspace, collection: str, vector: str, dim: int) -> None:
        """Read nothing yet.

        Args:
            workspace: the open data.
            collection: its name.
            vector: the named vector.
            dim: its length.
        """
        self._workspace = workspace
        self._collection = collection
        self._vector = vector
        self._dim = dim
        self._rows: dict[str, Vector | None] = {}
        self._payloads: dict[str, Payload] = {}

    def learn(self, hits: Sequence[Hit]) -> None:
        """Take the vectors that came with hits, which then need not be fetched."""
        self._rows.update((hit.id, hit.vector) for hit in hits if hit.vector is not None)

    def rows(self, ids: Sequence[str]) -> Embeddings:
        """The vectors of points, (n, d); a row of zeros, which is similar to nothing, where a point has none."""
        lacking = [one for one in ids if one not in self._rows]
        if lacking:
            points = self._workspace.store.get(self._collection, lacking, vectors=[self._vector])
            vectors = {one: point.vectors.get(self._vector) for one, point in points.items()}
            self._rows.update((one, vectors.get(one)) for one in lacking)
        rows = np.zeros((len(ids), self._dim), dtype=np.float32)
        for row, one in zip(rows, ids, strict=True):
            found = self._rows[one]
            if found is not None:
                row[:] = found
        return rows

    def values(self, ids: Sequence[str], field: str) -> list[MetadataValue | None]:
        """A field of each point, as filters see it; None where a point has none."""
        lacking = [one for one in ids if one not in self._payloads]
        if lacking:
            points = self._workspace.store.get(self._collection, lacking, vectors=False)
            self._payloads.update((one, points[one].payload if one in points else {}) for one in lacking)
        return [self._payloads[one].get(field) for one in ids]
