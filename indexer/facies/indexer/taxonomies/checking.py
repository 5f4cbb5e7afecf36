"""The labels of a collection, held against the taxonomy that it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facies.core.errors import TaxonomyNotFoundError
from facies.core.taxonomy.merges import LabelMatch, propose_merges

if TYPE_CHECKING:
    from facies.core.catalog import Catalog
    from facies.core.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """What the labels of a collection are to its taxonomy, see `facies.core.taxonomy.merges.propose_merges`."""

    collection: str
    taxonomy: str
    matches: tuple[LabelMatch, ...]


def check_labels(catalog: Catalog, collection: str) -> LabelCheck:
    """Hold all labels of a collection, also predicted and rejected ones, against its taxonomy.

    Raises:
        CollectionNotFoundError: there is none of this name.
        TaxonomyNotFoundError: it uses no taxonomy.
    """
    taxonomy = require_taxonomy(catalog, collection)
    return LabelCheck(collection, taxonomy.name, tuple(propose_merges(catalog.label_counts(collection), taxonomy)))


def require_taxonomy(catalog: Catalog, collection: str) -> Taxonomy:
    """The taxonomy that a collection uses.

    Raises:
        CollectionNotFoundError: there is none of this name.
        TaxonomyNotFoundError: it uses none.
    """
    taxonomy = catalog.taxonomy_of(collection)
    if taxonomy is None:
        raise TaxonomyNotFoundError.from_message(
            f"collection {collection!r} uses no taxonomy; `facies taxonomy list` shows which there are, and "
            f"`facies taxonomy use NAME -c {collection}` lets it use one"
        )
    return taxonomy
