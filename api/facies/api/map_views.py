"""Maps in memory: their points, and the columns that colour them, kept for those who look at them again.

A map of a million points takes 24 MB and each of its columns one or four more. The maps and columns that were used last
are kept; all of it can be read again from the catalogue.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from facies.api.map_columns import NOT_THERE, Column
from facies.core.maps import Ids, MapPoints, pack_ids
from facies.core.records import LabelRows

MAPS: Final = 4
COLUMNS: Final = 16
LABELS: Final = 2
"""Collections whose labels are kept: of a million images they take some 100 MB."""

T = TypeVar("T")


@dataclass
class MapView:
    """The points of a map up to one of its parts."""

    points: MapPoints

    @cached_property
    def packed(self) -> bytes:
        """The positions as they are sent."""
        return self.points.positions.astype("<f4", copy=False).tobytes()

    def rows_of(self, ids: list[str]) -> NDArray[np.int64]:
        """For each point the place of its image in a list of ids, or `NOT_THERE`.

        Args:
            ids: of the collection's images, in order.
        """
        if not ids:
            return np.full(len(self.points), NOT_THERE)
        there = _sortable(pack_ids(ids))
        wanted = _sortable(self.points.ids)
        rows = np.searchsorted(there, wanted).clip(0, len(there) - 1)
        return np.where(there[rows] == wanted, rows, NOT_THERE)


class Kept(Generic[T]):
    """The values that were used last; safe to use from several threads, each of which may make one twice."""

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._most = most
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made where it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


@dataclass(frozen=True)
class MapViews:
    """What a service keeps of maps."""

    maps: Kept[MapView] = field(default_factory=lambda: Kept(MAPS))
    columns: Kept[Column] = field(default_factory=lambda: Kept(COLUMNS))
    labels: Kept[LabelRows] = field(default_factory=lambda: Kept(LABELS))


def _sortable(ids: Ids) -> NDArray[np.bytes_]:
    """Ids so that numpy orders them, byte by byte as their text is.

    It takes no notice of zero bytes at the end, which makes no two of one length equal.
    """
    return ids.view("S16")
