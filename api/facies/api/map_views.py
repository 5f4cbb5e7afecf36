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

    _found: tuple[list[str], NDArray[np.int64]] | None = field(default=None, init=False, repr=False)

    def rows_of(self, ids: list[str]) -> NDArray[np.int64]:
        """For each point the place of its image in a list of ids, or `NOT_THERE`.

        The answer for the last list is kept: it is asked for with every lasso, and changes when images come or go only.

        Args:
            ids: of the collection's images, in order.
        """
        if not ids:
            return np.full(len(self.points), NOT_THERE)
        found = self._found
        if found is None or found[0] != ids:
            found = self._found = (ids, _find_rows(pack_ids(ids), self.points.ids))
        return found[1]


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


def _find_rows(there: Ids, wanted: Ids) -> NDArray[np.int64]:
    """Where each id is in others that are in order, or `NOT_THERE`.

    Numbers are found faster than texts, so the first half of an id is sought where no two ids have it in common, as
    is so with hashes; and in order, since a search then stays near the place where the last one ended.
    """
    keys, asked = _first_half(there), _first_half(wanted)
    if (keys[1:] == keys[:-1]).any():
        rows = np.searchsorted(_sortable(there), _sortable(wanted))
    else:
        order = np.argsort(asked)
        rows = np.empty(len(wanted), dtype=np.int64)
        rows[order] = np.searchsorted(keys, asked[order])
    rows = rows.clip(0, len(there) - 1)
    return np.where(_sortable(there)[rows] == _sortable(wanted), rows, NOT_THERE)


def _first_half(ids: Ids) -> NDArray[np.uint64]:
    """The first eight bytes as numbers in the order of the text."""
    return ids.view(">u8")[::2].astype(np.uint64)


def _sortable(ids: Ids) -> NDArray[np.bytes_]:
    """Ids so that numpy orders them, byte by byte as their text is.

    It takes no notice of zero bytes at the end, which makes no two of one length equal.
    """
    return ids.view("S16")
