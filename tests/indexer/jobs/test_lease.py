"""The lease: signs of life, what is told, and what ends an attempt."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import CatalogError, JobCancelledError, JobReleasedError, JobTakenOverError
from facies.core.jobs import JobOrder, JobProgress
from facies.indexer.jobs.lease import Lease


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = open_catalog(f"sqlite:///{tmp_path / 'c.sqlite'}")
    opened.add_job(JobOrder(id="a", kind="index"))
    yield opened
    opened.close()


def begin(catalog: Catalog, *, heartbeat_s: float = 0.1, stall_s: float = 60) -> Lease:
    job = catalog.claim_job("w")
    assert job is not None
    return Lease(catalog, job.lease, heartbeat_s=heartbeat_s, stall_s=stall_s)


def count(catalog: Catalog) -> int:
    return catalog.running_beats()[0].count


def test_signs_of_life_come_by_themselves_and_end_with_the_context(catalog: Catalog) -> None:
    with begin(catalog):
        first, deadline = count(catalog), time.monotonic() + 20
        while count(catalog) < first + 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    last = count(catalog)
    time.sleep(0.3)
    assert count(catalog) == last


def test_what_is_told_is_written_while_it_runs_and_the_rest_at_its_end(catalog: Catalog) -> None:
    with begin(catalog, heartbeat_s=20) as lease:
        lease.tell(JobProgress("reading", 1, 3))
        lease.note("one")
        deadline = time.monotonic() + 10
        while not catalog.job_log("a"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert catalog.job("a").progress == JobProgress("reading", 1, 3)
        lease.tell(JobProgress("reading", 2, 3))
        lease.note("two", "warning")
    assert catalog.job("a").progress.done == 2
    assert [(line.line, line.level) for line in catalog.job_log("a")] == [("one", "info"), ("two", "warning")]


def test_a_wish_to_cancel_is_heard(catalog: Catalog) -> None:
    with begin(catalog) as lease:
        lease.check()
        catalog.cancel_job("a")
        assert lease.stop.wait(20)
        with pytest.raises(JobCancelledError, match="job a was cancelled"):
            lease.check()


def test_a_lease_that_is_gone_is_noticed_and_outdoes_other_reasons(catalog: Catalog) -> None:
    with begin(catalog) as lease:
        lease.end("released")
        with pytest.raises(JobReleasedError):
            lease.check()
        catalog.take_back_jobs_of("w")
        deadline = time.monotonic() + 20
        while lease.ending != "lost":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(JobTakenOverError, match="attempt 1"):
            lease.check()
        lease.end("cancelled")
        lease.note("nobody hears this")
    assert lease.ending == "lost"
    assert "nobody hears this" not in [line.line for line in catalog.job_log("a")]


def test_a_job_that_was_forgotten_is_a_lease_that_is_gone(catalog: Catalog) -> None:
    lease = begin(catalog)
    catalog.finish_job(lease.held, "done")
    catalog.remove_job("a")
    lease.beat()
    assert lease.ending == "lost"


def test_a_catalogue_that_is_away_for_a_moment_costs_nothing(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    job = catalog.claim_job("w")
    assert job is not None
    lease = Lease(catalog, job.lease, heartbeat_s=2, stall_s=30, clock=lambda: now[0])
    beat, away = catalog.beat_job, [True]

    def fail(*args: object, **options: object) -> bool:
        if away[0]:
            raise CatalogError("the catalogue is busy")
        return beat(*args, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(catalog, "beat_job", fail)
    lease.tell(JobProgress("reading", 1, 3))
    lease.note("kept")
    lease.beat()
    now[0] = 29.0
    lease.beat()
    assert lease.ending is None
    assert "no sign of life of job a could be given: the catalogue is busy" in caplog.text
    away[0] = False
    lease.beat()
    assert catalog.job("a").progress.done == 1
    assert [line.line for line in catalog.job_log("a")] == ["kept"]
    away[0], now[0] = True, 60.0
    lease.beat()
    assert lease.ending == "lost", "by now another worker may have it"
