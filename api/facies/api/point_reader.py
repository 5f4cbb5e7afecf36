"""Vectors and fields of the candidates of one request, each point fetched once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facies.core.metrics import Embeddings
from facies.core.records import MetadataValue
from facies.core.store import Point
from facies.core.workspace import Workspace


class PointReader:
    """Reads points of a collection, with one named vector or none, and keeps them."""

    def __init__(self, workspace: Workspace, collection: str, vector: str | None, dim: int) -> None:
        """Read nothing yet.

        Args:
            workspace: the open data.
            collection: its name.
            vector: the named vector that points are fetched with; None where only fields are wanted.
            dim: length of that vector.
        """
        self._workspace = workspace
        self._collection = collection
        self._vector = vector
        self._dim = dim
        self._points: dict[str, Point] = {}

    def rows(self, ids: Sequence[str]) -> Embeddings:
        """The vectors of points, (n, d); a row of zeros, which is similar to nothing, where a point has none."""
        points = self._fetch(ids)
        rows = np.zeros((len(ids), self._dim), dtype=np.float32)
        if self._vector is None:
            return rows
        for row, one in zip(rows, ids, strict=True):
            found = points[one].vectors.get(self._vector) if one in points else None
            if found is not None:
                row[:] = found
        return rows

    def values(self, ids: Sequence[str], field: str) -> list[MetadataValue | None]:
        """A field of each point, as filters see it; None where a point has none."""
        points = self._fetch(ids)
        return [points[one].payload.get(field) if one in points else None for one in ids]

    def _fetch(self, ids: Sequence[str]) -> dict[str, Point]:
        lacking = [one for one in ids if one not in self._points]
        if lacking:
            vectors = False if self._vector is None else [self._vector]
            self._points |= self._workspace.store.get(self._collection, lacking, vectors=vectors)
        return self._points
