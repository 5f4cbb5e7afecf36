"""The desk where previews wait: one is computed at a time, and of each who draws only the newest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from facies.core.errors import PreviewSupersededError, TooManyPreviewsError
from facies.core.settings import Settings
from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.preview import NamedWindow, Previewer, PreviewOrder

MOST_WAITING: Final = 8
_CLIENTS: Final = 256
"""Those who asked last, of whom is known what they asked for."""


class Namer(Protocol):
    """Names windows, such as a `Previewer`."""

    def name(self, order: PreviewOrder, check: Callable[[], None]) -> NamedWindow:
        """Name one; ``check`` is called now and then and raises where it is not wanted any more."""


def open_previewer(settings: Settings) -> Previewer:
    """Make what names, with a bench of its own."""
    return Previewer(Bench(settings))


class PreviewDesk:
    """Takes previews one by one. Thread-safe."""

    def __init__(
        self, most_waiting: int = MOST_WAITING, open_namer: Callable[[Settings], Namer] = open_previewer
    ) -> None:
        """Open nothing yet.

        Args:
            most_waiting: that wait for their turn or are at it.
            open_namer: called once, at the first preview.
        """
        self._most_waiting = most_waiting
        self._open_namer = open_namer
        self._lock = threading.Lock()
        self._waiting = 0
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._namer: Namer | None = None

    def name(self, settings: Settings, order: PreviewOrder, client: str, turn: int) -> NamedWindow:
        """Name a window.

        Raises:
            PreviewSupersededError: the client has asked for another one meanwhile.
            TooManyPreviewsError: as many wait as may.
            FaciesError: as `Previewer.name`.
        """
        with self._in_line(client, turn):
            with self._lock:
                if self._namer is None:
                    self._namer = self._open_namer(settings)
            return self._namer.name(order, self._checking(client, turn))

    @contextmanager
    def _in_line(self, client: str, turn: int) -> Iterator[None]:
        with self._lock:
            self._newest[client] = max(turn, self._newest.pop(client, 0))
            while len(self._newest) > _CLIENTS:
                self._newest.popitem(last=False)
            if self._waiting >= self._most_waiting:
                raise TooManyPreviewsError(self._waiting)
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def _checking(self, client: str, turn: int) -> Callable[[], None]:
        def check() -> None:
            newest = self._newest.get(client, 0)
            if client and newest > turn:
                raise PreviewSupersededError(turn)

        return check
