from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from facies.ui.words import STATES, progress_of, size, took
from tests.ui.views.test_collections import job_out

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "indexing \u00b7 3 of 10 \u00b7 about 1 min 15 s left"),
        ({"total": None, "seconds_left": None}, "indexing \u00b7 3 so far"),
        ({"state": "queued", "attempt": 0}, "waiting for its turn"),
        ({"state": "queued", "attempt": 1}, "waiting to go on"),
        ({"cancel_requested": True}, "stopping"),
        ({"state": "done"}, ""),
        ({"stage": "", "done": 0, "total": None, "seconds_left": None}, "starting"),
    ],
)
def test_how_far_a_job_is(more: dict[str, Any], words: str) -> None:
    assert progress_of(job_out(**more)) == words


def test_how_long_it_took_or_has_taken() -> None:
    begun = NOW - timedelta(seconds=75)
    assert took(job_out(), NOW) == ""
    assert took(job_out(started_at=begun), NOW) == "1 min 15 s"
    assert took(job_out(started_at=begun, finished_at=begun + timedelta(seconds=5)), NOW) == "5 s"
    assert took(job_out(started_at=NOW + timedelta(seconds=5)), NOW) == "0 s"  # clocks of two machines


SIZES = {0: "0 bytes", 999: "999 bytes", 1000: "1 kB", 1500: "1.5 kB", 999_600: "1 MB", 2_500_000_000_000: "2500 GB"}


@pytest.mark.parametrize(("count", "words"), SIZES.items())
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


def test_every_state_has_a_word() -> None:
    assert set(STATES) == {"queued", "running", "done", "failed", "cancelled"}
