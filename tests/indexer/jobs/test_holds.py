"""Collections that are kept free of jobs for a while."""

from __future__ import annotations

import time

import pytest

from facies.core.errors import JobConflictError
from facies.indexer.jobs.holds import kept_out
from tests.indexer.jobs.conftest import House


def test_jobs_wait_until_the_context_ends_and_others_go_on(house: House) -> None:
    house.workers(2)
    catalog = house.workspace.catalog
    with kept_out(catalog, "c", holder="me", heartbeat_s=0.05):
        inside = house.order("writing errand", collection="c")
        outside = house.order("writing errand", collection="d")
        assert house.wait_for(outside).state == "done"
        (first,) = catalog.hold_beats()
        deadline = time.monotonic() + 20
        while catalog.hold_beats() == [first]:
            assert time.monotonic() < deadline, "a hold shows signs of life"
            time.sleep(0.02)
        assert house.job(inside).state == "queued"
    assert house.wait_for(inside).state == "done"


def test_a_collection_that_a_job_writes_to_is_not_free(house: House) -> None:
    house.workers()
    job_id = house.order("writing errand", collection="c", steps=1000, step_s=0.05)
    house.wait_for(job_id, "running")
    catalog = house.workspace.catalog
    with (
        pytest.raises(JobConflictError, match=f"job {job_id} .* is writing to collection 'c'"),
        kept_out(catalog, "c", holder="me", heartbeat_s=1),
    ):
        pytest.fail("it was let in")
    with kept_out(catalog, "d", holder="me", heartbeat_s=1):
        pass
    house.desk.cancel(job_id)
    house.wait_for(job_id)
    with kept_out(catalog, "c", holder="me", heartbeat_s=1), kept_out(catalog, "c", holder="you", heartbeat_s=1):
        assert len(catalog.hold_beats()) == 2
    assert catalog.hold_beats() == []


def test_an_error_inside_lets_jobs_in_again(small_house: House) -> None:
    with pytest.raises(KeyError), kept_out(small_house.workspace.catalog, "c", holder="me", heartbeat_s=1):
        raise KeyError
    assert small_house.workspace.catalog.hold_beats() == []


@pytest.mark.parametrize("stall_s", [1.0])
def test_the_hold_of_a_dead_holder_is_lifted_in_time(house: House) -> None:
    house.workers()
    house.workspace.catalog.hold_turn("h", "collection:c", "another house")
    job_id = house.order("writing errand", collection="c")
    assert house.wait_for(job_id, timeout_s=30).state == "done"
