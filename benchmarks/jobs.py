"""``python -m benchmarks.jobs``: services and workers killed in the middle of index jobs, and how long a cancel takes.

``python -m benchmarks.segment_jobs`` does the same to jobs that segment cores.

Embedded: a service with its catalogue and queue in SQLite is killed (SIGKILL) and started again. At scale: two workers
with PostgreSQL, Redis and a stub of a Qdrant server; one is killed, the other takes over. After each kill the job must
end, once, with every image there, and go on from where it was. Times are of the wall clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.table import Table, say
from facies.core.jobs import Job
from facies.core.settings import Settings, load_settings
from facies.indexer.jobs.desk import JobDesk
from tests.postgres import make_database, serve_postgres
from tests.redis_server import serve_redis
from tests.stubs.qdrant import running_stub
from tests.worker_process import (
    ServiceProcess,
    WorkerProcess,
    draw_images,
    images_of,
    open_desk,
    order_index,
    wait_for,
    wait_for_images,
)

ROOM = "jobs"
IMAGES = 200
UPSERT_SIZE = 4
PATIENCE_S = 300.0


class Errand(Protocol):
    """A kind of job that is killed, and what of it must outlive that.

    Attributes:
        room: of the table.
    """

    room: str

    def order(self, desk: JobDesk, name: str) -> str:
        """Order a job under a name that is new; gives its id."""

    def wait(self, desk: JobDesk, job_id: str, share: float) -> None:
        """Wait until this share of it, or one piece at least, is acknowledged."""

    def kept(self, desk: JobDesk, job_id: str) -> Any:
        """What is acknowledged."""

    def check(self, desk: JobDesk, job_id: str, kept: Any) -> Job:
        """See the job end; a job that is lost, done twice or begun from its beginning ends the measurement."""


class IndexErrand:
    """Indexing a folder; every image is a piece."""

    room = ROOM

    def __init__(self, source: Path) -> None:
        """Take the folder, with `IMAGES` images."""
        self._source = source

    def order(self, desk: JobDesk, name: str) -> str:
        """The collection is named so."""
        return order_index(desk, self._source, name)

    def wait(self, desk: JobDesk, job_id: str, share: float) -> None:
        """Images are acknowledged by the catalogue."""
        wait_for_images(desk.catalog, self._collection(desk, job_id), max(UPSERT_SIZE, int(share * IMAGES)), PATIENCE_S)

    def kept(self, desk: JobDesk, job_id: str) -> int:
        """How many images."""
        return images_of(desk.catalog, self._collection(desk, job_id))

    def check(self, desk: JobDesk, job_id: str, kept: int) -> Job:
        """See `check`."""
        return check(desk, job_id, self._collection(desk, job_id), kept)

    @staticmethod
    def _collection(desk: JobDesk, job_id: str) -> str:
        return str(desk.catalog.job(job_id).collection)


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, cancel, and print the table; a job that is lost or done twice ends it with an error."""
    measure("benchmarks.jobs", _index_errand, arguments)


