"""The graph at the end of a run on the command line."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from rich.console import Console

from facies.core.errors import StorageError
from facies.core.store import CollectionInfo, CollectionSchema, Point
from facies.core.store.edge import EdgeStore
from facies.core.store.server import open_server_store
from facies.indexer.graph import build_where_grown
from tests.stubs.qdrant import running_stub


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EdgeStore]:
    opened = EdgeStore(tmp_path)
    opened.ensure("c", CollectionSchema({"v": 16}))
    rows = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    opened.upsert("c", [Point(str(uuid5(NAMESPACE_URL, str(i))), {"v": row}) for i, row in enumerate(rows)])
    yield opened
    opened.close()


@pytest.fixture
def said() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_a_collection_that_has_grown_gets_a_graph_and_a_note(store: EdgeStore, said: Console) -> None:
    stop = threading.Event()
    assert build_where_grown(store, "c", graph_above=200, said=said, stop=stop) == []
    assert store.describe("c").graphed == 0
    (note,) = build_where_grown(store, "c", graph_above=199, said=said, stop=stop)
    assert note.startswith("the graph over 200 of 200 vectors was built in ")
    assert store.describe("c").graphed == 200
    assert build_where_grown(store, "c", graph_above=1, said=said, stop=stop) == []


def test_a_server_is_left_to_build_its_own(said: Console, tmp_path: Path) -> None:
    with running_stub(tmp_path) as stub, closing(open_server_store(stub.url, grpc_port=0)) as server:
        server.ensure("c", CollectionSchema({"v": 2}))
        server.upsert("c", [Point(str(uuid5(NAMESPACE_URL, "one")), {"v": np.array([1, 0], np.float32)})] * 2)
        assert build_where_grown(server, "c", graph_above=0, said=said, stop=threading.Event()) == []


def test_a_run_that_was_stopped_builds_nothing(store: EdgeStore, said: Console) -> None:
    stop = threading.Event()
    stop.set()
    assert build_where_grown(store, "c", graph_above=1, said=said, stop=stop) == []


def test_a_stop_leaves_it_for_later(store: EdgeStore, said: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, ended = threading.Event(), threading.Event()

    def build(_collection: str) -> CollectionInfo:
        stop.set()
        ended.wait(30)
        raise StorageError("/data", "closed")

    monkeypatch.setattr(store, "optimize", build)
    (note,) = build_where_grown(store, "c", graph_above=1, said=said, stop=stop)
    assert "facies collections optimize c" in note
    ended.set()


def test_a_failure_is_a_note(store: EdgeStore, said: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_collection: str) -> CollectionInfo:
        raise StorageError("/data", "no space left")

    assert "no collection" in build_where_grown(store, "gone", graph_above=1, said=said, stop=threading.Event())[0]
    monkeypatch.setattr(store, "optimize", fail)
    (note,) = build_where_grown(store, "c", graph_above=1, said=said, stop=threading.Event())
    assert "no space left" in note
