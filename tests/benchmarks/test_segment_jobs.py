from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.segment_jobs import SECTIONS, check_core
from facies.core.jobs import Job
from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk
from facies.indexer.jobs.folders import folder_of
from facies.indexer.segmentation.job_files import CORE
from facies.indexer.segmentation.section_file import NAME
from tests.segment_cores import finished_sections
from tests.worker_process import open_desk


def finish_section(desk: JobDesk, job: Job, number: int) -> None:
    """Write the file that says that a section is finished, in the place of an older one."""
    folder = folder_of(desk.root, job).checkpoints / CORE / "sections" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / "new"
    new.write_bytes(b"")
    new.replace(folder / NAME)


def end_in_second_attempt(desk: JobDesk, *, masks: int = SECTIONS) -> Job:
    desk.order("segment", {"action": "generate"}, actor="test")
    assert desk.catalog.claim_job("a") is not None
    desk.catalog.take_back_jobs_of("a")
    again = desk.catalog.claim_job("b")
    assert again is not None
    folder = folder_of(desk.root, again)
    for number in range(masks):
        place = folder.results / "sections" / str(number) / "mask.png"
        place.parent.mkdir(parents=True)
        place.write_bytes(b"")
    for number in range(SECTIONS):
        finish_section(desk, again, number)
    return desk.catalog.finish_job(again.lease, "done", results=folder.seal_results())


def test_a_core_is_only_right_when_no_finished_section_was_named_again(tmp_path: Path) -> None:
    with open_desk(Settings(data_dir=tmp_path)) as desk:
        job = end_in_second_attempt(desk)
        kept = finished_sections(desk, job.id)
        assert len(kept) == SECTIONS
        assert check_core(desk, job.id, kept).state == "done"
        finish_section(desk, job, 3)
        with pytest.raises(SystemExit, match="named again: 3,"):
            check_core(desk, job.id, kept)


def test_a_core_is_only_right_with_a_mask_of_every_section(tmp_path: Path) -> None:
    with open_desk(Settings(data_dir=tmp_path)) as desk:
        job = end_in_second_attempt(desk, masks=SECTIONS - 1)
        with pytest.raises(SystemExit, match=f"{SECTIONS - 1} masks"):
            check_core(desk, job.id, {})
