"""Images that a run adds to the catalogue; the labels that come with them form one batch, which can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facies.core.records import ImageRecord

if TYPE_CHECKING:
    from facies.core.catalog import Catalog


class Additions:
    """Adds the images of one run, as many at a time as their finder likes."""

    def __init__(self, catalog: Catalog, collection: str, *, actor: str, origin: str) -> None:
        """Add nothing yet.

        Args:
            catalog: the open catalogue.
            collection: name of the collection.
            actor: who runs it, for the label events.
            origin: where images and labels come from: a folder, a file, an address.
        """
        self._catalog = catalog
        self._collection = collection
        self._actor = actor
        self._origin = origin
        self._batch: int | None = None

    def add(self, records: Sequence[ImageRecord]) -> frozenset[str]:
        """Add images; gives the ids of those that had labels before, see `facies.core.catalog.Catalog.add_images`.

        Raises:
            CollectionNotFoundError: the collection was deleted meanwhile.
            StorageError: the disk is full; none of these was added.
        """
        added = self._catalog.add_images(
            self._collection,
            records,
            actor=self._actor,
            provenance={"origin": self._origin},
            into=self._batch,
        )
        self._batch = added.batch or self._batch
        return added.named_before
