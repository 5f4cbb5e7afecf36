"""``facies worker``."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from facies.core.errors import StoreLockedError
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from facies.core.settings import Settings
    from facies.core.workspace import Workspace
    from facies.indexer.jobs.worker import Workers

worker_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@worker_app.command()
def worker(
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="Jobs at a time; else FACIES_JOBS__WORKERS.")
    ] = None,
    drain: Annotated[
        bool, typer.Option("--drain", help="Run one job after the other, and end when none waits that could begin.")
    ] = False,
) -> None:
    """Run jobs beside a service, until Ctrl-C or SIGTERM, which give running jobs back in good order.

    It needs the catalogue, the store, the data folder and the queue of the service: FACIES_CATALOG__URL (PostgreSQL),
    FACIES_STORE__BACKEND=server, a shared FACIES_DATA_DIR, FACIES_JOBS__QUEUE_URL (Redis). With the embedded store a
    service runs its jobs itself, and this command works while none does.
    """
    from facies.indexer.jobs.desk import JobDesk, jobs_dir
    from facies.indexer.jobs.embedders import WorkerEmbedders
    from facies.indexer.jobs.queue import open_queue
    from facies.indexer.jobs.worker import Workers
    from facies.models.gpu import find_gpu

    settings = load_settings()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("facies").setLevel(logging.INFO)
    queue = open_queue(settings, check=True)
    try:
        with _open(settings) as workspace:
            desk = JobDesk(workspace.catalog, queue, jobs_dir(settings), max_attempts=settings.jobs.max_attempts)
            workers = Workers(
                settings,
                workspace,
                embedders=WorkerEmbedders(settings),
                desk=desk,
                queue=queue,
                count=0 if drain else jobs or max(settings.jobs.workers, 1),
                device=find_gpu(settings.models.device),
            )
            typer.echo(f"worker {workers.place}: jobs from {queue.where}; Ctrl-C ends in good order", err=True)
            _run(workers, drain=drain)
    finally:
        queue.close()


def _run(workers: Workers, *, drain: bool) -> None:
    from rich.console import Console

    from facies.indexer.interrupts import stop_on_interrupt

    with stop_on_interrupt(Console(stderr=True)) as stop, workers:
        if not drain:
            stop.wait()
            return
        over = threading.Event()
        closer = threading.Thread(target=_close_on, args=(workers, stop, over), name="worker-closer")
        closer.start()
        try:
            while not stop.is_set() and workers.run_next() is not None:
                pass
        finally:
            over.set()
            closer.join()


def _close_on(workers: Workers, stop: threading.Event, over: threading.Event) -> None:
    while not over.wait(0.1):
        if stop.is_set():
            workers.close()
            return


def _open(settings: Settings) -> Workspace:
    from facies.core.workspace import open_workspace

    try:
        return open_workspace(settings)
    except StoreLockedError as error:
        held = error.message.partition(";")[0]
        raise StoreLockedError.from_message(
            f"{held}; it runs the jobs of this data folder itself (FACIES_JOBS__WORKERS says how many at a time). "
            "Workers beside a service need a Qdrant server (docs/jobs.md, docs/production.md)."
        ) from error
