"""The bodies of the HTTP API that are about taxonomies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field

from facies.core.taxonomy import Span, Taxon
from facies.core.taxonomy.masks import Hidden
from facies.core.taxonomy.merges import LabelMatch, MatchKind
from facies.core.taxonomy.record import TaxonomyRecord
from facies.core.taxonomy.taxonomy import By, Suggestion
from facies.core.wire import Body

Ends: TypeAlias = tuple[float | None, float | None]
"""The lower and the upper end of a range; null leaves one open."""

Age = Annotated[Ends | None, Field(description="From the younger to the older end, in millions of years.")]
Depth = Annotated[Ends | None, Field(description="From the upper to the lower end, in metres.")]


def ends_of(span: Span | None) -> Ends | None:
    """A range as a body has it."""
    return None if span is None else (span.low, span.high)


def span_of(ends: Ends | None) -> Span | None:
    """The range that a body asks for; raises TaxonomyError where its ends are the wrong way round."""
    return None if ends is None else Span(*ends)


class TaxonOut(Body):
    """A taxon: its accepted name, and what else is known of it."""

    name: str
    rank: str | None
    parent: str | None
    code: str | None
    synonyms: list[str]
    age_ma: Age = None
    depth_m: Depth = None

    @classmethod
    def of(cls, taxon: Taxon) -> TaxonOut:
        """The body of a taxon."""
        return cls(
            name=taxon.name,
            rank=taxon.rank,
            parent=taxon.parent,
            code=taxon.code,
            synonyms=list(taxon.synonyms),
            age_ma=ends_of(taxon.age_ma),
            depth_m=ends_of(taxon.depth_m),
        )


class TaxonomySummaryOut(Body):
    """A taxonomy in a list."""

    name: str
    title: str
    taxa: int
    source: str
    licence: str
    imported_at: datetime | None = Field(description="Empty where it comes with facies.")
    collections: list[str] = Field(description="Those that use it.")

    @classmethod
    def of(cls, record: TaxonomyRecord) -> TaxonomySummaryOut:
        """The body of a record."""
        return cls.model_validate(record, from_attributes=True)


class TaxonomyOut(Body):
    """A taxonomy with its taxa, in the order of their source."""

    name: str
    title: str
    source: str
    licence: str
    taxa: list[TaxonOut]


class ImportedTaxonomyOut(Body):
    """What an import stored, and what of its file it left out."""

    taxonomy: TaxonomySummaryOut
    notes: list[str] = Field(default_factory=list)


class SuggestionOut(Body):
    """An accepted name that a misspelling may have meant."""

    name: str
    distance: int = Field(description="Letters to insert, delete, change or swap.")
    spelling: str = Field(description="The name, synonym or code that is so near, without case.")

    @classmethod
    def of(cls, found: Suggestion) -> SuggestionOut:
        """The body of a suggestion."""
        return cls.model_validate(found, from_attributes=True)


class ResolvedOut(Body):
    """What a text stands for in a taxonomy, or may have meant."""

    text: str
    name: str | None = Field(description="The accepted name; empty where it stands for none.")
    by: By | None = Field(
        description="How it was found: as it stands, but for case and spaces, or by another text of the taxon."
    )
    lineage: list[str] = Field(description="From the taxon up to the top.")
    suggestions: list[SuggestionOut]


class UseTaxonomyBody(Body):
    """Which taxonomy a collection uses."""

    taxonomy: str | None = Field(description="Name of a taxonomy; null for none.")


class CollectionTaxonomyOut(Body):
    """Which taxonomy a collection uses."""

    collection: str
    taxonomy: str | None


class LabelMatchOut(Body):
    """A label of a collection, held against its taxonomy."""

    label: str
    images: int
    kind: MatchKind = Field(
        description="An accepted name; one but for case and spaces; another text of a taxon; near to one; or none."
    )
    name: str | None = Field(description="The accepted name that it stands for; empty where that is a guess.")
    suggestions: list[SuggestionOut]

    @classmethod
    def of(cls, match: LabelMatch) -> LabelMatchOut:
        """The body of a match."""
        return cls.model_validate(match, from_attributes=True)


class CheckedLabelsOut(Body):
    """All labels of a collection, held against its taxonomy: first accepted names, last unknown ones."""

    collection: str
    taxonomy: str
    labels: list[LabelMatchOut]


class MergeLabelsBody(Body):
    """Which labels of a collection become which accepted names; a person has looked at them."""

    pairs: dict[str, str] = Field(
        default_factory=dict, description="By the label as images have it: a name, synonym or code of the taxonomy."
    )
    settled: bool = Field(
        False, description="Also every label that is certain: synonyms, codes, and names in other case or spacing."
    )


class MergedLabelsOut(Body):
    """What a merge did, as one batch that can be undone."""

    collection: str
    taxonomy: str
    batch: int | None = Field(description="Number of the batch of labels; empty where nothing was to be done.")
    images: int
    merged: dict[str, str] = Field(description="The accepted name that each label became.")


class RolledUpOut(Body):
    """The lowest taxon of the winner's lineage that is as probable as was asked for."""

    taxon: str
    rank: str | None
    probability: float
    reached: bool = Field(description="Whether it is; else this is the top of the lineage, and still less probable.")


class HiddenOut(Body):
    """A label that was out of the question, and why."""

    label: str
    reason: str

    @classmethod
    def of(cls, hidden: Hidden) -> HiddenOut:
        """The body of a hidden class."""
        return cls.model_validate(hidden, from_attributes=True)
