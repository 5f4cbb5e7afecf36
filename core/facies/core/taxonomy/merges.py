"""Which labels of a collection are names of its taxonomy, and what the others may have meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from facies.core.taxonomy.taxonomy import Suggestion, Taxonomy

MatchKind: TypeAlias = Literal["name", "spelling", "code", "synonym", "misspelling", "unknown"]
"""An accepted name; one but for case and spaces; another text of a taxon; near to one; none of these."""

KINDS: tuple[MatchKind, ...] = ("name", "spelling", "code", "synonym", "misspelling", "unknown")


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """A label of a collection, held against a taxonomy.

    Attributes:
        label: as images have it.
        images: how many have it.
        kind: what it is to the taxonomy.
        name: the accepted name that it stands for; None where that is a guess.
        suggestions: guesses, the nearest first, where it is a misspelling.
    """

    label: str
    images: int
    kind: MatchKind
    name: str | None
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Whether the accepted name is certain, and another than the label: it can be merged without a guess."""
        return self.name is not None and self.name != self.label


def propose_merges(counts: Mapping[str, int], taxonomy: Taxonomy) -> list[LabelMatch]:
    """Hold the labels of a collection against a taxonomy; a person decides about misspellings.

    Args:
        counts: images of each label.
        taxonomy: whose names are right.

    Returns:
        a match for each label: first accepted names, last unknown ones, within a kind by images, then by label.
    """
    matches = [_match(label, images, taxonomy) for label, images in counts.items()]
    return sorted(matches, key=lambda match: (KINDS.index(match.kind), -match.images, match.label))


def _match(label: str, images: int, taxonomy: Taxonomy) -> LabelMatch:
    found = taxonomy.find(label)
    if found is not None:
        return LabelMatch(label, images, found.by, found.name)
    near = tuple(taxonomy.suggest(label))
    return LabelMatch(label, images, "misspelling" if near else "unknown", None, near)
