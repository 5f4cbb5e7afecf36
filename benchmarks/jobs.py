"""``python -m benchmarks.jobs``: services and workers killed in the middle of index jobs, and how long a cancel takes.

Embedded: a service with its catalogue and queue in SQLite is killed (SIGKILL) and started again. At scale: two workers
with PostgreSQL, Redis and a stub of a Qdrant server; one is killed, the other takes over. After each kill the job must
end, once, with every image there, and go on from where it was. Times are of the wall clock.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.table import Table, say
from facies.core.jobs import Job
from facies.core.settings import Settings, load_settings
from facies.indexer.jobs.desk import JobDesk
from tests.postgres import make_database, serve_postgres
from tests.redis_server import serve_redis
from tests.stubs.qdrant import running_stub
from tests.worker_process import (
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
_SERVE = "from facies.api.cli import serve_app; serve_app()"
_PATIENCE_S = 300.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, cancel, and print the table; a job that is lost or done twice ends it with an error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jobs")
    parser.add_argument("--kills", type=int, default=10, help="of services, and of workers")
    parser.add_argument("--short", action="store_true", help="two of each")
    options = parser.parse_args(arguments)
    number = 2 if options.short else options.kills
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        draw_images(folder / "in", IMAGES)
        with use({**_hurry(), "FACIES_DATA_DIR": str(folder / "embedded"), "FACIES_API__PORT": "0"}) as settings:
            kill_services(table, settings, folder, number)
        with at_scale(folder) as settings:
            kill_workers(table, settings, folder, number)
    print(table.text())
    say(f"written to {table.write()}")


def kill_services(table: Table, settings: Settings, folder: Path, number: int) -> None:
    """Kill a service in the middle of a job, start it again, and see the job end; then cancel jobs of a living one."""
    chance, taken, begun = random.Random(9), list[float](), list[float]()  # noqa: S311 (moments of kills)
    log = folder / "service.log"
    with open_desk(settings) as desk, ExitStack() as running:
        service = running.enter_context(_service(log))
        for kill in range(number):
            job_id = order_index(desk, folder / "in", f"s{kill}")
            wait_for_images(desk.catalog, f"s{kill}", chance.randrange(8, IMAGES // 2), _PATIENCE_S)
            service.kill()
            service.wait()
            killed_s = time.monotonic()
            kept = images_of(desk.catalog, f"s{kill}")
            service = running.enter_context(_service(log))
            wait_for(desk.catalog, job_id, lambda job: job.attempt == 2 and job.state == "running", _PATIENCE_S)
            taken.append(time.monotonic() - killed_s)
            check(desk, job_id, f"s{kill}", kept)
            begun.append(time.monotonic() - killed_s)
        _say_times(table, "service, SQLite", "from kill to new attempt, start of the process included", taken)
        _say_times(table, "service, SQLite", "from kill to the job's end", begun)
        cancel_jobs(table, desk, folder, number, "service, SQLite")


def kill_workers(table: Table, settings: Settings, folder: Path, number: int) -> None:
    """Kill the one of two workers that has the job, see the other take it over, and replace the dead one."""
    chance, taken = random.Random(10), list[float]()  # noqa: S311 (moments of kills)
    environment = dict(os.environ)
    with open_desk(settings) as desk, ExitStack() as running:

        def begin() -> WorkerProcess:
            return running.enter_context(WorkerProcess(environment, folder / "worker.log"))

        living = [begin(), begin()]
        for kill in range(number):
            job_id = order_index(desk, folder / "in", f"w{kill}")
            wait_for_images(desk.catalog, f"w{kill}", chance.randrange(8, IMAGES // 2), _PATIENCE_S)
            owner = desk.catalog.job(job_id)
            victim = next(worker for worker in living if worker.runs(owner))
            victim.kill()
            killed_s = time.monotonic()
            kept = images_of(desk.catalog, f"w{kill}")
            living = [worker for worker in living if worker is not victim] + [begin()]
            wait_for(desk.catalog, job_id, lambda job: job.attempt == 2 and job.state == "running", _PATIENCE_S)
            taken.append(time.monotonic() - killed_s)
            check(desk, job_id, f"w{kill}", kept)
        stall_s = settings.jobs.stall_s
        _say_times(table, "worker, Redis and PostgreSQL", f"from kill to take-over, stall {stall_s:g} s", taken)
        cancel_jobs(table, desk, folder, number, "worker, Redis and PostgreSQL")


def cancel_jobs(table: Table, desk: JobDesk, folder: Path, number: int, case: str) -> None:
    """Cancel jobs in their middle, and measure until they are over."""
    times = []
    for cancel in range(number):
        collection = f"c{cancel}"
        job_id = order_index(desk, folder / "in", collection)
        wait_for_images(desk.catalog, collection, UPSERT_SIZE, _PATIENCE_S)
        begun_s = time.monotonic()
        desk.cancel(job_id)
        job = wait_for(desk.catalog, job_id, lambda one: one.is_over, _PATIENCE_S)
        if job.state == "cancelled":  # else it was faster
            times.append(time.monotonic() - begun_s)
    table.add(ROOM, case, "cancelled in their middle", len(times))
    _say_times(table, case, "from the wish to cancel to the job's end", times)


def check(desk: JobDesk, job_id: str, collection: str, kept: int) -> Job:
    """See a job end: once, in its second attempt, with every image, and without making those again that were kept."""
    job = wait_for(desk.catalog, job_id, lambda one: one.is_over, _PATIENCE_S)
    ends = [line.line for line in desk.catalog.job_log(job_id)].count("done")
    there = images_of(desk.catalog, collection)
    as_wanted = (job.state, job.attempt, ends, there) == ("done", 2, 1, IMAGES) and job.result["unchanged"] >= kept
    if not as_wanted:
        raise SystemExit(
            f"job {job_id}: {job.state}, attempt {job.attempt}, {ends} ends, {there} of {IMAGES} images, {kept} kept, "
            f"result {job.result}, fault {job.fault}"
        )
    return job


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


@contextmanager
def _service(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("a") as written:
        process = subprocess.Popen([sys.executable, "-c", _SERVE], stdout=written, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _hurry() -> dict[str, str]:
    return {"FACIES_INDEXER__UPSERT_SIZE": str(UPSERT_SIZE), "FACIES_JOBS__WORKERS": "1"}


def _say_times(table: Table, case: str, what: str, times: Sequence[float]) -> None:
    measures: Mapping[str, Callable[[Sequence[float]], float]] = {"median": statistics.median, "max": max}
    for name, measure in measures.items():
        if times:
            table.add(ROOM, case, f"{what}: {name} of {len(times)}", measure(times), "s")


if __name__ == "__main__":
    main()
