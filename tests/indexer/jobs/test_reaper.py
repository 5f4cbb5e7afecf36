"""Who is dead: told by counts that stand still, by the clock of whoever watches."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.catalog import open_catalog
from facies.core.jobs import JobBeat, JobOrder
from facies.indexer.jobs.reaper import Reaper, Watch


def beat(count: int, attempt: int = 1, job: str = "a") -> JobBeat:
    return JobBeat(job, attempt, count)


def test_only_what_has_stood_still_for_the_whole_time_is_stalled() -> None:
    watch = Watch(30)
    assert watch.look([beat(5)], 0) == []
    assert watch.look([beat(5)], 29.9) == []
    assert watch.look([beat(5)], 30) == [beat(5)]
    assert watch.look([beat(6)], 31) == []
    assert watch.look([beat(6)], 60.9) == []
    assert watch.look([beat(6, attempt=2)], 61.5) == []


def test_what_is_seen_first_is_given_its_time_whatever_its_past() -> None:
    assert Watch(30).look([beat(1)], 1e9) == []


def test_a_job_that_was_gone_meanwhile_begins_anew() -> None:
    watch = Watch(30)
    watch.look([beat(5)], 0)
    watch.look([], 20)
    assert watch.look([beat(5)], 40) == []


def test_a_watcher_that_stood_still_itself_looks_again_before_it_judges() -> None:
    watch = Watch(30)
    watch.look([beat(5)], 0)
    assert watch.look([beat(50)], 1000) == []


@given(steps=st.lists(st.tuples(st.floats(0.1, 20), st.booleans()), max_size=40))
def test_stalled_is_exactly_whoever_has_not_changed_since_it_was_seen_so(steps: list[tuple[float, bool]]) -> None:
    watch, now, count, since = Watch(30), 0.0, 0, 0.0
    watch.look([beat(count)], now)
    for passed, alive in steps:
        now += passed
        if alive:
            count, since = count + 1, now
        assert bool(watch.look([beat(count)], now)) == (now - since >= 30)


def test_jobs_are_taken_back_and_holds_lifted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path / 'c.sqlite'}")
    now = [0.0]
    reaper = Reaper(catalog, 30, clock=lambda: now[0])
    for name in ("dead", "alive"):
        catalog.add_job(JobOrder(id=name, kind="index"))
    assert [catalog.claim_job("w1"), catalog.claim_job("w2")] != [None, None]
    catalog.hold_turn("h1", "collection:a", "w1")
    catalog.hold_turn("h2", "collection:a", "w2")
    assert reaper.sweep() == []
    now[0] = 31.0
    catalog.beat_job(catalog.job("alive").lease)
    catalog.beat_hold("h2")
    taken = reaper.sweep()
    assert [(job.id, job.state) for job in taken] == [("dead", "queued")]
    assert "w1, which gives no signs of life" in caplog.text
    assert [one.id for one in catalog.hold_beats()] == ["h2"]
    assert catalog.job("alive").state == "running"
    catalog.close()
