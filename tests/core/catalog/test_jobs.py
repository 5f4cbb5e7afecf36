"""The face of jobs for everybody, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from facies.core.catalog import Catalog
from facies.core.errors import JobNotFoundError, JobStateError
from facies.core.jobs import JobFault, JobFile, JobOrder, JobProgress


def order(catalog: Catalog, number: int, **options: object) -> str:
    return catalog.add_job(JobOrder(id=f"{number:012x}", kind="index", **options)).id  # type: ignore[arg-type]  # a bag


def test_a_job_reads_as_it_was_ordered(catalog: Catalog) -> None:
    given = JobFile("a/b.png", "input", 7, "ab" * 32)
    before = datetime.now(UTC)
    made = catalog.add_job(
        JobOrder(
            id="0123456789ab",
            kind="segment",
            parameters={"path": "/slides/Åre", "n": 3, "deep": {"list": [1, 2.5, None]}},
            collection="microfossils",
            turn="collection:microfossils",
            needs="any",
            priority=-3,
            actor="Ann",
            max_attempts=5,
            files=[given],
        )
    )
    assert made == catalog.job("0123456789ab")
    assert made.state == "queued"
    assert made.parameters == {"path": "/slides/Åre", "n": 3, "deep": {"list": [1, 2.5, None]}}
    assert (made.collection, made.turn, made.needs, made.priority) == (
        "microfossils",
        "collection:microfossils",
        "any",
        -3,
    )
    assert (made.actor, made.attempt, made.max_attempts, made.files) == ("Ann", 0, 5, (given,))
    assert (made.started_at, made.finished_at, made.fault, made.result, made.worker) == (None,) * 5
    assert before <= made.created_at <= datetime.now(UTC)
    assert not made.is_over
    assert made.seconds_left is None


def test_an_unknown_job_is_told_everywhere(catalog: Catalog) -> None:
    for ask in (catalog.job, catalog.job_version, catalog.job_log, catalog.cancel_job, catalog.remove_job):
        with pytest.raises(JobNotFoundError, match="'nobody'"):
            ask("nobody")
    with pytest.raises(JobNotFoundError):
        catalog.retry_job("nobody", 3)
    with pytest.raises(JobNotFoundError):
        catalog.jobs(after="nobody")


def test_pages_hold_every_job_once_the_newest_first(catalog: Catalog) -> None:
    ids = [order(catalog, number, collection="c" if number % 2 else None) for number in range(7)]
    seen: list[str] = []
    while page := catalog.jobs(after=seen[-1] if seen else None, limit=3):
        seen += [job.id for job in page]
    assert seen == ids[::-1]
    assert [job.id for job in catalog.jobs(collection="c")] == [ids[5], ids[3], ids[1]]
    catalog.cancel_job(ids[0])
    assert [job.id for job in catalog.jobs(states=["cancelled", "failed"])] == [ids[0]]
    assert catalog.jobs(kinds=["whiten"]) == []
    assert len(catalog.jobs(kinds=["whiten", "index"], states=["queued"])) == 6
    assert catalog.count_jobs() == {"queued": 6, "cancelled": 1}


def test_every_change_that_can_be_seen_makes_a_new_version(catalog: Catalog) -> None:
    job_id = order(catalog, 1)
    versions = [catalog.job_version(job_id)]

    def changed() -> bool:
        versions.append(catalog.job_version(job_id))
        return versions[-1] > versions[-2]

    job = catalog.claim_job("w")
    assert job is not None
    assert changed()
    catalog.beat_job(job.lease)
    assert not changed()
    catalog.beat_job(job.lease, JobProgress("reading", 1, 10, 2.0))
    assert changed()
    assert catalog.job(job_id).seconds_left == pytest.approx(4.5)
    catalog.cancel_job(job_id)
    assert changed()
    catalog.cancel_job(job_id)
    assert not changed()
    catalog.finish_job(job.lease, "cancelled")
    assert changed()
    catalog.retry_job(job_id, 3)
    assert changed()


def test_a_waiting_job_is_cancelled_at_once_and_never_begins(catalog: Catalog) -> None:
    job = catalog.cancel_job(order(catalog, 1))
    assert job.state == "cancelled"
    assert job.finished_at is not None
    assert catalog.claim_job("w") is None
    assert catalog.cancel_job(job.id) == job


def test_a_running_job_is_asked_to_stop(catalog: Catalog) -> None:
    order(catalog, 1)
    job = catalog.claim_job("w")
    assert job is not None
    assert catalog.beat_job(job.lease) is False
    asked = catalog.cancel_job(job.id)
    assert (asked.state, asked.cancel_requested) == ("running", True)
    assert catalog.beat_job(job.lease) is True


def test_a_failed_job_is_tried_again_under_the_same_id_with_new_attempts(catalog: Catalog) -> None:
    order(catalog, 1, max_attempts=1)
    first = catalog.claim_job("w")
    assert first is not None
    fault = JobFault("SourceError", "no such folder")
    failed = catalog.finish_job(first.lease, "failed", fault=fault, result={"partial": 1})
    assert (failed.state, failed.fault, failed.result) == ("failed", fault, {"partial": 1})
    again = catalog.retry_job(first.id, 2)
    assert (again.id, again.state, again.fault, again.result) == (first.id, "queued", None, None)
    assert (again.attempt, again.max_attempts, again.finished_at) == (1, 3, None)
    second = catalog.claim_job("w")
    assert second is not None
    assert second.attempt == 2, "the number of an attempt is never used again, also by the same worker"


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_nothing_else_is_tried_again(catalog: Catalog, state: str) -> None:
    job_id = order(catalog, 1)
    job = catalog.claim_job("w") if state != "queued" else None
    if job is not None and state == "done":
        catalog.finish_job(job.lease, "done")
    before = catalog.job(job_id)
    with pytest.raises(JobStateError, match=f"is {state}, expected failed or cancelled"):
        catalog.retry_job(job_id, 3)
    assert catalog.job(job_id) == before


def test_only_what_is_over_is_forgotten_and_its_log_goes_with_it(catalog: Catalog) -> None:
    job_id = order(catalog, 1)
    with pytest.raises(JobStateError):
        catalog.remove_job(job_id)
    catalog.cancel_job(job_id)
    catalog.remove_job(job_id)
    with pytest.raises(JobNotFoundError):
        catalog.job_log(job_id)
    assert catalog.jobs() == []


def test_jobs_outlive_the_collection_that_they_were_about(catalog: Catalog) -> None:
    job_id = order(catalog, 1, collection="microfossils")
    catalog.delete_collection("microfossils")
    assert catalog.job(job_id).collection == "microfossils"
