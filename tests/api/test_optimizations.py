"""Graphs in the background of a service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx
import numpy as np
import pytest

from facies.api.collections import optimize_collection, start_optimizing
from facies.api.embedders import Embedders
from facies.api.indexing import GRAPH_NOTE, start_index
from facies.api.optimizations import Optimizations
from facies.api.service import Service, open_service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, JobConflictError, StorageError, StoreUnavailableError
from facies.core.settings import Settings
from facies.core.store import CollectionInfo, CollectionSchema, Point, VectorStore
from facies.core.store.server import open_server_store
from facies.core.wire import IndexBody
from tests.stubs.qdrant import running_stub

from .conftest import CARD, ColourEmbedder, fill


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as opened:
        yield opened


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def hold(monkeypatch: pytest.MonkeyPatch, store: VectorStore, go: threading.Event) -> None:
    """Have every build of a store wait until it may go."""
    optimize = store.optimize

    def waiting(collection: str) -> CollectionInfo:
        go.wait(30)
        return optimize(collection)

    monkeypatch.setattr(store, "optimize", waiting)


def test_a_graph_is_built_in_the_background(filled: Service, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    hold(monkeypatch, filled.workspace.store, go)
    begun = client.optimize_collection("g")
    assert (begun.points, begun.graphed, begun.optimizing) == (24, 0, True)
    shown = client.collection("g").stored
    assert shown is not None
    assert shown.optimizing
    with pytest.raises(JobConflictError, match="'g' is being built already"):
        client.optimize_collection("g")
    go.set()
    wait_until(lambda: not filled.optimizations.is_running("g"))
    shown = client.collection("g").stored
    assert shown is not None
    assert (shown.points, shown.graphed, shown.optimizing, shown.error) == (24, 24, False, None)
    assert client.collections()[0].stored is None
    with pytest.raises(CollectionNotFoundError):
        client.optimize_collection("nothing")


def test_a_build_that_failed_is_told_until_the_next(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_collection: str) -> CollectionInfo:
        raise StorageError("/data", "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(filled.workspace.store, "optimize", fail)
        start_optimizing(filled, "g")
        filled.optimizations.join()
    assert "no space left" in (filled.optimizations.failure("g") or "")
    assert start_optimizing(filled, "g").error is None
    filled.optimizations.join()
    assert filled.optimizations.failure("g") is None
    assert optimize_collection(filled, "g").graphed == 24


def test_only_what_has_grown_is_built(filled: Service) -> None:
    started = Optimizations(filled.workspace.store)
    assert not started.start_where_grown("g", 24)
    assert started.start_where_grown("g", 23)
    started.join()
    assert not started.start_where_grown("g", 1)
    with pytest.raises(CollectionNotFoundError):
        started.start_where_grown("nothing", 1)


def test_a_server_is_left_to_build_its_own(tmp_path: Path) -> None:
    with running_stub(tmp_path) as stub, closing(open_server_store(stub.url, grpc_port=0)) as server:
        server.ensure("g", CollectionSchema({"v": 2}))
        server.upsert("g", [Point(str(uuid5(NAMESPACE_URL, "one")), {"v": np.array([1, 0], np.float32)})])
        assert not Optimizations(server).start_where_grown("g", 0)


def test_a_run_starts_it_at_its_end(service: Service, gallery: Path) -> None:
    small = service.settings.store.model_copy(update={"graph_above": 20})
    settings = service.settings.model_copy(update={"store": small})
    grown = Service(settings, service.workspace, service.embedders, service.runs, service.optimizations)
    run = start_index(grown, "g", IndexBody(path=str(gallery), model=CARD))
    wait_until(lambda: service.runs.get(run.id).state != "running")
    report = service.runs.get(run.id).report
    assert report is not None
    assert GRAPH_NOTE in report.notes
    service.optimizations.join()
    assert service.workspace.store.describe("g").graphed == 24
    again = start_index(grown, "g", IndexBody(path=str(gallery)))
    wait_until(lambda: service.runs.get(again.id).state != "running")
    assert GRAPH_NOTE not in (service.runs.get(again.id).report or report).notes


def test_a_service_that_ends_waits_for_what_it_breaks_off(settings: Settings, gallery: Path) -> None:
    with open_service(settings, Embedders(lambda card, *_: ColourEmbedder(card))) as service:
        fill(service, gallery)
        start_optimizing(service, "g")
    assert not service.optimizations.is_running("g")


def test_closing_breaks_a_build_off(filled: Service) -> None:
    start_optimizing(filled, "g")
    filled.workspace.store.close()
    filled.optimizations.join()
    assert not filled.optimizations.is_running("g")
    with pytest.raises(StoreUnavailableError):
        filled.workspace.store.describe("g")


def test_other_collections_are_built_at_the_same_time(
    filled: Service, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(filled, gallery / "well_log", "h")
    go = threading.Event()
    hold(monkeypatch, filled.workspace.store, go)
    for name in ("g", "h"):
        filled.optimizations.start(name)
    assert filled.optimizations.is_running("g")
    assert filled.optimizations.is_running("h")
    go.set()
    filled.optimizations.join()
    assert filled.workspace.store.describe("h").graphed == 6
