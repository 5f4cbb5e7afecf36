"""Which job a worker gets, on SQLite and PostgreSQL."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import JobConflictError
from facies.core.jobs import JobNeeds, JobOrder

if TYPE_CHECKING:
    from multiprocessing.queues import Queue


def order(catalog: Catalog, number: int, **options: Any) -> str:
    options.setdefault("kind", "index")
    return catalog.add_job(JobOrder(id=f"{number:012x}", **options)).id


def claimed(catalog: Catalog, worker: str = "w", **options: Any) -> str | None:
    job = catalog.claim_job(worker, **options)
    return None if job is None else job.id


def test_higher_priority_first_and_of_equals_the_older_one(catalog: Catalog) -> None:
    ids = [order(catalog, number, priority=priority) for number, priority in enumerate([0, 5, 0, 5, -1])]
    assert [claimed(catalog) for _ in range(6)] == [ids[1], ids[3], ids[0], ids[2], ids[4], None]


def test_a_claim_says_who_when_and_which_attempt(catalog: Catalog) -> None:
    order(catalog, 1)
    job = catalog.claim_job("house:host:1/1")
    assert job is not None
    assert (job.state, job.worker, job.attempt, job.progress.stage) == ("running", "house:host:1/1", 1, "starting")
    assert job.started_at is not None
    assert job.started_at == job.heartbeat_at


def test_jobs_of_one_turn_wait_for_each_other_and_let_others_pass(catalog: Catalog) -> None:
    first, second = (order(catalog, number, turn="collection:a") for number in (1, 2))
    other, free = order(catalog, 3, turn="collection:b"), order(catalog, 4)
    assert [claimed(catalog) for _ in range(4)] == [first, other, free, None]
    catalog.finish_job(catalog.job(first).lease, "done")
    assert claimed(catalog) == second


def test_one_gpu_has_one_job_at_a_time(catalog: Catalog) -> None:
    first, second = (order(catalog, number, needs="any") for number in (1, 2))
    strict, plain = order(catalog, 3, needs="gpu"), order(catalog, 4, needs="cpu")
    assert claimed(catalog, device="gpu:0") == first
    assert catalog.job(first).device == "gpu:0"
    assert claimed(catalog, device="gpu:0") == plain
    assert catalog.job(plain).device is None
    assert claimed(catalog, device="gpu:0") is None
    assert claimed(catalog, device="gpu:1") == second
    assert claimed(catalog, device=None) is None, "a job that needs a GPU is nothing for a worker without one"
    ended = catalog.finish_job(catalog.job(first).lease, "failed")
    assert ended.device is None
    assert claimed(catalog, device="gpu:0") == strict


def test_a_worker_without_a_gpu_takes_what_runs_anywhere(catalog: Catalog) -> None:
    jobs = [order(catalog, number, needs="any") for number in (1, 2)]
    assert [claimed(catalog), claimed(catalog)] == jobs


def test_a_worker_gets_only_kinds_that_it_can_run(catalog: Catalog) -> None:
    order(catalog, 1, kind="from a newer facies")
    index = order(catalog, 2)
    assert claimed(catalog, kinds=["index", "whiten"]) == index
    assert claimed(catalog, kinds=["index", "whiten"]) is None


def test_a_hold_keeps_jobs_out_until_it_is_lifted(catalog: Catalog) -> None:
    inside, outside = order(catalog, 1, turn="collection:a"), order(catalog, 2, turn="collection:b")
    catalog.hold_turn("h1", "collection:a", "me")
    catalog.hold_turn("h2", "collection:a", "you")
    assert [claimed(catalog), claimed(catalog)] == [outside, None]
    assert catalog.lift_hold("h1")
    assert claimed(catalog) is None
    assert catalog.lift_hold("h2")
    assert not catalog.lift_hold("h2")
    assert claimed(catalog) == inside


def test_nothing_is_held_where_a_job_writes(catalog: Catalog) -> None:
    job = order(catalog, 1, turn="collection:a", collection="a")
    claimed(catalog)
    with pytest.raises(JobConflictError, match=f"job {job} .index. is writing to collection 'a'"):
        catalog.hold_turn("h", "collection:a", "me")
    assert catalog.hold_beats() == []
    catalog.finish_job(catalog.job(job).lease, "done")
    catalog.hold_turn("h", "collection:a", "me")


def test_a_hold_that_shows_life_is_not_lifted_by_an_old_look(catalog: Catalog) -> None:
    catalog.hold_turn("h", "collection:a", "me")
    (seen,) = catalog.hold_beats()
    assert catalog.beat_hold("h")
    assert not catalog.lift_hold("h", seen.count)
    (seen,) = catalog.hold_beats()
    assert catalog.lift_hold("h", seen.count)
    assert not catalog.beat_hold("h")


def work_through(catalog: Catalog, worker: str, done: list[str]) -> None:
    while (job := catalog.claim_job(worker)) is not None:
        done.append(job.id)
        catalog.beat_job(job.lease)
        catalog.finish_job(job.lease, "done", result={"by": worker})


def work_with_threads(catalog: Catalog, name: str, number: int) -> list[str]:
    done: list[list[str]] = [[] for _ in range(number)]
    threads = [threading.Thread(target=work_through, args=(catalog, f"{name}/{n}", done[n])) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for each in done for one in each]


def work_in_process(url: str, name: str, results: Queue[list[str]]) -> None:
    catalog = open_catalog(url)
    try:
        results.put(work_with_threads(catalog, name, 2))
    finally:
        catalog.close()


def test_forty_jobs_and_four_threads_each_done_once(catalog: Catalog) -> None:
    ids = [order(catalog, number, turn=f"t{number % 7}" if number % 3 else None) for number in range(40)]
    done = work_with_threads(catalog, "w", 4)
    left: list[str] = []
    work_through(catalog, "last", left)  # a thread may end while the only jobs left wait for their turn
    assert sorted([*done, *left]) == ids
    assert Counter(job.attempt for job in catalog.jobs()) == {1: 40}
    assert {job.state for job in catalog.jobs()} == {"done"}


def test_forty_jobs_and_two_processes_of_two_threads_each_done_once(any_url: str) -> None:
    catalog = open_catalog(any_url)
    ids = [order(catalog, number) for number in range(40)]
    context = multiprocessing.get_context("spawn")
    results: Queue[list[str]] = context.Queue()
    processes = [context.Process(target=work_in_process, args=(any_url, f"w{n}", results)) for n in range(2)]
    for process in processes:
        process.start()
    done = [one for _ in processes for one in results.get(timeout=60)]
    for process in processes:
        process.join(60)
    assert sorted(done) == ids
    assert Counter((job.attempt, job.state) for job in catalog.jobs()) == {(1, "done"): 40}
    catalog.close()


NEEDS: list[JobNeeds] = ["cpu", "any", "gpu"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = open_catalog(f"sqlite:///{tmp_path_factory.mktemp('claims') / 'catalog.sqlite'}")
    yield catalog
    catalog.close()


@settings(max_examples=25, deadline=None)
@given(
    jobs=st.lists(
        st.tuples(st.sampled_from([None, "a", "b"]), st.sampled_from(NEEDS), st.integers(-2, 2)), min_size=1, max_size=7
    ),
    workers=st.lists(st.sampled_from([None, "gpu:0", "gpu:1"]), min_size=1, max_size=8),
)
def test_whoever_claims_in_whatever_order_no_turn_and_no_gpu_is_shared(
    shared: Catalog, jobs: list[tuple[str | None, JobNeeds, int]], workers: list[str | None]
) -> None:
    catalog = shared
    for old in catalog.jobs(states=["queued", "running"]):
        catalog.cancel_job(old.id)
    catalog.take_back_jobs_of("")
    for old in catalog.jobs():
        catalog.remove_job(old.id)
    for number, (turn, needs, priority) in enumerate(jobs):
        order(catalog, number, turn=turn, needs=needs, priority=priority)
    for place, device in enumerate(workers):
        waiting = catalog.jobs(states=["queued"])
        running = catalog.jobs(states=["running"])
        got = catalog.claim_job(f"w{place}", device=device)
        turns, devices = {job.turn for job in running if job.turn}, {job.device for job in running if job.device}
        free = [
            job
            for job in waiting
            if job.turn not in turns
            and (job.needs == "cpu" or (job.needs == "any" and device is None) or (device and device not in devices))
        ]
        first = min(free, key=lambda job: (-job.priority, job.number), default=None)
        assert (got and got.id) == (first and first.id)
        if got is not None and place % 3 == 2:
            catalog.finish_job(got.lease, "done")
