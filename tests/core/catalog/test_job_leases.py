"""Leases: who has lost one changes nothing; jobs of the dead are taken back. On SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from facies.core.catalog import Catalog
from facies.core.errors import JobTakenOverError
from facies.core.jobs import Job, JobBeat, JobFile, JobLease, JobOrder, JobProgress

Write = Callable[[Catalog, JobLease], object]


def begin(catalog: Catalog, worker: str = "a:1/1", *, number: int = 1, max_attempts: int = 3) -> Job:
    catalog.add_job(JobOrder(id=f"{number:012x}", kind="index", turn=f"t{number}", max_attempts=max_attempts))
    job = catalog.claim_job(worker)
    assert job is not None
    return job


def beat_of(catalog: Catalog, job: Job) -> JobBeat:
    return next(beat for beat in catalog.running_beats() if beat.id == job.id)


WRITES: list[Write] = [
    lambda catalog, lease: catalog.beat_job(lease, JobProgress("late", 9, 9)),
    lambda catalog, lease: catalog.beat_job(lease),
    lambda catalog, lease: catalog.finish_job(lease, "done", result={"late": True}),
    lambda catalog, lease: catalog.finish_job(lease, "failed"),
    lambda catalog, lease: catalog.release_job(lease),
]


@pytest.mark.parametrize("write", WRITES)
def test_whoever_was_taken_over_writes_nothing_any_more(catalog: Catalog, write: Write) -> None:
    lost = begin(catalog)
    assert catalog.take_back_job(beat_of(catalog, lost)) is not None
    waiting = catalog.job(lost.id)
    with pytest.raises(JobTakenOverError, match="attempt 1"):
        write(catalog, lost.lease)
    assert catalog.job(lost.id) == waiting
    heir = catalog.claim_job("a:1/1")  # also where the same worker gets it again
    with pytest.raises(JobTakenOverError):
        write(catalog, lost.lease)
    assert catalog.job(lost.id) == heir
    assert heir is not None
    assert heir.attempt == 2
    write(catalog, heir.lease)


def test_the_end_of_a_job_is_written_once(catalog: Catalog) -> None:
    job = begin(catalog)
    catalog.finish_job(job.lease, "done", result={"n": 1})
    with pytest.raises(JobTakenOverError):
        catalog.finish_job(job.lease, "done", result={"n": 2})
    assert catalog.job(job.id).result == {"n": 1}


def test_an_end_keeps_inputs_and_puts_results_in_the_place_of_earlier_ones(catalog: Catalog) -> None:
    given = JobFile("in.png", "input", 1, "aa" * 32)
    catalog.add_job(JobOrder(id="f" * 12, kind="segment", files=[given]))
    old, new = JobFile("mask.png", "result", 2, "bb" * 32), JobFile("mask.png", "result", 3, "cc" * 32)
    job = catalog.claim_job("w")
    assert job is not None
    assert catalog.finish_job(job.lease, "failed", results=[old]).files == (given, old)
    catalog.retry_job(job.id, 1)
    job = catalog.claim_job("w")
    assert job is not None
    ended = catalog.finish_job(job.lease, "done", results=[new], progress=JobProgress("writing", 4, 4))
    assert ended.files == (given, new)
    assert ended.progress == JobProgress("writing", 4, 4)


def test_a_worker_that_shows_life_keeps_its_job(catalog: Catalog) -> None:
    job = begin(catalog)
    seen = beat_of(catalog, job)
    catalog.beat_job(job.lease)
    assert catalog.take_back_job(seen) is None
    assert catalog.job(job.id).state == "running"
    catalog.finish_job(job.lease, "done")
    assert catalog.running_beats() == []


def test_a_dead_workers_job_waits_again_until_no_attempt_is_left(catalog: Catalog) -> None:
    job = begin(catalog, max_attempts=3)
    for attempt in (1, 2):
        taken = catalog.take_back_job(beat_of(catalog, job))
        assert taken is not None
        assert (taken.state, taken.attempt, taken.progress) == ("queued", attempt, JobProgress(""))
        assert catalog.claim_job(f"w{attempt}") is not None
    last = catalog.take_back_job(beat_of(catalog, job))
    assert last is not None
    assert last.state == "failed"
    assert last.fault is not None
    assert last.fault.code == "JobWorkerDiedError"
    assert "3 times" in last.fault.message
    assert catalog.claim_job("w") is None
    assert "failed: the worker" in catalog.job_log(job.id)[-1].line


def test_a_job_that_was_to_stop_is_cancelled_when_its_worker_is_dead(catalog: Catalog) -> None:
    job = begin(catalog)
    catalog.cancel_job(job.id)
    taken = catalog.take_back_job(beat_of(catalog, job))
    assert taken is not None
    assert taken.state == "cancelled"
    assert taken.finished_at is not None


def test_a_worker_that_ends_in_good_order_costs_no_attempt(catalog: Catalog) -> None:
    job = begin(catalog, max_attempts=1)
    for round_ in range(1, 4):
        released = catalog.release_job(catalog.job(job.id).lease)
        assert (released.state, released.attempt, released.max_attempts) == ("queued", round_, 1 + round_)
        assert catalog.claim_job("w") is not None
    catalog.cancel_job(job.id)
    assert catalog.release_job(catalog.job(job.id).lease).state == "cancelled"


def test_what_dead_processes_of_a_house_held_comes_back_and_nothing_else(catalog: Catalog) -> None:
    mine, other = begin(catalog, "aa%_:host:1/1", number=1), begin(catalog, "aaxy:host:2/1", number=2)
    catalog.hold_turn("h1", "t3", "aa%_:host:1")
    catalog.hold_turn("h2", "t3", "aaxy:host:2")
    assert [job.id for job in catalog.take_back_jobs_of("aa%_:")] == [mine.id]
    assert catalog.job(mine.id).state == "queued"
    assert catalog.job(other.id).state == "running"
    assert [beat.id for beat in catalog.hold_beats()] == ["h2"]
