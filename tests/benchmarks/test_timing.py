"""Times of requests, and rates of several clients."""

from __future__ import annotations

import threading
import time

import pytest

from benchmarks.timing import percentile, requests_per_second, time_each


def test_warm_ups_are_not_timed_and_answers_keep_their_order() -> None:
    asked: list[int] = []

    def ask(query: int) -> int:
        asked.append(query)
        return query * query

    answers, times = time_each(ask, [1, 2, 3], warmups=2)
    assert asked == [1, 2, 1, 2, 3]
    assert answers == [1, 4, 9]
    assert len(times) == 3
    assert all(t >= 0 for t in times)


def test_times_are_in_milliseconds() -> None:
    _, times = time_each(lambda _: time.sleep(0.01), [None], warmups=0)
    assert times[0] >= 10


def test_percentiles() -> None:
    times = [float(n) for n in range(101)]
    assert percentile(times, 0.5) == 50
    assert percentile(times, 0.95) == 95


def test_all_clients_ask_everything_at_the_same_time() -> None:
    together = threading.Barrier(3)  # a client alone would wait here for ever
    asked: list[str] = []

    def client(query: str) -> None:
        together.wait(timeout=30)
        asked.append(query)

    rate = requests_per_second([client] * 3, ["a", "b"])
    assert sorted(asked) == ["a"] * 3 + ["b"] * 3
    assert rate > 0


def test_the_failure_of_a_client_is_not_lost() -> None:
    def fail(_: str) -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        requests_per_second([fail, fail], ["a"])
