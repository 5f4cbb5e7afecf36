"""Real worker processes, and index jobs for them, for tests and benchmarks that kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image

from facies.core.catalog import Catalog, open_catalog
from facies.core.images import content_hash, image_id
from facies.core.jobs import Job
from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk, jobs_dir
from facies.indexer.jobs.queue import open_queue

_WORKER = "from facies.indexer.cli_worker import worker_app; worker_app()"
_SERVE = "from facies.api.cli import serve_app; serve_app()"


def draw_images(folder: Path, number: int, seed: int = 3) -> set[str]:
    """Write images of noise, each another one; give their ids."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    ids = set()
    for i in range(number):
        path = folder / f"{i:04d}.png"
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
        ids.add(image_id(content_hash(path.read_bytes())))
    return ids


@contextmanager
def open_desk(settings: Settings) -> Iterator[JobDesk]:
    """A desk without the vector store, which another process may hold."""
    with closing(open_catalog(settings.catalog_url)) as catalog, closing(open_queue(settings)) as queue:
        yield JobDesk(catalog, queue, jobs_dir(settings), max_attempts=settings.jobs.max_attempts)


def order_index(desk: JobDesk, source: Path, collection: str) -> str:
    """Order the indexing of a folder."""
    wanted = {"path": str(source), "collection": collection, "model": "efficientnet-lite0"}
    return desk.order("index", wanted, actor="test").id


class WorkerProcess:
    """A ``facies worker`` of its own; ended with the context, however that ends."""

    code = _WORKER

    def __init__(self, environment: Mapping[str, str], log: Path, *options: str) -> None:
        self.log = log
        with log.open("a") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self.code, *options],
                env={**os.environ, **environment},
                stdout=written,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def runs(self, job: Job) -> bool:
        """Whether it is this process that has begun the newest attempt of a job."""
        return job.worker is not None and job.worker.split(":")[2] == str(self.process.pid)

    def kill(self) -> None:
        """As the system does it when memory is short: without a last word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)

    def pause(self) -> None:
        """Stop it where it stands."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on, as if nothing had been."""
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> int:
        """End it in good order; gives its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


class ServiceProcess(WorkerProcess):
    """A ``facies serve``, which runs jobs itself."""

    code = _SERVE


def wait_for(catalog: Catalog, job_id: str, suits: Callable[[Job], bool], timeout_s: float = 240) -> Job:
    """Wait until a job is as it is wanted."""
    deadline = time.monotonic() + timeout_s
    while not suits(job := catalog.job(job_id)):
        if time.monotonic() > deadline:
            log = [line.line for line in catalog.job_log(job_id)]
            raise TimeoutError(f"job {job_id} is {job.state} ({job.progress}) after {timeout_s:g} s: {log}")
        time.sleep(0.01)
    return job


def images_of(catalog: Catalog, collection: str) -> int:
    """How many images of a collection are acknowledged; none before there is one."""
    return catalog.count(collection) if any(one.name == collection for one in catalog.collections()) else 0


def wait_for_images(catalog: Catalog, collection: str, number: int, timeout_s: float = 240) -> None:
    """Wait until so many images are acknowledged."""
    deadline = time.monotonic() + timeout_s
    while (count := images_of(catalog, collection)) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{count} of {number} images in {collection} after {timeout_s:g} s")
        time.sleep(0.01)
