from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.jobs import OVER
from facies.core.wire import IndexReport
from facies.core.wire_jobs import JobBody, JobOut

PLAIN = {
    "id": "0123456789ab",
    "kind": "index",
    "state": "running",
    "collection": "c",
    "parameters": {"path": "/data"},
    "priority": 0,
    "needs": "cpu",
    "device": None,
    "actor": "ann",
    "stage": "indexing",
    "done": 1,
    "total": 2,
    "rate_per_s": 1.5,
    "seconds_left": 0.7,
    "attempt": 1,
    "max_attempts": 3,
    "worker": "w",
    "cancel_requested": False,
    "created_at": "2026-03-04T00:00:00Z",
    "started_at": None,
    "finished_at": None,
    "heartbeat_at": None,
    "error": None,
    "version": 4,
}


@pytest.mark.parametrize("state", ["queued", "running", "done", "failed", "cancelled"])
def test_a_job_knows_whether_it_is_over(state: str) -> None:
    assert JobOut.model_validate(PLAIN | {"state": state}).is_over == (state in OVER)


def test_the_report_of_an_index_job_is_read_back() -> None:
    report = IndexReport(indexed=3, collection="c")
    assert JobOut.model_validate(PLAIN | {"result": report.model_dump(mode="json")}).report == report
    assert JobOut.model_validate(PLAIN).report is None
    with pytest.raises(ValidationError):
        _ = JobOut.model_validate(PLAIN | {"result": {"card": "x"}}).report


def test_what_is_derived_is_not_sent() -> None:
    sent = JobOut.model_validate(PLAIN).model_dump(mode="json")
    assert sent.keys() == PLAIN.keys() | {"result", "files"}
    assert JobOut.model_validate(sent) == JobOut.model_validate(PLAIN)


@pytest.mark.parametrize("body", [{}, {"kind": ""}, {"kind": "index", "priority": 101}, {"kind": "index", "x": 1}])
def test_an_order_without_a_kind_or_with_a_wild_priority_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        JobBody.model_validate(body)
