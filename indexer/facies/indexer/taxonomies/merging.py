"""Labels of a collection become accepted names of its taxonomy: spellings, synonyms, and what a person confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facies.core.errors import QueryError
from facies.core.records import LabelBatch
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.renaming import renamed
from facies.indexer.taxonomies.checking import LabelCheck, check_labels, require_taxonomy

if TYPE_CHECKING:
    from facies.core.actors import Actor
    from facies.core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Attributes:
        taxonomy: its name.
        batch: number of the batch of labels; None where nothing was to be done.
        images: how many got another label.
        pairs: the accepted name that each label became.
    """

    taxonomy: str
    batch: int | None
    images: int
    pairs: Mapping[str, str]


def merge_labels(
    workspace: Workspace,
    collection: str,
    pairs: Mapping[str, str],
    by: Actor,
    *,
    settled: bool = False,
) -> Merged:
    """Give images accepted names in place of the labels that they have; states stay, and one batch holds it all.

    Args:
        workspace: the open data.
        collection: name of the collection.
        pairs: by the label as images have it, a name, synonym or code of the taxonomy; a person has confirmed them.
        by: who asks for it.
        settled: also every label that is certain: synonyms, codes, and names in other case or spacing.

    Raises:
        CollectionNotFoundError: there is none of this name.
        TaxonomyNotFoundError: the collection uses no taxonomy.
        UnknownTaxonError: what a label should become is no taxon.
        QueryError: no image has a label that is named.
        StaleLabelError: somebody else labelled one of the images meanwhile; nothing was changed.
    """
    taxonomy = require_taxonomy(workspace.catalog, collection)
    check = check_labels(workspace.catalog, collection)
    _check_present(check, pairs)
    wanted = {match.label: match.name for match in check.matches if settled and match.is_settled and match.name}
    wanted |= {label: taxonomy.resolve(name) for label, name in pairs.items()}
    wanted = {label: name for label, name in wanted.items() if label != name}
    records = [record for record in workspace.catalog.iter_images(collection) if record.label in wanted]
    if not records:
        return Merged(taxonomy.name, None, 0, {})
    given = renamed(workspace, collection, records, wanted)
    provenance = {"taxonomy": taxonomy.name, "merged": wanted}
    batch = LabelBatch("person", by.name, verified=by.verified, provenance=provenance)
    seen = {record.id: record.event for record in records}
    made = give_labels(workspace, collection, given, batch, seen=seen)
    return Merged(taxonomy.name, made.number, len(records), wanted)


def _check_present(check: LabelCheck, labels: Mapping[str, str]) -> None:
    present = {match.label for match in check.matches}
    absent = [label for label in labels if label not in present]
    if absent:
        raise QueryError(
            f"no image of collection {check.collection!r} has the label {', '.join(map(repr, absent))}; "
            f"`facies taxonomy check -c {check.collection}` lists its labels"
        )
