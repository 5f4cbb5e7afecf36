"""A bound on the memory that decode threads use together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Cancelled(Exception):  # noqa: N818 (no error: the run ends and its threads let go)
    """The run ends; the waiting thread must give up."""


class ByteBudget:
    """Bytes that threads use while they decode.

    A thread holds its share while it works and never while it waits for anybody else, so every share comes back.
    """

    def __init__(self, limit: int) -> None:
        """Take the limit in bytes; one share alone may exceed it, since no image is refused for the sake of others."""
        self._limit = limit
        self._used = 0
        self._cancelled = False
        self._changed = threading.Condition()

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self._used

    @contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        """Wait until ``amount`` bytes fit beside what others hold, and hold them for the time of the context.

        Raises:
            Cancelled: the run ends.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._cancelled or self._used == 0 or self._used + amount <= self._limit,
            )
            if self._cancelled:
                raise Cancelled
            self._used += amount
        try:
            yield
        finally:
            with self._changed:
                self._used -= amount
                self._changed.notify_all()

    def cancel(self) -> None:
        """Wake every waiting thread with `Cancelled`, and let none begin any more."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()
