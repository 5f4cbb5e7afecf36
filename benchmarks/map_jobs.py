"""``python -m benchmarks.map_jobs``: services and workers killed while a map is being laid out.

As `benchmarks.jobs` does it to indexing. A job must end once, in its second attempt, with one map of all images, and
the neighbours that were found before the kill may not be sought again: the file that keeps them must be the same one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.jobs import PATIENCE_S, measure, see_end
from facies.core.jobs import Job
from facies.core.maps import unpack_ids
from facies.indexer.jobs.desk import JobDesk
from tests.map_jobs import kept_neighbours, maps_of, order_map, wait_for_layout
from tests.worker_process import draw_images, order_index, wait_for

IMAGES: Final = 120
COLLECTION: Final = "mapped"
LAYOUT_S: Final = 12.0
"""About how long a layout takes, most of which is compiling; a kill comes somewhere in it."""


class MapErrand:
    """Laying a map out; the neighbours are what is kept."""

    room = "map jobs"

    def __init__(self, source: Path) -> None:
        """Take a folder with `IMAGES` images."""
        self._source = source

    def order(self, desk: JobDesk, name: str) -> str:
        """Index the images where that was not done yet, and order a layout with a seed of its own."""
        if not any(one.name == COLLECTION for one in desk.catalog.collections()):
            wait_for(desk.catalog, order_index(desk, self._source, COLLECTION), lambda job: job.is_over, PATIENCE_S)
        return order_map(desk, COLLECTION, seed=int(name[1:]))

    def wait(self, desk: JobDesk, job_id: str, share: float) -> None:
        """Wait until the layout has begun, and this share of the time that it takes."""
        wait_for_layout(desk, job_id, PATIENCE_S)
        time.sleep(share * LAYOUT_S)

    def kept(self, desk: JobDesk, job_id: str) -> int:
        """The neighbours."""
        return kept_neighbours(desk, job_id)

    def check(self, desk: JobDesk, job_id: str, kept: int) -> Job:
        """See `check_map`."""
        return check_map(desk, job_id, kept, IMAGES)


def check_map(desk: JobDesk, job_id: str, kept: int, images: int) -> Job:
    """See a job end: once, in its second attempt, with one map of all images, from the neighbours that were kept."""
    job, ends = see_end(desk, job_id)
    made = maps_of(desk, job)
    there = [unpack_ids(desk.catalog.map_points(one.collection, one.number).ids) for one in made]
    as_wanted = (job.state, job.attempt, ends, [len(set(ids)) for ids in there], [len(ids) for ids in there]) == (
        "done",
        2,
        1,
        [images],
        [images],
    )
    if not as_wanted or kept_neighbours(desk, job_id) != kept:
        raise SystemExit(
            f"job {job_id}: {job.state}, attempt {job.attempt}, {ends} ends, maps of {[len(ids) for ids in there]} of "
            f"{images} images, neighbours found again: {kept_neighbours(desk, job_id) != kept}, fault {job.fault}"
        )
    return job


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, cancel, and print the table; a job that is lost or done twice ends it with an error."""
    measure("benchmarks.map_jobs", _map_errand, arguments)


def _map_errand(folder: Path) -> MapErrand:
    draw_images(folder / "in", IMAGES)
    return MapErrand(folder / "in")


if __name__ == "__main__":
    main()
