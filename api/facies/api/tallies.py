"""How many images a collection has, and of which labels: counted anew only where something has changed.

Every page of the interface asks for them, and counting a million images takes half a second.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from facies.core.catalog import Catalog
from facies.core.records import CollectionRecord

_MOST: Final = 256
"""Collections whose tally is kept."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a collection in one state.

    Attributes:
        made_at: when the collection was made; a name may come again.
        revision: of the collection, see `facies.core.catalog.Catalog.label_revision`.
        images: all of them.
        labels: images by label, the most frequent first.
    """

    made_at: datetime
    revision: str
    images: int
    labels: dict[str, int]


class Tallies:
    """Those that were asked for last. Thread-safe."""

    def __init__(self) -> None:
        """Know none yet."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Tally] = OrderedDict()

    def get(self, catalog: Catalog, record: CollectionRecord) -> Tally:
        """Give the tally of a collection as it is now.

        Raises:
            CollectionNotFoundError: it is not there any more.
        """
        # Read before the counts: what changes in between is counted again the next time.
        revision = catalog.label_revision(record.name)
        with self._lock:
            kept = self._kept.get(record.name)
        if kept is not None and (kept.made_at, kept.revision) == (record.created_at, revision):
            return kept
        tally = Tally(record.created_at, revision, catalog.count(record.name), catalog.label_counts(record.name))
        with self._lock:
            self._kept[record.name] = tally
            self._kept.move_to_end(record.name)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return tally
