"""kill -9 of a real service in the middle of a core: the job ends once, and no finished section is named again."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.settings import load_settings
from facies.indexer.jobs.folders import find_file
from tests.segment_cores import draw_core, finished_sections, order_core, wait_for_sections
from tests.worker_process import ServiceProcess, open_desk, wait_for

SECTIONS = 8
BEGUN = 3
"""Finished sections after which the service is killed."""
HURRY = {"FACIES_JOBS__WORKERS": "1", "FACIES_JOBS__HEARTBEAT_S": "0.5", "FACIES_API__PORT": "0"}


def test_kill_9_of_the_service_in_the_middle_of_a_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HURRY.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    draw_core(tmp_path / "core", SECTIONS)
    log = tmp_path / "service.log"
    with open_desk(settings) as desk:
        job_id = order_core(desk, tmp_path / "core")
        with ServiceProcess(HURRY, log) as service:
            wait_for_sections(desk, job_id, BEGUN)
            service.kill()
        kept = finished_sections(desk, job_id)
        assert BEGUN <= len(kept) < SECTIONS
        assert desk.catalog.job(job_id).state == "running", "nobody has told the catalogue"
        with ServiceProcess(HURRY, log) as service:
            job = wait_for(desk.catalog, job_id, lambda one: one.is_over)
            assert service.runs(job)
            assert service.end() == 0, log.read_text()
        assert (job.state, job.attempt) == ("done", 2), job.fault
        assert [line.line for line in desk.catalog.job_log(job_id)].count("done") == 1
        after = finished_sections(desk, job_id)
        assert len(after) == SECTIONS
        assert {name: after[name] for name in kept} == kept, "a finished section was named again"
        assert (len(job.result["sections"]), job.result["sections_kept"]) == (SECTIONS, len(kept))
        assert job.result["failed"] == []
        masks = [file.name for file in job.files if file.name.endswith("mask.png")]
        assert len(masks) == SECTIONS
        for file in job.files:
            find_file(desk.root, job, file.name)
        assert [path.name for path in (desk.root / job_id / "results").iterdir()] == ["2"]
