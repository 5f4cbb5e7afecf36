"""The catalogue's face of taxonomies: which there are, and which one a collection uses."""

from __future__ import annotations

from facies.core.catalog import collections, taxonomy_rows
from facies.core.catalog.transactions import Transactions
from facies.core.taxonomy import Taxonomy
from facies.core.taxonomy.record import TaxonomyRecord


class Taxonomies(Transactions):
    """What can be said and asked of taxonomies. One transaction a call."""

    def add_taxonomy(self, taxonomy: Taxonomy, *, replace: bool = False) -> TaxonomyRecord:
        """Store a taxonomy; with ``replace`` in the place of one of its name, which collections may go on using.

        Labels that are there stay as they are.

        Raises:
            TaxonomyConflictError: its name is taken.
        """
        with self._writing() as connection:
            return taxonomy_rows.put(connection, taxonomy, replace=replace)

    def taxonomy(self, name: str) -> Taxonomy:
        """Read a taxonomy, stored or one that comes with facies.

        Raises:
            TaxonomyNotFoundError: there is none of this name.
        """
        with self._reading() as connection:
            return taxonomy_rows.fetch(connection, name)

    def taxonomies(self) -> list[TaxonomyRecord]:
        """List all taxonomies in order of name, those that come with facies among them."""
        with self._reading() as connection:
            return taxonomy_rows.fetch_all(connection)

    def delete_taxonomy(self, name: str) -> None:
        """Delete a taxonomy that was stored.

        Raises:
            TaxonomyNotFoundError: there is none of this name.
            TaxonomyConflictError: it comes with facies, or a collection uses it.
        """
        with self._writing() as connection:
            taxonomy_rows.remove(connection, name)

    def use_taxonomy(self, collection: str, name: str | None) -> None:
        """Let a collection use a taxonomy, or none. Labels that are there stay as they are.

        Raises:
            CollectionNotFoundError, TaxonomyNotFoundError: there is none of this name.
        """
        with self._writing() as connection:
            collections.lock(connection, collection)
            taxonomy_rows.choose(connection, collection, name)

    def taxonomy_of(self, collection: str) -> Taxonomy | None:
        """Read the taxonomy that a collection uses; None where it uses none.

        Raises:
            CollectionNotFoundError: there is none of this name.
        """
        with self._reading() as connection:
            name = collections.require(connection, collection).taxonomy
            return None if name is None else taxonomy_rows.fetch(connection, name)
