"""What jobs tell, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from facies.core.catalog import Catalog
from facies.core.catalog.job_log import KEPT_LINES, LONGEST_LINE
from facies.core.jobs import Job, JobOrder, LogLevel

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def begin(catalog: Catalog) -> Job:
    catalog.add_job(JobOrder(id="a", kind="index"))
    job = catalog.claim_job("w")
    assert job is not None
    return job


def lines(texts: list[str], level: LogLevel = "info") -> list[tuple[datetime, LogLevel, str]]:
    return [(NOW, level, text) for text in texts]


def test_lines_come_in_order_with_time_and_level_and_can_be_asked_for_from_one_on(catalog: Catalog) -> None:
    job = begin(catalog)
    catalog.beat_job(job.lease, lines=lines(["one", "two"]))
    catalog.beat_job(job.lease, lines=lines(["three"], "warning"))
    found = catalog.job_log(job.id)
    assert [line.line for line in found] == ["one", "two", "three"]
    assert [line.level for line in found] == ["info", "info", "warning"]
    assert {line.at for line in found} == {NOW}
    assert [line.line for line in catalog.job_log(job.id, after=found[0].number, limit=1)] == ["two"]
    assert catalog.job_log(job.id, after=found[-1].number) == []


def test_only_the_newest_lines_are_kept_and_numbers_go_on(catalog: Catalog) -> None:
    job = begin(catalog)
    for start in range(0, KEPT_LINES + 250, 250):
        catalog.beat_job(job.lease, lines=lines([str(number) for number in range(start, start + 250)]))
    found = catalog.job_log(job.id)
    assert [line.line for line in found] == [str(number) for number in range(250, KEPT_LINES + 250)]
    assert found[-1].number == KEPT_LINES + 250
    catalog.beat_job(job.lease, lines=lines(["x"] * (KEPT_LINES + 5)))
    assert len(catalog.job_log(job.id)) == KEPT_LINES


def test_any_text_can_be_a_line(catalog: Catalog) -> None:
    job = begin(catalog)
    catalog.beat_job(job.lease, lines=lines(["a\0b", "two\nlines", "half \ud800", "é" * (LONGEST_LINE + 1), ""]))
    found = [line.line for line in catalog.job_log(job.id)]
    assert found[:3] == ["a�b", "two lines", "half ?"]
    assert len(found[3]) == LONGEST_LINE
    assert found[4] == ""