def measure(name: str, make: Callable[[Path], Errand], arguments: Sequence[str] | None) -> None:
    """Kill services and workers in the middle of errands, cancel some, and print the table.

    Args:
        name: of the program.
        make: prepares an errand in a folder.
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
    parser.add_argument("--kills", type=int, default=10, help="of services, and of workers")
    parser.add_argument("--short", action="store_true", help="two of each")
    options = parser.parse_args(arguments)
    number = 2 if options.short else options.kills
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        errand = make(folder)
        with use({**_hurry(), "FACIES_DATA_DIR": str(folder / "embedded"), "FACIES_API__PORT": "0"}) as settings:
            kill_services(table, settings, folder, number, errand)
        with at_scale(folder) as settings:
            kill_workers(table, settings, folder, number, errand)
    print(table.text())
    say(f"written to {table.write()}")


def kill_services(table: Table, settings: Settings, folder: Path, number: int, errand: Errand) -> None:
    """Kill a service in the middle of a job, start it again, and see the job end; then cancel jobs of a living one."""
    chance, taken, begun = np.random.default_rng(9), list[float](), list[float]()
    with open_desk(settings) as desk, ExitStack() as running:

        def begin() -> ServiceProcess:
            return running.enter_context(ServiceProcess(dict(os.environ), folder / "service.log"))

        service = begin()
        for kill in range(number):
            job_id = errand.order(desk, f"s{kill}")
            errand.wait(desk, job_id, chance.uniform(0.04, 0.5))
            service.kill()
            killed_s = time.monotonic()
            kept = errand.kept(desk, job_id)
            service = begin()
            wait_for(desk.catalog, job_id, _is_begun_again, PATIENCE_S)
            taken.append(time.monotonic() - killed_s)
            errand.check(desk, job_id, kept)
            begun.append(time.monotonic() - killed_s)
        case = "service, SQLite"
        table.add(errand.room, case, "killed, each job done once in its second attempt", number)
        _say_times(table, errand, case, "from kill to new attempt, start of the process included", taken)
        _say_times(table, errand, case, "from kill to the job's end", begun)
        cancel_jobs(table, desk, number, case, errand)


def kill_workers(table: Table, settings: Settings, folder: Path, number: int, errand: Errand) -> None:
    """Kill the one of two workers that has the job, see the other take it over, and replace the dead one."""
    chance, taken = np.random.default_rng(10), list[float]()
    with open_desk(settings) as desk, ExitStack() as running:

        def begin() -> WorkerProcess:
            return running.enter_context(WorkerProcess(dict(os.environ), folder / "worker.log"))

        living = [begin(), begin()]
        for kill in range(number):
            job_id = errand.order(desk, f"w{kill}")
            errand.wait(desk, job_id, chance.uniform(0.04, 0.5))
            owner = desk.catalog.job(job_id)
            victim = next(worker for worker in living if worker.runs(owner))
            victim.kill()
            killed_s = time.monotonic()
            kept = errand.kept(desk, job_id)
            living = [worker for worker in living if worker is not victim] + [begin()]
            wait_for(desk.catalog, job_id, _is_begun_again, PATIENCE_S)
            taken.append(time.monotonic() - killed_s)
            errand.check(desk, job_id, kept)
        case, stall_s = "worker, Redis and PostgreSQL", settings.jobs.stall_s
        table.add(errand.room, case, "killed, each job done once in its second attempt", number)
        _say_times(table, errand, case, f"from kill to take-over, stall {stall_s:g} s", taken)
        cancel_jobs(table, desk, number, case, errand)


def cancel_jobs(table: Table, desk: JobDesk, number: int, case: str, errand: Errand) -> None:
    """Cancel jobs in their middle, and measure until they are over."""
    times = []
    for cancel in range(number):
        job_id = errand.order(desk, f"c{cancel}")
        errand.wait(desk, job_id, 0.0)
        begun_s = time.monotonic()
        desk.cancel(job_id)
        job = wait_for(desk.catalog, job_id, lambda one: one.is_over, PATIENCE_S)
        if job.state == "cancelled":  # else it was faster
            times.append(time.monotonic() - begun_s)
    table.add(errand.room, case, "cancelled in their middle", len(times))
    _say_times(table, errand, case, "from the wish to cancel to the job's end", times)


def check(desk: JobDesk, job_id: str, collection: str, kept: int) -> Job:
    """See a job end: once, in its second attempt, with every image, and without making those again that were kept."""
    job, ends = see_end(desk, job_id)
    there = images_of(desk.catalog, collection)
    as_wanted = (job.state, job.attempt, ends, there) == ("done", 2, 1, IMAGES) and job.result["unchanged"] >= kept
    if not as_wanted:
        raise SystemExit(
            f"job {job_id}: {job.state}, attempt {job.attempt}, {ends} ends, {there} of {IMAGES} images, {kept} kept, "
            f"result {job.result}, fault {job.fault}"
        )
    return job


def see_end(desk: JobDesk, job_id: str) -> tuple[Job, int]:
    """Wait until a job is over; gives it, and how often it says that it was done."""
    job = wait_for(desk.catalog, job_id, lambda one: one.is_over, PATIENCE_S)
    return job, [line.line for line in desk.catalog.job_log(job_id)].count("done")


@contextmanager
def at_scale(folder: Path) -> Iterator[Settings]:
    """Servers of all kinds for the time of the context, and the settings that lead to them."""
    with (
        serve_redis() as redis_url,
        serve_postgres() as server,
        make_database(server) as database,
        running_stub(folder / "qdrant") as stub,
        use(
            {
                **_hurry(),
                "FACIES_DATA_DIR": str(folder / "shared"),
                "FACIES_JOBS__QUEUE_URL": redis_url,
                "FACIES_CATALOG__URL": database,
                "FACIES_STORE__BACKEND": "server",
                "FACIES_STORE__URL": stub.url,
                "FACIES_STORE__GRPC_PORT": "0",
            }
        ) as settings,
    ):
        yield settings


@contextmanager
def use(environment: Mapping[str, str]) -> Iterator[Settings]:
    """Settings of this process and of those that it starts, for the time of the context."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield load_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _index_errand(folder: Path) -> IndexErrand:
    draw_images(folder / "in", IMAGES)
    return IndexErrand(folder / "in")


def _is_begun_again(job: Job) -> bool:
    """Also where it was so fast that it is over by now."""
    return job.attempt == 2 and job.state != "queued"


def _hurry() -> dict[str, str]:
    return {"FACIES_INDEXER__UPSERT_SIZE": str(UPSERT_SIZE), "FACIES_JOBS__WORKERS": "1"}


def _say_times(table: Table, errand: Errand, case: str, what: str, times: Sequence[float]) -> None:
    measures: Mapping[str, Callable[[Sequence[float]], float]] = {"median": statistics.median, "max": max}
    for name, measure in measures.items():
        if times:
            table.add(errand.room, case, f"{what}: {name} of {len(times)}", measure(times), "s")


if __name__ == "__main__":
    main()
