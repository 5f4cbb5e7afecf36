"""The catalogue's face of maps: which a collection has, and where its images lie on them."""

from __future__ import annotations

from collections.abc import Sequence

from facies.core.catalog import collections, images, map_rows
from facies.core.catalog.transactions import Transactions
from facies.core.maps import MapFacts, MapPoints, MapRecord
from facies.core.records import LabelRows, MetadataValue


class Maps(Transactions):
    """What can be said and asked of maps. One transaction a call."""

    def add_map(
        self, collection: str, facts: MapFacts, points: MapPoints, *, instead_of: Sequence[int] = ()
    ) -> MapRecord:
        """Store a map with the points of its layout, in the place of others that go.

        Args:
            collection: of which.
            facts: how it was made.
            points: at least one.
            instead_of: numbers of maps that are deleted with it; those that are gone already are passed over.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._writing() as connection:
            collections.lock(connection, collection)
            made = map_rows.put(connection, collection, facts, points)
            for one in map_rows.fetch_all(connection, collection):
                if one.number in instead_of:
                    map_rows.remove(connection, collection, one.number)
            return made

    def add_map_points(self, collection: str, number: int, points: MapPoints) -> MapRecord:
        """Add images to a map, which its layout did not know.

        Raises:
            CollectionNotFoundError, MapNotFoundError: there is none.
        """
        with self._writing() as connection:
            collections.lock(connection, collection)
            return map_rows.add_points(connection, collection, number, points)

    def maps(self, collection: str) -> list[MapRecord]:
        """List the maps of a collection, the newest first."""
        with self._reading(collection) as connection:
            return map_rows.fetch_all(connection, collection)

    def map(self, collection: str, number: int) -> MapRecord:
        """Read one map, without its points.

        Raises:
            CollectionNotFoundError, MapNotFoundError: there is none.
        """
        with self._reading(collection) as connection:
            return map_rows.fetch(connection, collection, number)

    def map_points(self, collection: str, number: int, *, parts: int | None = None) -> MapPoints:
        """Read the points of a map in the order in which they came; with ``parts`` those of its first parts alone.

        Raises:
            CollectionNotFoundError, MapNotFoundError: there is none.
        """
        with self._reading(collection) as connection:
            return map_rows.fetch_points(connection, collection, number, parts)

    def delete_map(self, collection: str, number: int) -> None:
        """Delete a map.

        Raises:
            CollectionNotFoundError, MapNotFoundError: there is none.
        """
        with self._writing() as connection:
            collections.lock(connection, collection)
            map_rows.remove(connection, collection, number)

    def label_revision(self, collection: str) -> str:
        """Name the state of a collection's labels and images: another one means that either has changed.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading() as connection:
            return str(collections.require(connection, collection).changes)

    def label_rows(self, collection: str) -> LabelRows:
        """Read id, label and state of every image, in order of id; the whole collection at once, to colour a map.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading(collection) as connection:
            return images.fetch_labels(connection, collection)

    def metadata_values(self, collection: str, field: str) -> tuple[list[str], list[MetadataValue | None]]:
        """Read id and value of one metadata field of every image, in order of id; None where an image lacks it.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading(collection) as connection:
            return images.fetch_field(connection, collection, field)
