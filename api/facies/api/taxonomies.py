"""The use cases of taxonomies: what is there, what comes and goes, and the labels that are held against them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from facies.core.errors import TaxonomyError
from facies.core.taxonomy.table import write_taxonomy_table
from facies.core.wire_taxonomy import (
    CheckedLabelsOut,
    CollectionTaxonomyOut,
    ImportedTaxonomyOut,
    LabelMatchOut,
    MergedLabelsOut,
    MergeLabelsBody,
    ResolvedOut,
    SuggestionOut,
    TaxonomyOut,
    TaxonomySummaryOut,
    TaxonOut,
)
from facies.indexer.taxonomies import checking, merging
from facies.indexer.taxonomies.reading import read_taxonomy

if TYPE_CHECKING:
    from facies.core.actors import Actor
    from facies.core.catalog import Catalog
    from facies.core.workspace import Workspace

MOST_SUGGESTIONS = 50


def list_taxonomies(catalog: Catalog) -> list[TaxonomySummaryOut]:
    """All taxonomies in order of name, those that come with facies among them."""
    return [TaxonomySummaryOut.of(record) for record in catalog.taxonomies()]


def show_taxonomy(catalog: Catalog, name: str) -> TaxonomyOut:
    """One taxonomy with its taxa; raises TaxonomyNotFoundError."""
    found = catalog.taxonomy(name)
    return TaxonomyOut(
        name=found.name,
        title=found.title,
        source=found.source,
        licence=found.licence,
        taxa=[TaxonOut.of(taxon) for taxon in found],
    )


def export_taxonomy(catalog: Catalog, name: str) -> str:
    """One taxonomy as CSV; raises TaxonomyNotFoundError."""
    return write_taxonomy_table(catalog.taxonomy(name))


def import_taxonomy(
    catalog: Catalog,
    filename: str,
    load: Callable[[], bytes],
    *,
    name: str | None = None,
    title: str = "",
    replace: bool = False,
) -> ImportedTaxonomyOut:
    """Store the taxonomy that a file holds.

    Args:
        catalog: the open catalogue.
        filename: what the file is called; the taxonomy takes its name from it where it gets none.
        load: gives the file's bytes.
        name: that the taxonomy gets.
        title: what a Darwin Core taxonomy is, in a line.
        replace: whether it may take the place of one of its name.

    Raises:
        TaxonomyError: the file holds no taxonomy.
        TaxonomyConflictError: the name is taken.
    """
    found = read_taxonomy(load(), filename, name, title=title)
    record = catalog.add_taxonomy(found.taxonomy, replace=replace)
    return ImportedTaxonomyOut(taxonomy=TaxonomySummaryOut.of(record), notes=list(found.notes))


def resolve_text(catalog: Catalog, name: str, text: str, n: int) -> ResolvedOut:
    """What a text stands for in a taxonomy, and the n names that are spelt like it where it stands for none.

    Raises:
        TaxonomyNotFoundError: there is none of this name.
        TaxonomyError: n is out of range.
    """
    if not 0 <= n <= MOST_SUGGESTIONS:
        raise TaxonomyError(f"{n} suggestions are asked for, expected 0 to {MOST_SUGGESTIONS}")
    taxonomy = catalog.taxonomy(name)
    found = taxonomy.find(text)
    if found is None:
        suggestions = [SuggestionOut.of(one) for one in taxonomy.suggest(text, n)]
        return ResolvedOut(text=text, name=None, by=None, lineage=[], suggestions=suggestions)
    lineage = [taxon.name for taxon in taxonomy.lineage(found.name)]
    return ResolvedOut(text=text, name=found.name, by=found.by, lineage=lineage, suggestions=[])


def taxonomy_of(catalog: Catalog, collection: str) -> CollectionTaxonomyOut:
    """Which taxonomy a collection uses; raises CollectionNotFoundError."""
    return CollectionTaxonomyOut(collection=collection, taxonomy=catalog.collection(collection).taxonomy)


def use_taxonomy(catalog: Catalog, collection: str, name: str | None) -> CollectionTaxonomyOut:
    """Let a collection use a taxonomy, or none; raises CollectionNotFoundError, TaxonomyNotFoundError."""
    catalog.use_taxonomy(collection, name)
    return CollectionTaxonomyOut(collection=collection, taxonomy=name)


def check_labels(catalog: Catalog, collection: str) -> CheckedLabelsOut:
    """See `facies.indexer.taxonomies.checking.check_labels`."""
    found = checking.check_labels(catalog, collection)
    labels = [LabelMatchOut.of(match) for match in found.matches]
    return CheckedLabelsOut(collection=collection, taxonomy=found.taxonomy, labels=labels)


def merge_labels(workspace: Workspace, collection: str, body: MergeLabelsBody, by: Actor) -> MergedLabelsOut:
    """See `facies.indexer.taxonomies.merging.merge_labels`."""
    found = merging.merge_labels(workspace, collection, body.pairs, by, settled=body.settled)
    return MergedLabelsOut(
        collection=collection,
        taxonomy=found.taxonomy,
        batch=found.batch,
        images=found.images,
        merged=dict(found.pairs),
    )
