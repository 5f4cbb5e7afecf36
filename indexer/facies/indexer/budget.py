"""A bound on the memory that decode threads hold together."""

from __future__ import annotations

import threading


class Cancelled(Exception):  # noqa: N818 (no error: the run ends and its threads let go)
    """The run ends; the waiting thread must give up."""


class ByteBudget:
    """Bytes that threads hold between reading a file and embedding its pixels.

    Threads work ahead of the consumer, which takes their results in the order of their tickets. A thread waits while
    its share does not fit, unless the consumer waits for just that thread's ticket: otherwise later tickets could use
    up the budget and nobody would ever move.
    """

    def __init__(self, limit: int) -> None:
        """Take the limit in bytes; one share alone may exceed it, since no image is refused for the sake of others."""
        self._limit = limit
        self._used = 0
        self._wanted: int | None = None
        self._cancelled = False
        self._changed = threading.Condition()

    @property
    def used(self) -> int:
        """Bytes held now."""
        return self._used

    def acquire(self, ticket: int, amount: int) -> None:
        """Wait until ``amount`` bytes fit, or until the consumer waits for ``ticket``.

        Raises:
            Cancelled: the run ends.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: (
                    self._cancelled or self._used == 0 or self._used + amount <= self._limit or ticket == self._wanted
                )
            )
            if self._cancelled:
                raise Cancelled
            self._used += amount

    def release(self, amount: int) -> None:
        """Give bytes back."""
        with self._changed:
            self._used -= amount
            self._changed.notify_all()

    def want(self, ticket: int | None) -> None:
        """Say which ticket the consumer waits for; None: it waits for none."""
        with self._changed:
            self._wanted = ticket
            self._changed.notify_all()

    def cancel(self) -> None:
        """Wake every waiting thread with `Cancelled`."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()
