"""Both queues and both databases, each the real one, and the parts of a process that runs jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from facies.core.errors import SourceError
from facies.core.jobs import Job, JobState
from facies.core.settings import CatalogSettings, JobSettings, Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.embedders import WorkerEmbedders
from facies.indexer.jobs.kinds import JobKind
from facies.indexer.jobs.parameters import CollectionParameters, JobParameters
from facies.indexer.jobs.queue import JobQueue, open_queue
from facies.indexer.jobs.work import Work
from facies.indexer.jobs.worker import Workers
from tests.postgres import make_database, serve_postgres
from tests.redis_server import serve_redis


class ErrandParameters(JobParameters):
    """Of jobs that do something small for a test."""

    steps: int = 1
    step_s: float = 0.0
    fault: str | None = None
    writes: str | None = None


class CollectionErrandParameters(CollectionParameters, ErrandParameters):
    """Of such jobs on a collection."""


@dataclass
class Diary:
    """What errands of this process did."""

    ran: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)
    now: set[str] = field(default_factory=set)
    most_at_once: int = 0


DIARY = Diary()


def run_errand(work: Work) -> Mapping[str, Any]:
    """Count steps, from where an earlier attempt left off; fail, or write a file, where that is asked for."""
    given = work.parameters(ErrandParameters if work.job.collection is None else CollectionErrandParameters)
    with DIARY.guard:
        DIARY.ran.append(work.job.id)
        DIARY.now.add(work.job.id)
        DIARY.most_at_once = max(DIARY.most_at_once, len(DIARY.now))
    try:
        place = work.checkpoint("step")
        begun = int(place.read_text()) if place.exists() else 0
        for step in range(begun, given.steps):
            work.partial = {"steps": step}
            work.progress("walking", step, given.steps)
            work.stop.wait(given.step_s)
            work.save_checkpoint("step", str(step + 1).encode())
        if given.fault == "expected":
            raise SourceError("no such folder")
        if given.fault == "unexpected":
            raise ZeroDivisionError("nobody thought of this")
        if given.fault == "no json":
            return {"x": float("nan")}
        if given.writes is not None:
            work.folder.results.mkdir(parents=True)
            (work.folder.results / "out.txt").write_text(given.writes)
        work.progress("walking", given.steps, given.steps)
        return {"steps": given.steps, "begun": begun}
    finally:
        with DIARY.guard:
            DIARY.now.discard(work.job.id)


_HERE = "tests.indexer.jobs.conftest"
ERRANDS: Mapping[str, JobKind] = {
    "errand": JobKind("errand", f"{_HERE}:ErrandParameters", f"{_HERE}:run_errand"),
    "writing errand": JobKind(
        "writing errand", f"{_HERE}:CollectionErrandParameters", f"{_HERE}:run_errand", "cpu", "collection"
    ),
    "gpu errand": JobKind("gpu errand", f"{_HERE}:ErrandParameters", f"{_HERE}:run_errand", "gpu"),
}


@pytest.fixture(autouse=True)
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    fresh = Diary()
    for name, value in vars(fresh).items():
        monkeypatch.setattr(DIARY, name, value)
    return DIARY


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with serve_redis() as url:
        yield url


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with serve_postgres() as server:
        yield server


@pytest.fixture
def stall_s() -> float:
    """Long, for a busy machine; a test that waits for it says another."""
    return 30.0


@pytest.fixture
def settings(tmp_path: Path, stall_s: float) -> Settings:
    """Of the embedded default, in a hurry."""
    return Settings(data_dir=tmp_path / "data", jobs=JobSettings(heartbeat_s=0.1, stall_s=stall_s))


@pytest.fixture
def scale_settings(tmp_path: Path, stall_s: float, postgres: str, redis_url: str) -> Iterator[Settings]:
    """Catalogue and queue as at scale; the store stays embedded."""
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    with make_database(postgres) as url:
        yield Settings.model_validate(
            {
                "data_dir": tmp_path / "data",
                "catalog": CatalogSettings(url=url),
                "jobs": {"heartbeat_s": 0.1, "stall_s": stall_s, "queue_url": redis_url},
            }
        )


@pytest.fixture(params=["embedded", "at scale"])
def any_settings(request: pytest.FixtureRequest, stall_s: float) -> Settings:
    found: Settings = request.getfixturevalue("settings" if request.param == "embedded" else "scale_settings")
    return found


@dataclass
class House:
    """An open data folder with a desk and a queue, and workers that are ended with the test."""

    settings: Settings
    workspace: Workspace
    queue: JobQueue
    desk: JobDesk
    opened: list[Workers] = field(default_factory=list)

    def workers(self, count: int = 1, *, start: bool = True, **options: Any) -> Workers:
        options.setdefault("embedders", WorkerEmbedders(self.settings))
        made = Workers(self.settings, self.workspace, desk=self.desk, queue=self.queue, count=count, **options)
        self.opened.append(made)
        if start:
            made.start()
        return made

    def order(self, kind: str = "errand", priority: int = 0, **parameters: Any) -> str:
        return self.desk.order(kind, parameters, actor="Ann", priority=priority).id

    def job(self, job_id: str) -> Job:
        return self.workspace.catalog.job(job_id)

    def wait_for(self, job_id: str, *states: JobState, timeout_s: float = 30) -> Job:
        """Wait until a job is over, or in one of these states."""
        return wait_until(
            lambda: self.job(job_id), lambda job: job.state in states or (not states and job.is_over), timeout_s
        )


def wait_until(look: Callable[[], Job], suits: Callable[[Job], bool], timeout_s: float = 30) -> Job:
    deadline = time.monotonic() + timeout_s
    while not suits(job := look()):
        assert time.monotonic() < deadline, f"still {job.state} at {job.progress} after {timeout_s:g} s"
        time.sleep(0.02)
    return job


@pytest.fixture
def make_house() -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def make(settings: Settings, kinds: Mapping[str, JobKind] = ERRANDS) -> House:
        workspace = open_workspace(settings)
        queue = open_queue(settings, check=True)
        desk = JobDesk(
            workspace.catalog, queue, jobs_dir(settings), max_attempts=settings.jobs.max_attempts, kinds=kinds
        )
        houses.append(House(settings, workspace, queue, desk))
        return houses[-1]

    yield make
    for house in houses:
        for workers in house.opened:
            workers.close()
        house.queue.close()
        house.workspace.close()


@pytest.fixture
def house(any_settings: Settings, make_house: Callable[..., House]) -> House:
    """With SQLite alone, and with PostgreSQL and Redis."""
    return make_house(any_settings)


@pytest.fixture
def small_house(settings: Settings, make_house: Callable[..., House]) -> House:
    """With SQLite alone, for what has nothing to do with the queue or the database."""
    return make_house(settings)
