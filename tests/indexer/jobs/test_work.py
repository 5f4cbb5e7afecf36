"""What a function that does a job can use."""

from __future__ import annotations

import pytest

from facies.core.errors import JobError, JobReleasedError, StorageError
from facies.core.jobs import JobProgress
from facies.indexer.jobs.folders import folder_of
from facies.indexer.jobs.lease import Lease, with_rate
from facies.indexer.jobs.work import Work
from facies.indexer.progress import ProgressUpdate
from tests.indexer.jobs.conftest import ErrandParameters, House


@pytest.fixture
def lease(small_house: House) -> Lease:
    small_house.order(steps=7)
    job = small_house.workspace.catalog.claim_job("w")
    assert job is not None
    return Lease(small_house.workspace.catalog, job.lease, heartbeat_s=60, stall_s=180)


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def work(small_house: House, lease: Lease, clock: list[float]) -> Work:
    job = small_house.job(lease.held.id)
    return Work(
        job,
        settings=small_house.settings,
        workspace=small_house.workspace,
        folder=folder_of(small_house.desk.root, job),
        embedders=None,  # type: ignore[arg-type]  # no network is wanted here
        desk=small_house.desk,
        lease=lease,
        clock=lambda: clock[0],
    )


def test_parameters_come_back_as_they_were_ordered(work: Work) -> None:
    assert work.parameters(ErrandParameters) == ErrandParameters(steps=7)


def test_the_rate_is_that_of_the_stage(work: Work, lease: Lease, clock: list[float]) -> None:
    work.progress("reading", 0, 10)
    clock[0] += 2
    work.progress("reading", 4, 10)
    assert lease.progress == JobProgress("reading", 4, 10, 2.0)
    clock[0] += 10
    work.progress("writing", 1)
    assert lease.progress.rate_per_s is None, "a new stage has no rate yet"
    clock[0] += 2
    work.progress("writing", 3)
    assert lease.progress.rate_per_s == 1.5
    work.progress("writing", 4, rate_per_s=9.0)
    assert lease.progress.rate_per_s == 9.0


def test_no_rate_comes_of_nothing() -> None:
    zero = JobProgress("a", 0, 5)
    assert with_rate(zero, zero, 0.0, 1.0) == zero
    assert with_rate(zero, JobProgress("a", 1, 5), 1.0, 1.0).rate_per_s is None


def test_a_pipeline_is_followed_without_being_broken_off(work: Work, lease: Lease) -> None:
    follow = work.follow("indexing")
    assert lease.progress == JobProgress("indexing")
    lease.end("released")
    follow(ProgressUpdate(done=10, total=40, images=9, elapsed_s=2.0))
    assert lease.progress == JobProgress("indexing", 10, 40, 5.0)
    assert work.stop.is_set()
    with pytest.raises(JobReleasedError):
        work.progress("indexing", 11)


def test_checkpoints_are_shared_by_attempts_and_results_are_not(work: Work, lease: Lease) -> None:
    work.save_checkpoint("deep/step", b"3")
    assert work.checkpoint("deep/step").read_bytes() == b"3"
    assert work.folder.results.name == str(work.attempt) == "1"
    assert "results" not in work.checkpoint("deep/step").parts
    lease.end("lost")
    with pytest.raises(JobError, match="no longer counts"):
        work.save_checkpoint("deep/step", b"4")
    assert work.checkpoint("deep/step").read_bytes() == b"3"


def test_a_checkpoint_that_cannot_be_written_is_told(work: Work) -> None:
    work.folder.path.mkdir(parents=True)
    work.folder.checkpoints.write_text("a file in the place of the folder")
    with pytest.raises(StorageError, match="checkpoints"):
        work.save_checkpoint("step", b"")


def test_an_early_end_says_why_and_keeps_what_there_is(work: Work, lease: Lease) -> None:
    with pytest.raises(JobError, match="nobody had asked for that"):
        work.end_early({"n": 1})
    lease.end("released")
    with pytest.raises(JobReleasedError):
        work.end_early({"n": 2})
    assert work.partial == {"n": 2}
