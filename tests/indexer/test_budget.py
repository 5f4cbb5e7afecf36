from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.indexer.budget import ByteBudget, Cancelled


@settings(max_examples=20, deadline=None)
@given(shares=st.lists(st.integers(0, 30), min_size=1, max_size=24))
def test_shares_stay_within_the_limit_unless_one_alone_exceeds_it(shares: list[int]) -> None:
    budget, guard = ByteBudget(10), threading.Lock()
    held: list[int] = []
    seen: list[list[int]] = []

    def work(share: int) -> None:
        with budget.hold(share):
            with guard:
                held.append(share)
                seen.append(held.copy())
            with guard:
                held.remove(share)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, shares))
    assert len(seen) == len(shares)
    assert all(sum(together) <= 10 or len([share for share in together if share]) == 1 for together in seen)
    assert budget.used == 0


def test_a_share_comes_back_when_the_work_fails() -> None:
    budget = ByteBudget(10)
    with pytest.raises(ValueError, match="broken"), budget.hold(7):
        raise ValueError("broken")
    assert budget.used == 0


def test_cancelling_wakes_who_waits_and_lets_nobody_begin() -> None:
    budget = ByteBudget(10)
    waiting, gave_up = threading.Event(), threading.Event()

    def second() -> None:
        waiting.set()
        try:
            with budget.hold(5):
                pass
        except Cancelled:
            gave_up.set()

    thread = threading.Thread(target=second)
    with budget.hold(8):
        thread.start()
        assert waiting.wait(5)
        assert not gave_up.wait(0.05)
        budget.cancel()
        assert gave_up.wait(5)
    thread.join()
    with pytest.raises(Cancelled), budget.hold(1):
        pass
