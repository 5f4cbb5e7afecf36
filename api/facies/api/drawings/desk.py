"""The desk where previews wait: one is computed at a time, and of each who draws only the newest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """In the line: whose preview, and which one of theirs."""

    client: str
    turn: int


class PreviewDesk:
    """Takes previews one by one, in order. Thread-safe."""

    def __init__(
        self, most_waiting: int = MOST_WAITING, open_namer: Callable[[Settings], Namer] = open_previewer
    ) -> None:
        """Open nothing yet.

        Args:
            most_waiting: that wait for their turn or are at it; those that nobody wants any more do not count.
            open_namer: called once, at the first preview.
        """
        self._most_waiting = most_waiting
        self._open_namer = open_namer
        self._moved = threading.Condition()
        self._line: list[_Place] = []
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._namer: Namer | None = None

    def name(self, settings: Settings, order: PreviewOrder, client: str, turn: int) -> NamedWindow:
        """Name a window.

        Raises:
            PreviewSupersededError: the client has asked for another one meanwhile.
            TooManyPreviewsError: as many wait as may.
            FaciesError: as `Previewer.name`.
        """
        place = _Place(client, turn)
        with self._at_the_head(place):
            if self._namer is None:
                self._namer = self._open_namer(settings)
            return self._namer.name(order, lambda: self._check(place))

    @contextmanager
    def _at_the_head(self, place: _Place) -> Iterator[None]:
        """Wait for the head of the line, and leave it at the end; who is superseded on the way leaves at once."""
        with self._moved:
            self._newest[place.client] = max(place.turn, self._newest.pop(place.client, 0))
            while len(self._newest) > _CLIENTS:
                self._newest.popitem(last=False)
            self._check(place)
            self._moved.notify_all()
            waiting = sum(not self._is_superseded(one) for one in self._line)
            if waiting >= self._most_waiting:
                raise TooManyPreviewsError(waiting)
            self._line.append(place)
        try:
            with self._moved:
                self._moved.wait_for(lambda: self._line[0] is place or self._is_superseded(place))
            self._check(place)
            yield
        finally:
            with self._moved:
                self._line.remove(place)
                self._moved.notify_all()

    def _is_superseded(self, place: _Place) -> bool:
        return bool(place.client) and self._newest.get(place.client, 0) > place.turn

    def _check(self, place: _Place) -> None:
        if self._is_superseded(place):
            raise PreviewSupersededError(place.turn)
