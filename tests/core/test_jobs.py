"""The records of jobs."""

from __future__ import annotations

from typing import get_args

from facies.core.jobs import OVER, JobState


def test_a_job_is_either_over_or_waits_or_runs() -> None:
    assert set(get_args(JobState)) - OVER == {"queued", "running"}
