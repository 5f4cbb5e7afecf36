"""The files of jobs."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import JobFileError, StorageError
from facies.core.jobs import Job, JobFile, JobProgress
from facies.indexer.jobs.folders import JobFolder, copy_results, find_file, folder_of


def make_job(*files: JobFile, attempt: int = 1) -> Job:
    return Job(
        number=1,
        id="ab",
        kind="segment",
        state="done",
        parameters={},
        collection=None,
        turn=None,
        needs="cpu",
        device=None,
        priority=0,
        actor="",
        progress=JobProgress(""),
        attempt=attempt,
        max_attempts=3,
        worker=None,
        cancel_requested=False,
        created_at=datetime.now(UTC),
        started_at=None,
        finished_at=None,
        heartbeat_at=None,
        fault=None,
        result=None,
        files=files,
        version=1,
    )


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    return JobFolder("ab", tmp_path / "ab", attempt=1)


def test_an_input_is_there_whole_with_its_hash(folder: JobFolder) -> None:
    file = folder.add_input("cores/Åre 1.png", io.BytesIO(b"bytes"))
    assert file == JobFile("cores/Åre 1.png", "input", 5, hashlib.sha256(b"bytes").hexdigest())
    assert folder.place(file.name, "input").read_bytes() == b"bytes"
    assert [path.name for path in folder.inputs.rglob("*") if path.is_file()] == ["Åre 1.png"]


def test_two_inputs_of_one_name_are_refused(folder: JobFolder) -> None:
    folder.add_input("a", io.BytesIO(b"1"))
    with pytest.raises(JobFileError, match="given twice"):
        folder.add_input("a", io.BytesIO(b"2"))


def test_an_input_that_breaks_off_leaves_nothing(folder: JobFolder) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        folder.add_input("a", Broken())
    assert not [path for path in folder.path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/../../x", "/etc/passwd", "a\\b", "a\0b", "x" * 256, "a/\n", "."])
def test_a_name_that_leads_elsewhere_is_refused(folder: JobFolder, name: str) -> None:
    with pytest.raises(JobFileError):
        folder.place(name, "result")


@given(name=st.text(max_size=40))
def test_whatever_a_name_is_it_stays_inside_or_is_refused(name: str) -> None:
    folder = JobFolder("ab", Path("/jobs/ab"), attempt=2)
    try:
        place = folder.place(name, "input")
    except JobFileError:
        return
    assert place.parent.resolve().is_relative_to("/jobs/ab/inputs")
    assert place != folder.inputs


def test_results_of_attempts_lie_apart_and_only_the_last_one_stays(tmp_path: Path) -> None:
    for attempt in (1, 2):
        results = JobFolder("ab", tmp_path / "ab", attempt).results
        (results / "deep").mkdir(parents=True)
        (results / "deep" / "mask.png").write_bytes(b"%d" % attempt)
        (results / "a.csv").write_bytes(b"x")
    last = JobFolder("ab", tmp_path / "ab", 2)
    sealed = last.seal_results()
    assert [file.name for file in sealed] == ["a.csv", "deep/mask.png"]
    assert sealed[1].sha256 == hashlib.sha256(b"2").hexdigest()
    last.drop_results_of_others()
    assert [path.name for path in (tmp_path / "ab" / "results").iterdir()] == ["2"]
    assert JobFolder("ab", tmp_path / "ab", 3).seal_results() == ()


def test_results_are_copied_and_checked(tmp_path: Path) -> None:
    folder = JobFolder("ab", tmp_path / "jobs" / "ab", 2)
    folder.results.mkdir(parents=True)
    (folder.results / "a.csv").write_bytes(b"depth_m,sand\n")
    given_file = folder.add_input("a.csv", io.BytesIO(b"input"))
    job = make_job(given_file, *folder.seal_results(), attempt=2)
    assert folder_of(tmp_path / "jobs", job) == folder
    assert find_file(tmp_path / "jobs", job, "a.csv")[0].role == "result"
    assert [file.name for file in copy_results(tmp_path / "jobs", job, tmp_path / "out")] == ["a.csv"]
    assert (tmp_path / "out" / "a.csv").read_bytes() == b"depth_m,sand\n"
    with pytest.raises(JobFileError, match=r"is at .* already"):
        copy_results(tmp_path / "jobs", job, tmp_path / "out")
    (folder.results / "a.csv").write_bytes(b"depth_m,silt\n")
    with pytest.raises(JobFileError, match="another one than when the job ended"):
        copy_results(tmp_path / "jobs", job, tmp_path / "again")
    assert not (tmp_path / "again" / "a.csv").exists()
    (folder.results / "a.csv").write_bytes(b"short")
    with pytest.raises(JobFileError, match="has 5 bytes, expected 13"):
        find_file(tmp_path / "jobs", job, "a.csv")
    (folder.results / "a.csv").unlink()
    with pytest.raises(JobFileError, match="is gone"):
        find_file(tmp_path / "jobs", job, "a.csv")
    with pytest.raises(JobFileError, match="is not there"):
        find_file(tmp_path / "jobs", replace(job, files=()), "a.csv")
