"""What can go wrong between a client and a server, drawn at random or queued by a test."""

from __future__ import annotations

import random
from collections import Counter, deque
from enum import Enum
from threading import Lock


class Fault(Enum):
    """One way of not answering as one should."""

    DROP_BEFORE = "the connection breaks before the request is applied"
    DROP_AFTER = "the request is applied, then the connection breaks"
    BUSY = "429, or RESOURCE_EXHAUSTED, with a time to wait"
    UNAVAILABLE = "503, or UNAVAILABLE"
    SLOW = "the request is applied, the answer comes too late"


class Faults:
    """Decides for each request whether something goes wrong. Safe to call from several threads."""

    def __init__(self, rate: float = 0.0, seed: int = 0, *, slow_s: float = 1.3, retry_after_s: int = 1) -> None:
        self.rate = rate
        self.slow_s = slow_s
        self.retry_after_s = retry_after_s
        self.seen: Counter[Fault] = Counter()
        self._queue: deque[Fault | None] = deque()
        self._random = random.Random(seed)  # noqa: S311  # repeats, keeps no secret
        self._lock = Lock()

    def queue(self, *faults: Fault | None) -> None:
        """Let these happen to the next requests, None for one that goes well."""
        with self._lock:
            self._queue.extend(faults)

    def draw(self) -> Fault | None:
        """Decide about one request."""
        with self._lock:
            if self._queue:
                fault = self._queue.popleft()
            else:
                fault = self._random.choice(list(Fault)) if self._random.random() < self.rate else None
            if fault:
                self.seen[fault] += 1
            return fault
