"""Both backends behind one fixture, and points to fill them with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.records import MetadataValue
from facies.core.store import CollectionSchema, Point, VectorStore
from facies.core.store.edge import EdgeStore
from facies.core.store.server import ServerStore, open_server_store
from tests.stubs.qdrant import QdrantStub, running_stub

from .builds import SCHEMA

MakePoints = Callable[..., list[Point]]


BACKENDS = ["edge", "rest", "grpc", *(["live"] if os.environ.get("FACIES_TEST_QDRANT_URL") else [])]


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[QdrantStub]:
    """A stub of a Qdrant server."""
    with running_stub(tmp_path / "server") as running:
        yield running


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorStore]:
    """An empty store: embedded, on stub servers over REST and gRPC, and on a live server where one is named.

    The live server (FACIES_TEST_QDRANT_URL; FACIES_TEST_QDRANT_KEY and FACIES_TEST_QDRANT_GRPC_PORT if it has them)
    has to be empty: what the tests make there is deleted.
    """
    if request.param == "edge":
        with closing(EdgeStore(tmp_path / "vectors")) as opened:
            yield opened
    elif request.param == "live":
        with closing(open_live_store()) as live:
            yield live
            for name in live.collections():
                live.drop(name)
    else:
        served: QdrantStub = request.getfixturevalue("stub")
        port = served.grpc.port if request.param == "grpc" else 0
        with closing(open_server_store(served.url, grpc_port=port)) as remote:
            yield remote


def open_live_store() -> ServerStore:
    """Connect to the server that the environment names; refuses one that holds anything."""
    live = open_server_store(
        os.environ["FACIES_TEST_QDRANT_URL"],
        api_key=os.environ.get("FACIES_TEST_QDRANT_KEY"),
        grpc_port=int(os.environ.get("FACIES_TEST_QDRANT_GRPC_PORT", "0")),
    )
    if names := live.collections():
        live.close()
        pytest.fail(f"FACIES_TEST_QDRANT_URL names a server with collections of facies: {', '.join(names)}")
    return live


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


@pytest.fixture
def edge(tmp_path: Path, rows: Callable[..., NDArray[np.float32]], make_points: MakePoints) -> Iterator[EdgeStore]:
    """A store with 600 points in collection ``c``."""
    store = EdgeStore(tmp_path)
    store.ensure("c", SCHEMA)
    store.upsert("c", make_points(rows(600), lambda i: {"label": "ab"[i % 2], "n": i}))
    yield store
    store.close()
