"""A taxonomy in a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facies.core.taxonomy.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class TaxonomyRecord:
    """What a list says of a taxonomy, whose taxa are read on their own.

    Attributes:
        name: by which it is called.
        title: what it is, in a line.
        taxa: how many it has.
        source: where it comes from.
        licence: under which, where that is known.
        imported_at: when it was stored; None where it comes with facies.
        collections: names of those that use it, in alphabetical order.
    """

    name: str
    title: str
    taxa: int
    source: str
    licence: str
    imported_at: datetime | None = None
    collections: tuple[str, ...] = ()

    @property
    def is_builtin(self) -> bool:
        """Whether it comes with facies."""
        return self.imported_at is None


def record_of(
    taxonomy: Taxonomy, imported_at: datetime | None = None, collections: tuple[str, ...] = ()
) -> TaxonomyRecord:
    """Make the entry of a taxonomy in a list."""
    return TaxonomyRecord(
        taxonomy.name, taxonomy.title, len(taxonomy), taxonomy.source, taxonomy.licence, imported_at, collections
    )
