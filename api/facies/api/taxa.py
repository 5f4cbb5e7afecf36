"""What a taxonomy does to a classification: which labels can be meant at all, and how far up an answer has to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facies.core.filters import AnyOf, Filter
from facies.core.records import Prediction
from facies.core.taxonomy.masks import Mask, mask
from facies.core.wire_taxonomy import HiddenOut, RolledUpOut, span_of
from facies.indexer.taxonomies.checking import require_taxonomy
from facies.models.rollup import roll_up

if TYPE_CHECKING:
    from facies.core.taxonomy import Taxonomy
    from facies.core.wire_classify import ClassifyBody
    from facies.core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TaxaInQuestion:
    """What a body asks of the taxonomy of a collection; nothing where it asks nothing.

    Attributes:
        taxonomy: of the collection; None where nothing is asked of one.
        mask: which validated labels can be meant; None where all can.
        threshold: to roll up to; None where nothing is rolled up.
    """

    taxonomy: Taxonomy | None = None
    mask: Mask | None = None
    threshold: float | None = None
    hidden: list[HiddenOut] = field(default_factory=list)

    @property
    def where(self) -> Filter | None:
        """The filter that lets only images vote whose label can be meant."""
        return None if self.mask is None else AnyOf("label", self.mask.kept)

    def roll_up(self, predictions: Sequence[Prediction]) -> RolledUpOut | None:
        """The lowest taxon that is certain enough; None where nothing is asked, or nothing was predicted."""
        if self.taxonomy is None or self.threshold is None or not predictions:
            return None
        shares = np.asarray([[one.probability for one in predictions]], dtype=np.float64)
        (found,) = roll_up(shares, [one.label for one in predictions], self.taxonomy, self.threshold)
        return RolledUpOut(taxon=found.taxon, rank=found.rank, probability=found.probability, reached=found.is_reached)


def taxa_in_question(workspace: Workspace, collection: str, body: ClassifyBody) -> TaxaInQuestion:
    """Read the taxonomy of a collection as far as a body asks for it.

    Raises:
        TaxonomyNotFoundError: it is asked for, and the collection uses none.
        UnknownTaxonError: one of the taxa that can be meant is none.
        TaxonomyError: the ends of an age or a depth are the wrong way round.
        QueryError: no label can be meant.
    """
    masked = body.only is not None or body.age is not None or body.depth is not None
    if not masked and body.roll_up is None:
        return TaxaInQuestion()
    taxonomy = require_taxonomy(workspace.catalog, collection)
    if not masked:
        return TaxaInQuestion(taxonomy, None, body.roll_up)
    counts = workspace.catalog.state_counts(collection)
    labels = [label for label, state in counts if state == "validated"]
    found = mask(labels, taxonomy, allowed=body.only, age=span_of(body.age), depth=span_of(body.depth))
    return TaxaInQuestion(taxonomy, found, body.roll_up, [HiddenOut.of(hidden) for hidden in found.hidden])
