from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.jobs import IMAGES, check, use
from facies.core.jobs import Job
from facies.core.settings import Settings
from facies.indexer.jobs.desk import JobDesk
from tests.worker_process import open_desk


def end_in_second_attempt(desk: JobDesk, *, unchanged: int) -> Job:
    job = desk.order("index", {"path": "/x", "collection": "c"}, actor="test")
    catalog = desk.catalog
    assert catalog.claim_job("a") is not None
    catalog.take_back_jobs_of("a")
    again = catalog.claim_job("b")
    assert again is not None
    catalog.finish_job(again.lease, "done", result={"indexed": IMAGES - unchanged, "unchanged": unchanged})
    return job


def test_a_job_is_only_right_with_every_image_and_none_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.jobs.images_of", lambda *_: IMAGES)
    with open_desk(Settings(data_dir=tmp_path)) as desk:
        job = end_in_second_attempt(desk, unchanged=12)
        assert check(desk, job.id, "c", 12).result["unchanged"] == 12
        with pytest.raises(SystemExit, match="13 kept"):
            check(desk, job.id, "c", 13)
        monkeypatch.setattr("benchmarks.jobs.images_of", lambda *_: IMAGES - 1)
        with pytest.raises(SystemExit, match=f"{IMAGES - 1} of {IMAGES} images"):
            check(desk, job.id, "c", 12)


def test_settings_of_a_measurement_leave_no_trace(tmp_path: Path) -> None:
    before = dict(os.environ)
    with use({"FACIES_DATA_DIR": str(tmp_path), "FACIES_JOBS__WORKERS": "7"}) as settings:
        assert (settings.data_dir, settings.jobs.workers) == (tmp_path, 7)
    assert dict(os.environ) == before
