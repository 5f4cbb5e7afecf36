"""Jobs without a service, beside one that holds the store."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from facies.api.jobs import describe_job, start_job
from facies.api.local_jobs import open_jobs
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import JobFileError
from facies.core.wire_jobs import JobBody
from tests.api.conftest import over


def test_what_is_seen_is_what_the_service_sees(working: Service) -> None:
    body = JobBody(kind="copy", parameters={"files": ["upload:a"]})
    job = over(working, start_job(working, body, Actor("Ann"), [("a", io.BytesIO(b"abc"))]))
    with open_jobs(working.settings, None) as jobs:
        assert jobs.get(job.id) == describe_job(working, job.id)
        assert list(jobs.events(job.id)) == [job]
        lines = jobs.log(job.id).lines
        assert [line.line for line in jobs.log(job.id, after=lines[0].number).lines] == [
            line.line for line in lines[1:]
        ]
        target = io.BytesIO()
        made = next(file for file in job.files if file.name == "copies/a")
        jobs.download(made, target)
        assert target.getvalue() == b"abc"
        (working.desk.root / job.id / "results" / "1" / "copies" / "a").unlink()
        with pytest.raises(JobFileError, match="is gone"):
            jobs.download(made, target)


def test_files_are_copied_when_a_job_is_ordered(working: Service, tmp_path: Path) -> None:
    (tmp_path / "strokes.json").write_bytes(b"{}")
    with open_jobs(working.settings, None) as jobs:
        job = jobs.start(JobBody(kind="optimise", parameters={"collection": "none"}), [tmp_path / "strokes.json"])
    assert [(file.name, file.role, file.bytes) for file in job.files] == [("strokes.json", "input", 2)]
    ended = over(working, job)
    assert ended.state == "failed"
    assert ended.error is not None
    assert ended.error.code == "CollectionNotFoundError"
