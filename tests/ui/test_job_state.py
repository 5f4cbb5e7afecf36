from __future__ import annotations

from facies.ui.job_state import Choice


def test_at_first_all_jobs_are_listed_and_none_is_open() -> None:
    assert Choice() == Choice(None, None, None)
