"""The part of the HTTP client that is about taxonomies."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    CollectionTaxonomyOut,
    ImportedTaxonomyOut,
    MergedLabelsOut,
    MergeLabelsBody,
    ResolvedOut,
    TaxonomyOut,
    TaxonomySummaryOut,
    UseTaxonomyBody,
)

if TYPE_CHECKING:
    from facies.core.client import Client, File

_ALL = "/v1/taxonomies"


class TaxonomyClient:
    """Taxonomies of a service; `facies.core.client.Client.taxonomy` gives it."""

    def __init__(self, client: Client) -> None:
        """Ask through an open client."""
        self._client = client

    def taxonomies(self) -> list[TaxonomySummaryOut]:
        """All taxonomies in order of name."""
        return self._client.read(list[TaxonomySummaryOut], "GET", _ALL)

    def taxonomy(self, name: str) -> TaxonomyOut:
        """One taxonomy with its taxa."""
        return self._client.read(TaxonomyOut, "GET", _one(name))

    def table(self, name: str) -> str:
        """One taxonomy as CSV."""
        return self._client.send("GET", f"{_one(name)}/table").content.decode()

    def import_taxonomy(
        self, file: File, *, name: str | None = None, title: str = "", replace: bool = False
    ) -> ImportedTaxonomyOut:
        """Store the taxonomy that a file holds: a table, or Darwin Core."""
        form = {"name": name, "title": title, "replace": str(replace).lower()}
        data = {key: value for key, value in form.items() if value}
        return self._client.read(ImportedTaxonomyOut, "POST", _ALL, data=data, files=[("file", file)])

    def delete_taxonomy(self, name: str) -> None:
        """Delete a taxonomy that no collection uses."""
        self._client.send("DELETE", _one(name))

    def resolve(self, name: str, text: str, n: int = 3) -> ResolvedOut:
        """What a text stands for in a taxonomy, or may have meant."""
        return self._client.read(ResolvedOut, "GET", f"{_one(name)}/resolve", params={"text": text, "n": n})

    def taxonomy_of(self, collection: str) -> CollectionTaxonomyOut:
        """Which taxonomy a collection uses."""
        return self._client.read(CollectionTaxonomyOut, "GET", _of(collection))

    def use_taxonomy(self, collection: str, name: str | None) -> CollectionTaxonomyOut:
        """Let a collection use a taxonomy, or none."""
        body = UseTaxonomyBody(taxonomy=name)
        return self._client.read(CollectionTaxonomyOut, "PUT", _of(collection), json=body.model_dump(mode="json"))

    def check_labels(self, collection: str) -> CheckedLabelsOut:
        """Hold the labels of a collection against its taxonomy."""
        return self._client.read(CheckedLabelsOut, "GET", f"{_of(collection)}/labels")

    def merge_labels(self, collection: str, body: MergeLabelsBody) -> MergedLabelsOut:
        """Let labels of a collection become accepted names, as one batch that can be undone."""
        path = f"{_of(collection)}/merge"
        return self._client.read(MergedLabelsOut, "POST", path, json=body.model_dump(mode="json"))


def _one(name: str) -> str:
    return f"{_ALL}/{quote(name, safe='')}"


def _of(collection: str) -> str:
    return f"/v1/collections/{quote(collection, safe='')}/taxonomy"
