"""kill -9 and SIGSTOP of real workers in the middle of index jobs: each job ends, none twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from facies.core.jobs import Job
from facies.core.settings import Settings, load_settings
from facies.core.workspace import open_workspace
from tests.postgres import make_database, serve_postgres
from tests.redis_server import serve_redis
from tests.stubs.qdrant import running_stub
from tests.worker_process import WorkerProcess, draw_images, open_desk, order_index, wait_for, wait_for_images

IMAGES = 100
BEGUN = 8
"""Images after which somebody is killed."""
HURRY = {
    "FACIES_INDEXER__UPSERT_SIZE": "4",
    "FACIES_JOBS__WORKERS": "1",
    "FACIES_JOBS__HEARTBEAT_S": "0.5",
    "FACIES_JOBS__STALL_S": "30",
}
"""A busy machine may take many seconds to import a network, during which no other thread of the process runs."""


def use(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def check_whole(settings: Settings, collection: str, ids: set[str]) -> None:
    """Every image is there once: row, vector and thumbnail."""
    with open_workspace(settings) as workspace:
        rows = [record.id for record in workspace.catalog.iter_images(collection)]
        assert sorted(rows) == sorted(ids)
        assert workspace.store.count(collection) == len(ids)
        assert workspace.store.get(collection, rows).keys() == ids
        assert all(workspace.blobs.thumbnail(one) for one in rows)


def check_ended_once(job: Job, log: list[str], *, attempts: int) -> None:
    assert (job.state, job.attempt) == ("done", attempts)
    assert log.count("done") == 1
    assert job.result["indexed"] + job.result["unchanged"] == IMAGES
    assert job.result["unchanged"] >= BEGUN, "it began from the beginning"


@pytest.mark.timeout(900)  # each process loads the network, for which a busy machine takes a minute
def test_kill_9_of_the_embedded_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = use(monkeypatch, HURRY)
    ids = draw_images(tmp_path / "in", IMAGES)
    log = tmp_path / "worker.log"
    with open_desk(settings) as desk:
        first, second = (order_index(desk, tmp_path / "in", "k") for _ in range(2))
        with WorkerProcess(HURRY, log) as worker:
            wait_for_images(desk.catalog, "k", BEGUN)
            worker.kill()
        assert desk.catalog.job(first).state == "running", "nobody has told the catalogue"
        with WorkerProcess(HURRY, log) as worker:
            done = wait_for(desk.catalog, first, lambda job: job.is_over)
            other = wait_for(desk.catalog, second, lambda job: job.is_over)
            assert worker.end() == 0, log.read_text()
        check_ended_once(done, [line.line for line in desk.catalog.job_log(first)], attempts=2)
        assert (other.state, other.attempt, other.result["unchanged"]) == ("done", 1, IMAGES)
    check_whole(settings, "k", ids)


@pytest.mark.timeout(900)  # as above
def test_kill_9_and_sigstop_beside_another_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = draw_images(tmp_path / "first", IMAGES) | draw_images(tmp_path / "second", IMAGES, seed=4)
    with (
        serve_redis() as redis_url,
        serve_postgres() as server,
        make_database(server) as database,
        running_stub(tmp_path / "server") as stub,
    ):
        environment = {
            **HURRY,
            "FACIES_JOBS__QUEUE_URL": redis_url,
            "FACIES_CATALOG__URL": database,
            "FACIES_STORE__BACKEND": "server",
            "FACIES_STORE__URL": stub.url,
            "FACIES_STORE__GRPC_PORT": "0",
        }
        settings = use(monkeypatch, environment)
        logs = [tmp_path / f"worker{n}.log" for n in (1, 2, 3)]
        with (
            open_desk(settings) as desk,
            WorkerProcess(environment, logs[0]) as one,
            WorkerProcess(environment, logs[1]) as two,
        ):
            # kill -9: the other one takes the job over when it has missed the signs of life.
            killed = order_index(desk, tmp_path / "first", "k")
            wait_for_images(desk.catalog, "k", BEGUN)
            victim, heir = (one, two) if one.runs(desk.catalog.job(killed)) else (two, one)
            victim.kill()
            done = wait_for(desk.catalog, killed, lambda job: job.is_over)
            assert heir.runs(done)
            check_ended_once(done, [line.line for line in desk.catalog.job_log(killed)], attempts=2)

            # SIGSTOP: whoever stood still comes back, finds its job gone, and spoils nothing.
            stopped = order_index(desk, tmp_path / "second", "k")
            wait_for_images(desk.catalog, "k", IMAGES + BEGUN)
            assert heir.runs(desk.catalog.job(stopped))
            heir.pause()
            with WorkerProcess(environment, logs[2]) as three:
                try:
                    wait_for(desk.catalog, stopped, lambda job: job.attempt == 2 and job.state == "running")
                finally:
                    heir.resume()
                done = wait_for(desk.catalog, stopped, lambda job: job.is_over)
                assert three.runs(done)
                assert heir.end() == three.end() == 0
            check_ended_once(done, [line.line for line in desk.catalog.job_log(stopped)], attempts=2)
            assert f"job {stopped} was taken over" in heir.log.read_text()
        check_whole(settings, "k", ids)
