"""Workers on both queues and both databases."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from facies.core.errors import StoreUnavailableError
from facies.core.jobs import JobOrder, JobProgress
from facies.core.settings import Settings
from facies.indexer.jobs.places import house_of
from facies.indexer.jobs.worker import LOOK_S
from tests.indexer.jobs.conftest import Diary, House


def test_a_job_is_done_with_progress_log_result_and_files(house: House) -> None:
    house.workers()
    job = house.wait_for(house.order(steps=3, writes="hello"))
    assert (job.state, job.result, job.fault) == ("done", {"steps": 3, "begun": 0}, None)
    assert job.progress.stage == "walking"
    assert (job.progress.done, job.progress.total) == (3, 3)
    (file,) = job.files
    assert (file.name, file.role, file.size_bytes) == ("out.txt", "result", 5)
    log = [line.line for line in house.workspace.catalog.job_log(job.id)]
    assert log[0].startswith("attempt 1 by ")
    assert log[-1] == "done"
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.created_at <= job.started_at <= job.finished_at


def test_forty_jobs_and_four_workers_each_done_once(house: House, diary: Diary) -> None:
    ids = [house.order() for _ in range(20)]
    house.workers(4)
    ids += [house.order() for _ in range(20)]
    for job_id in ids:
        assert house.wait_for(job_id, timeout_s=60).state == "done"
    assert Counter(diary.ran) == dict.fromkeys(ids, 1)


def test_a_message_wakes_an_idle_worker_long_before_it_looks_by_itself(house: House) -> None:
    house.workers()
    house.wait_for(house.order())
    time.sleep(0.3)
    begun = time.monotonic()
    job = house.wait_for(house.order())
    assert job.state == "done"
    assert time.monotonic() - begun < LOOK_S * 0.75


def test_a_lost_message_costs_seconds_and_no_job(house: House) -> None:
    house.workers()
    job = house.workspace.catalog.add_job(JobOrder(id="lost", kind="errand", parameters={"steps": 1}))
    assert house.wait_for(job.id, timeout_s=LOOK_S + 10).state == "done"


def test_doubled_and_foreign_messages_do_nothing_twice(house: House, diary: Diary) -> None:
    job_id = house.order()
    for _ in range(5):
        house.queue.send(job_id)
    house.queue.send("of a job that never was")
    house.queue._storage.enqueue(b"\x80\x04cos\nsystem\n", 100)
    house.workers(2)
    house.wait_for(job_id)
    last = house.order()
    house.wait_for(last)
    assert diary.ran == [job_id, last]


def test_the_message_of_a_deleted_job_does_nothing(house: House, diary: Diary) -> None:
    job_id = house.order()
    house.desk.cancel(job_id)
    house.desk.remove(job_id)
    house.workers()
    last = house.order()
    house.wait_for(last)
    assert diary.ran == [last]


def test_higher_priority_goes_first(house: House, diary: Diary) -> None:
    ids = [house.order(priority=priority) for priority in (0, 7, -2, 7)]
    house.workers(1)
    for job_id in ids:
        house.wait_for(job_id)
    assert diary.ran == [ids[1], ids[3], ids[0], ids[2]]


def test_writers_of_one_collection_wait_for_each_other(house: House, diary: Diary) -> None:
    house.workers(3)
    ids = [house.order("writing errand", collection="c", steps=2, step_s=0.05) for _ in range(3)]
    for job_id in ids:
        assert house.wait_for(job_id).state == "done"
    assert diary.most_at_once == 1
    assert diary.ran == ids


def test_one_gpu_runs_one_job_at_a_time(house: House, diary: Diary) -> None:
    house.workers(3, device="gpu:a")
    ids = [house.order("gpu errand", steps=2, step_s=0.05) for _ in range(3)]
    for job_id in ids:
        assert house.wait_for(job_id).state == "done"
    assert diary.most_at_once == 1


def test_a_running_job_is_cancelled_soon_and_keeps_what_there_is(house: House) -> None:
    house.workers()
    job_id = house.order(steps=10_000, step_s=0.05)
    house.wait_for(job_id, "running")
    time.sleep(0.2)
    begun = time.monotonic()
    house.desk.cancel(job_id)
    job = house.wait_for(job_id)
    assert time.monotonic() - begun < 5
    assert job.state == "cancelled"
    assert isinstance(job.result, dict)


def test_a_cancelled_job_goes_on_from_its_checkpoint_when_it_is_tried_again(house: House) -> None:
    house.workers()
    job_id = house.order(steps=200, step_s=0.02)
    while house.job(job_id).progress.done < 4:
        time.sleep(0.02)
    house.desk.cancel(job_id)
    house.wait_for(job_id)
    house.desk.retry(job_id)
    job = house.wait_for(job_id)
    assert (job.state, job.attempt) == ("done", 2)
    assert job.result["begun"] > 3


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        ("expected", "SourceError", "no such folder"),
        ("unexpected", "JobError", "an unexpected error; the log of worker"),
        ("no json", "JobError", "an unexpected error; the log of worker"),
    ],
)
def test_a_failure_is_told_and_the_worker_goes_on(small_house: House, fault: str, code: str, message: str) -> None:
    small_house.workers()
    job = small_house.wait_for(small_house.order(fault=fault))
    assert job.state == "failed"
    assert job.fault is not None
    assert job.fault.code == code
    assert message in job.fault.message
    assert small_house.workspace.catalog.job_log(job.id)[-1].level == "error"
    assert small_house.wait_for(small_house.order()).state == "done"


def test_workers_that_end_give_their_jobs_back_and_the_next_ones_go_on(house: House) -> None:
    first = house.workers()
    job_id = house.order(steps=100, step_s=0.02)
    while house.job(job_id).progress.done < 3:
        time.sleep(0.02)
    first.close()
    back = house.job(job_id)
    assert (back.state, back.device, back.max_attempts) == ("queued", None, 4)
    house.workers()
    job = house.wait_for(job_id)
    assert job.result["begun"] >= 3


def test_a_process_that_holds_the_folder_takes_back_at_once_what_the_dead_held(house: House) -> None:
    catalog = house.workspace.catalog
    job_id = house.order(steps=1)
    dead = f"{house_of(house.settings)}host:1:dead"
    assert catalog.claim_job(f"{dead}/1") is not None
    catalog.hold_turn("h", "collection:c", dead)
    begun = time.monotonic()
    house.workers()
    job = house.wait_for(job_id)
    assert time.monotonic() - begun < house.settings.jobs.stall_s
    assert (job.state, job.attempt) == ("done", 2)
    assert catalog.hold_beats() == []


@pytest.mark.parametrize("stall_s", [2.0])
def test_a_worker_that_stands_still_loses_its_job_and_notices(house: House, diary: Diary) -> None:
    """What SIGSTOP does is done to a lease here; `tests/integration/test_jobs_killed.py` sends the signal."""
    both = [house.workers(), house.workers()]  # before there is a job: who starts takes back what the dead held
    job_id = house.order(steps=600, step_s=0.01)
    house.wait_for(job_id, "running")
    (lease,) = [lease for workers in both for lease in workers._leases.values()]
    beat, resume = lease.beat, threading.Event()

    def stand_still() -> None:
        resume.wait()
        beat()

    lease.beat = stand_still  # type: ignore[method-assign]  # the process is stopped in the middle of its work
    deadline = time.monotonic() + 30
    while house.job(job_id).attempt == 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    resume.set()
    assert lease.stop.wait(10), "it goes on although its job is another's"
    assert lease.ending == "lost"
    job = house.wait_for(job_id, timeout_s=60)
    assert (job.state, job.attempt) == ("done", 2)
    assert diary.ran == [job_id, job_id]
    log = [line.line for line in house.workspace.catalog.job_log(job_id)]
    assert log.count("done") == 1
    assert "its worker died or stood still in attempt 1; waits for another" in log


def test_a_job_whose_end_cannot_be_written_yet_is_ended_when_it_can(
    small_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = small_house.workspace.catalog
    finish, failures = catalog.finish_job, iter([True, False])

    def fail_once(*args: object, **options: object) -> object:
        if next(failures):
            raise StoreUnavailableError("the database", "for a moment")
        return finish(*args, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(catalog, "finish_job", fail_once)
    small_house.workers()
    assert small_house.wait_for(small_house.order()).state == "done"


def test_with_none_a_process_leaves_jobs_to_others(small_house: House) -> None:
    small_house.workers(0)
    job_id = small_house.order()
    time.sleep(0.5)
    assert small_house.job(job_id).state == "queued"


def test_jobs_are_run_one_by_one_in_the_callers_thread(small_house: House) -> None:
    ids = [small_house.order() for _ in range(2)]
    workers = small_house.workers(0)
    ran = [workers.run_next(), workers.run_next(), workers.run_next()]
    assert [job and (job.id, job.state) for job in ran] == [(ids[0], "done"), (ids[1], "done"), None]


def test_the_rate_and_the_time_left_are_those_of_the_stage(small_house: House) -> None:
    small_house.workers()
    job_id = small_house.order(steps=60, step_s=0.05)
    while (job := small_house.job(job_id)).progress.done < 10:
        time.sleep(0.05)
    assert job.progress.rate_per_s is not None
    assert 2 < job.progress.rate_per_s < 21
    assert job.seconds_left == pytest.approx((60 - job.progress.done) / job.progress.rate_per_s)
    small_house.desk.cancel(job_id)
    assert small_house.wait_for(job_id).seconds_left is None


def test_kinds_that_this_facies_does_not_know_are_left_waiting(
    settings: Settings, make_house: Callable[..., House]
) -> None:
    house = make_house(settings)
    job = house.workspace.catalog.add_job(JobOrder(id="new", kind="from a newer facies"))
    house.workers()
    assert house.wait_for(house.order()).state == "done"
    assert house.job(job.id).progress == JobProgress("")
