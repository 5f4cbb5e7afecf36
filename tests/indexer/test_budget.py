from __future__ import annotations

import threading

import pytest

from facies.indexer.budget import ByteBudget, Cancelled


def test_budget_lets_the_wanted_ticket_pass() -> None:
    budget = ByteBudget(10)
    budget.acquire(1, 8)
    passed = threading.Event()

    def second() -> None:
        budget.acquire(2, 5)
        passed.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not passed.wait(0.05)
    budget.want(2)
    assert passed.wait(5)
    thread.join()
    budget.want(None)
    assert budget.used == 13
    budget.release(13)
    budget.acquire(3, 1_000)  # alone, more than the limit
    budget.cancel()
    with pytest.raises(Cancelled):
        budget.acquire(4, 1)
