"""Taxonomies for the command line, on data that this process has open or through a service."""

from __future__ import annotations

from typing import Protocol

from facies.api import taxonomies
from facies.api.service import Service
from facies.core.actors import local_actor
from facies.core.client import File
from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    CollectionTaxonomyOut,
    ImportedTaxonomyOut,
    MergedLabelsOut,
    MergeLabelsBody,
    ResolvedOut,
    TaxonomyOut,
    TaxonomySummaryOut,
)


class Taxonomies(Protocol):
    """What commands ask of taxonomies: the same of a service's (`TaxonomyClient`) and of this process's own."""

    def taxonomies(self) -> list[TaxonomySummaryOut]:
        """All taxonomies in order of name."""

    def taxonomy(self, name: str) -> TaxonomyOut:
        """One taxonomy with its taxa."""

    def table(self, name: str) -> str:
        """One taxonomy as CSV."""

    def import_taxonomy(
        self, file: File, *, name: str | None = None, title: str = "", replace: bool = False
    ) -> ImportedTaxonomyOut:
        """Store the taxonomy that a file holds."""

    def delete_taxonomy(self, name: str) -> None:
        """Delete a taxonomy that no collection uses."""

    def resolve(self, name: str, text: str, n: int = 3) -> ResolvedOut:
        """What a text stands for in a taxonomy, or may have meant."""

    def taxonomy_of(self, collection: str) -> CollectionTaxonomyOut:
        """Which taxonomy a collection uses."""

    def use_taxonomy(self, collection: str, name: str | None) -> CollectionTaxonomyOut:
        """Let a collection use a taxonomy, or none."""

    def check_labels(self, collection: str) -> CheckedLabelsOut:
        """Hold the labels of a collection against its taxonomy."""

    def merge_labels(self, collection: str, body: MergeLabelsBody) -> MergedLabelsOut:
        """Let labels of a collection become accepted names, as one batch that can be undone."""


class LocalTaxonomy:
    """The use cases behind the methods of the client, on data that is open here."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service
        self._catalog = service.workspace.catalog

    def taxonomies(self) -> list[TaxonomySummaryOut]:
        """All taxonomies in order of name."""
        return taxonomies.list_taxonomies(self._catalog)

    def taxonomy(self, name: str) -> TaxonomyOut:
        """One taxonomy with its taxa."""
        return taxonomies.show_taxonomy(self._catalog, name)

    def table(self, name: str) -> str:
        """One taxonomy as CSV."""
        return taxonomies.export_taxonomy(self._catalog, name)

    def import_taxonomy(
        self, file: File, *, name: str | None = None, title: str = "", replace: bool = False
    ) -> ImportedTaxonomyOut:
        """Store the taxonomy that a file holds."""
        filename, data = file
        return taxonomies.import_taxonomy(
            self._catalog, filename, lambda: data, name=name, title=title, replace=replace
        )

    def delete_taxonomy(self, name: str) -> None:
        """Delete a taxonomy that no collection uses."""
        self._catalog.delete_taxonomy(name)

    def resolve(self, name: str, text: str, n: int = 3) -> ResolvedOut:
        """What a text stands for in a taxonomy, or may have meant."""
        return taxonomies.resolve_text(self._catalog, name, text, n)

    def taxonomy_of(self, collection: str) -> CollectionTaxonomyOut:
        """Which taxonomy a collection uses."""
        return taxonomies.taxonomy_of(self._catalog, collection)

    def use_taxonomy(self, collection: str, name: str | None) -> CollectionTaxonomyOut:
        """Let a collection use a taxonomy, or none."""
        return taxonomies.use_taxonomy(self._catalog, collection, name)

    def check_labels(self, collection: str) -> CheckedLabelsOut:
        """Hold the labels of a collection against its taxonomy."""
        return taxonomies.check_labels(self._catalog, collection)

    def merge_labels(self, collection: str, body: MergeLabelsBody) -> MergedLabelsOut:
        """Let labels of a collection become accepted names, as one batch that can be undone."""
        by = local_actor(self._service.settings.user)
        return taxonomies.merge_labels(self._service.workspace, collection, body, by)
