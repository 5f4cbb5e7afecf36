"""How long requests take, one at a time and from several clients at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Q = TypeVar("Q")
A = TypeVar("A")


def time_each(ask: Callable[[Q], A], queries: Sequence[Q], warmups: int = 20) -> tuple[list[A], list[float]]:
    """Ask one after the other; gives the answers and the milliseconds that each took."""
    for query in queries[:warmups]:
        ask(query)
    answers, times = [], []
    for query in queries:
        start = time.perf_counter()
        answers.append(ask(query))
        times.append((time.perf_counter() - start) * 1000)
    return answers, times


def percentile(times_ms: Sequence[float], share: float) -> float:
    """The time that this share of the requests did not exceed, in milliseconds."""
    return float(np.percentile(times_ms, share * 100))


def requests_per_second(clients: Sequence[Callable[[Q], object]], queries: Sequence[Q]) -> float:
    """Let every client ask all the queries, all clients at once; gives the requests answered per second."""
    barrier = threading.Barrier(len(clients) + 1)
    failures: list[BaseException] = []

    def work(ask: Callable[[Q], object]) -> None:
        barrier.wait()
        try:
            for query in queries:
                ask(query)
        except BaseException as error:  # raised again below, in the thread that measures
            failures.append(error)

    threads = [threading.Thread(target=work, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return len(clients) * len(queries) / (time.perf_counter() - start)
