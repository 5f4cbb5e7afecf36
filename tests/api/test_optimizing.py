"""Graphs built by jobs of a service, while everything else goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from facies.api.collections import describe_collection, optimize_collection, start_optimizing
from facies.api.embedders import Embedders
from facies.api.indexing import start_index
from facies.api.jobs import describe_job, list_jobs
from facies.api.service import Service, open_service
from facies.core.actors import Actor
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, JobConflictError, StorageError
from facies.core.settings import JobSettings, Settings
from facies.core.store import CollectionInfo, VectorStore
from facies.core.wire import IndexBody, StoredOut
from facies.indexer.jobs.index_job import GRAPH_NOTE

from .conftest import CARD, ColourEmbedder, fill, over

ANN = Actor("ann")


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stored(service: Service, name: str = "g") -> StoredOut:
    found = describe_collection(service, name).stored
    assert found is not None
    return found


def hold(monkeypatch: pytest.MonkeyPatch, store: VectorStore, go: threading.Event) -> None:
    """Have every build of a store wait until it may go."""
    optimize = store.optimize

    def waiting(collection: str) -> CollectionInfo:
        go.wait(30)
        return optimize(collection)

    monkeypatch.setattr(store, "optimize", waiting)


def test_a_graph_is_built_by_a_job(busy: Service, busy_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    hold(monkeypatch, busy.workspace.store, go)
    begun = busy_client.optimize_collection("g")
    assert (begun.points, begun.graphed, begun.optimizing) == (24, 0, True)
    shown = busy_client.collection("g").stored
    assert shown is not None
    assert shown.optimizing
    assert shown.job == begun.job
    with pytest.raises(JobConflictError, match=f"'g' is being built already, by job {begun.job}"):
        busy_client.optimize_collection("g")
    go.set()
    job = over(busy, busy_client.jobs.get(begun.job or ""))
    assert (job.kind, job.state, job.collection) == ("optimise", "done", "g")
    shown = busy_client.collection("g").stored
    assert shown is not None
    assert (shown.points, shown.graphed, shown.optimizing, shown.error, shown.job) == (24, 24, False, None, None)
    assert busy_client.collections()[0].stored is None
    with pytest.raises(CollectionNotFoundError):
        busy_client.optimize_collection("nothing")


def test_the_answer_names_the_collection_to_be_looked_at(busy_client: Client) -> None:
    with httpx.Client(base_url=busy_client.base_url, trust_env=False) as http:
        response = http.post("/v1/collections/g/optimize")
    assert (response.status_code, response.headers["location"]) == (202, "/v1/collections/g")


def test_a_build_that_failed_is_told_until_the_next(busy: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_collection: str) -> CollectionInfo:
        raise StorageError("/data", "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(busy.workspace.store, "optimize", fail)
        begun = start_optimizing(busy, "g", ANN)
        over(busy, describe_job(busy, begun.job or ""))
    assert "no space left" in (stored(busy).error or "")
    begun = start_optimizing(busy, "g", ANN)
    assert begun.error is None
    over(busy, describe_job(busy, begun.job or ""))
    assert stored(busy).error is None
    assert optimize_collection(busy, "g").graphed == 24


def test_the_failure_of_a_collection_that_was_deleted_is_not_its_successors(
    busy: Service, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facies.api.collections import delete_whole_collection

    def fail(_collection: str) -> CollectionInfo:
        raise StorageError("/data", "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(busy.workspace.store, "optimize", fail)
        over(busy, describe_job(busy, start_optimizing(busy, "g", ANN).job or ""))
    delete_whole_collection(busy, "g")
    fill(busy, gallery / "well_log")
    assert stored(busy).error is None


def test_an_index_job_orders_it_where_the_collection_has_grown(settings: Settings, gallery: Path) -> None:
    small = settings.store.model_copy(update={"graph_above": 20})
    quick = settings.model_copy(update={"store": small, "jobs": JobSettings(heartbeat_s=0.1, stall_s=5)})
    with open_service(quick, Embedders(lambda card, *_: ColourEmbedder(card)), working=True) as grown:
        job = over(grown, start_index(grown, "g", IndexBody(path=str(gallery), model=CARD), ANN))
        assert job.report is not None
        assert GRAPH_NOTE in job.report.notes
        (build,) = list_jobs(grown, kind="optimise").jobs
        assert over(grown, build).state == "done"
        assert stored(grown).graphed == 24
        again = over(grown, start_index(grown, "g", IndexBody(path=str(gallery)), ANN))
        assert again.report is not None
        assert GRAPH_NOTE not in again.report.notes
        assert len(list_jobs(grown, kind="optimise").jobs) == 1


def test_the_end_of_a_service_breaks_a_build_off_and_the_next_one_builds(settings: Settings, gallery: Path) -> None:
    quick = settings.model_copy(update={"jobs": JobSettings(heartbeat_s=0.1, stall_s=5)})
    embedders = Embedders(lambda card, *_: ColourEmbedder(card))
    with open_service(quick, embedders, working=True) as service:
        fill(service, gallery)
        begun = start_optimizing(service, "g", ANN)
    with open_service(quick, embedders, working=True) as service:
        assert over(service, describe_job(service, begun.job or "")).state == "done"
        assert stored(service).graphed == 24


def test_other_collections_are_built_at_the_same_time(
    busy: Service, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(busy, gallery / "well_log", "h")
    go = threading.Event()
    hold(monkeypatch, busy.workspace.store, go)
    begun = [describe_job(busy, start_optimizing(busy, name, ANN).job or "") for name in ("g", "h")]
    wait_until(lambda: [describe_job(busy, job.id).state for job in begun] == ["running", "running"])
    go.set()
    assert [over(busy, job).state for job in begun] == ["done", "done"]
    assert stored(busy, "h").graphed == 6
