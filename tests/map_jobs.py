"""Jobs that lay maps out, for tests and benchmarks that kill."""

from __future__ import annotations

import time
from pathlib import Path

from facies.core.jobs import Job
from facies.core.maps import MapRecord
from facies.indexer.jobs.desk import JobDesk
from facies.indexer.maps.layouts import NEIGHBOURS

LAYING_OUT = "laying out"


def order_map(desk: JobDesk, collection: str, seed: int = 0) -> str:
    """Order a new layout of a collection."""
    wanted = {"collection": collection, "action": "fit", "fresh": True, "seed": seed}
    return desk.order("map", wanted, actor="test").id


def wait_for_layout(desk: JobDesk, job_id: str, timeout_s: float = 120) -> None:
    """Wait until neighbours are found, and the layout is being computed."""
    deadline = time.monotonic() + timeout_s
    while not kept_neighbours(desk, job_id):
        job = desk.catalog.job(job_id)
        if time.monotonic() > deadline or job.is_over:
            raise TimeoutError(f"no neighbours after {timeout_s:g} s: {job}")
        time.sleep(0.01)


def kept_neighbours(desk: JobDesk, job_id: str) -> int:
    """The number of the file that keeps the neighbours, 0 without one: a file that is written anew has another one."""
    file = Path(desk.root, job_id, "checkpoints", NEIGHBOURS)
    return file.stat().st_ino if file.exists() else 0


def maps_of(desk: JobDesk, job: Job) -> list[MapRecord]:
    """The maps by UMAP that a job has stored."""
    found = desk.catalog.maps(str(job.collection))
    return [one for one in found if one.facts.parameters.get("run") == job.id and one.facts.method == "umap"]
