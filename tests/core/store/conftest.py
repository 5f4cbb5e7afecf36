"""Both backends behind one fixture, and points to fill them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray
from qdrant_client import QdrantClient

from facies.core.records import MetadataValue
from facies.core.store import CollectionSchema, Point, VectorStore
from facies.core.store.edge import EdgeStore
from facies.core.store.server import ServerStore

MakePoints = Callable[..., list[Point]]


@pytest.fixture(params=["edge", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    """An empty store: embedded, then the server's code over the client's local mode."""
    opened: VectorStore
    opened = EdgeStore(tmp_path / "vectors") if request.param == "edge" else ServerStore(QdrantClient(":memory:"))
    yield opened
    opened.close()


@pytest.fixture
def rows() -> Callable[..., NDArray[np.float32]]:
    """Draw unit rows (n, dim), float32, from a seed."""

    def draw(n: int, dim: int = 16, seed: int = 0) -> NDArray[np.float32]:
        drawn = np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)
        unit: NDArray[np.float32] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return unit

    return draw


@pytest.fixture
def make_points() -> MakePoints:
    """Make points of one named vector ``v`` from rows, with ids and payloads by position."""

    def make(
        vectors: NDArray[np.float32], payload: Callable[[int], dict[str, MetadataValue]] = lambda _: {}
    ) -> list[Point]:
        return [Point(str(uuid5(NAMESPACE_URL, str(i))), {"v": row}, payload(i)) for i, row in enumerate(vectors)]

    return make


@pytest.fixture
def filled(
    store: VectorStore, rows: Callable[..., NDArray[np.float32]], make_points: MakePoints
) -> tuple[VectorStore, list[Point]]:
    points = make_points(rows(800), lambda i: {"label": "abc"[i % 3], "n": i % 50, "x": i / 7})
    store.ensure("c", CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer", "x": "float"}))
    store.upsert("c", points)
    return store, points
