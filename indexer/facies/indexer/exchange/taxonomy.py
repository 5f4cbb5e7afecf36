"""The taxonomy that a collection uses, in its Parquet file: one entry of the key-value metadata, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from facies.core.errors import SourceError, TaxonomyError, TaxonomyNotFoundError
from facies.core.taxonomy.table import read_taxonomy_table, write_taxonomy_table

if TYPE_CHECKING:
    from facies.core.catalog import Catalog
    from facies.core.taxonomy import Taxonomy

KEY: Final = b"facies.taxonomy"


def write_taxonomy_entry(taxonomy: Taxonomy | None) -> dict[bytes, str]:
    """Bring a taxonomy into an entry of a file's key-value metadata; none for none."""
    if taxonomy is None:
        return {}
    return {KEY: json.dumps({"name": taxonomy.name, "table": write_taxonomy_table(taxonomy)}, ensure_ascii=False)}


def read_taxonomy_entry(entries: Mapping[bytes, bytes], where: str) -> Taxonomy | None:
    """Read the taxonomy from a file's key-value metadata; None where there is none.

    Raises:
        SourceError: the entry is damaged.
    """
    text = entries.get(KEY)
    if text is None:
        return None
    try:
        document = json.loads(text)
        return read_taxonomy_table(str(document["table"]).encode(), str(document["name"]), "the table of its taxonomy")
    except (ValueError, KeyError, TypeError, TaxonomyError) as error:
        raise SourceError(f"{where}: the taxonomy that it says it uses is damaged ({error})") from error


def adopt_taxonomy(catalog: Catalog, collection: str, taxonomy: Taxonomy | None) -> list[str]:
    """Let an imported collection use the taxonomy that came with it, stored first where it is not here.

    Returns:
        what a person should know: one of the same name but with other taxa is never replaced.

    Raises:
        CollectionNotFoundError: there is none of this name.
    """
    if taxonomy is None:
        return []
    notes = []
    try:
        there = catalog.taxonomy(taxonomy.name)
    except TaxonomyNotFoundError:
        catalog.add_taxonomy(taxonomy)
        notes.append(f"the taxonomy {taxonomy.name!r} came with it and was stored")
    else:
        if there.taxa != taxonomy.taxa:
            return [
                f"it used the taxonomy {taxonomy.name!r}, which has other taxa here, so it uses none now; `facies "
                f"taxonomy check` after `facies taxonomy use {taxonomy.name} -c {collection}` shows what differs"
            ]
    catalog.use_taxonomy(collection, taxonomy.name)
    return notes
