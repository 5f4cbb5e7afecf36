"""``python -m benchmarks.segment_jobs``: services and workers killed in the middle of cores that are being segmented.

As `benchmarks.jobs` does it to indexing. A job must end once, in its second attempt, with every section, and no section
that was finished before the kill may be named again: the file that says so must be the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.jobs import PATIENCE_S, measure, see_end
from facies.core.jobs import Job
from facies.indexer.jobs.desk import JobDesk
from facies.indexer.jobs.folders import find_file
from tests.segment_cores import draw_core, finished_sections, order_core, wait_for_sections

SECTIONS: Final = 16


class CoreErrand:
    """Naming a core; every section is a piece."""

    room = "segment jobs"

    def __init__(self, core: Path) -> None:
        """Take the folder, with a model and `SECTIONS` sections."""
        self._core = core

    def order(self, desk: JobDesk, _name: str) -> str:
        """Cores have no name."""
        return order_core(desk, self._core)

    def wait(self, desk: JobDesk, job_id: str, share: float) -> None:
        """Sections are acknowledged by their files."""
        wait_for_sections(desk, job_id, max(1, int(share * SECTIONS)), PATIENCE_S)

    def kept(self, desk: JobDesk, job_id: str) -> Mapping[str, int]:
        """The finished sections."""
        return finished_sections(desk, job_id)

    def check(self, desk: JobDesk, job_id: str, kept: Mapping[str, int]) -> Job:
        """See `check_core`."""
        return check_core(desk, job_id, kept)


def check_core(desk: JobDesk, job_id: str, kept: Mapping[str, int]) -> Job:
    """See a job end: once, in its second attempt, with all sections and their files, none named again that was kept."""
    job, ends = see_end(desk, job_id)
    after = finished_sections(desk, job_id)
    again = [name for name, number in kept.items() if after.get(name) != number]
    masks = [file.name for file in job.files if file.role == "result" and file.name.endswith("mask.png")]
    if (job.state, job.attempt, ends, len(after), len(masks)) != ("done", 2, 1, SECTIONS, SECTIONS) or again:
        raise SystemExit(
            f"job {job_id}: {job.state}, attempt {job.attempt}, {ends} ends, {len(after)} of {SECTIONS} sections, "
            f"{len(masks)} masks, named again: {', '.join(again) or 'none'}, fault {job.fault}"
        )
    for file in job.files:
        find_file(desk.root, job, file.name)
    return job


def main(arguments: Sequence[str] | None = None) -> None:
    """Kill, cancel, and print the table; a job that is lost or done twice ends it with an error."""
    measure("benchmarks.segment_jobs", _core_errand, arguments)


def _core_errand(folder: Path) -> CoreErrand:
    draw_core(folder / "core", SECTIONS)
    return CoreErrand(folder / "core")


if __name__ == "__main__":
    main()
