"""A taxonomy: taxa that were checked together, and the questions that people ask of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from facies.core.errors import TaxonomyError, UnknownTaxonError
from facies.core.taxonomy.checks import Names, check_taxa
from facies.core.taxonomy.spelling import find_near
from facies.core.taxonomy.taxon import ORDER, RANKS, Taxon, fold

By: TypeAlias = Literal["name", "spelling", "code", "synonym"]
"""How a text was found: as it stands, but for case and spaces, or by another text of the taxon."""

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Resolution:
    """The accepted name that a text stands for, and how it was found."""

    name: str
    by: By


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An accepted name that a misspelling may have meant.

    Attributes:
        name: the accepted name.
        distance: edits between the text and ``spelling``.
        spelling: the name, synonym or code that is near, as it is compared: without case and doubled spaces.
    """

    name: str
    distance: int
    spelling: str


@dataclass(frozen=True)
class Taxonomy:
    """Taxa that were checked together; it never changes.

    Attributes:
        name: by which it is called, e.g. ``scampi-20``.
        title: what it is, in a line.
        taxa: in the order of their source.
        source: where it comes from.
        licence: under which, where that is known.
    """

    name: str
    title: str
    taxa: tuple[Taxon, ...]
    source: str = ""
    licence: str = ""
    _names: Names = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Taxon] = field(init=False, repr=False, compare=False)
    _children: Mapping[str | None, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the taxa; raises TaxonomyError, see `facies.core.taxonomy.checks.check_taxa`."""
        if not self.name.strip():
            raise TaxonomyError("a taxonomy has no name, expected a short one such as 'microfossils'")
        children: defaultdict[str | None, list[str]] = defaultdict(list)
        for taxon in self.taxa:
            children[taxon.parent].append(taxon.name)
        object.__setattr__(self, "_names", check_taxa(self.name, self.taxa))
        object.__setattr__(self, "_by_name", {taxon.name: taxon for taxon in self.taxa})
        object.__setattr__(self, "_children", {parent: tuple(names) for parent, names in children.items()})

    def __len__(self) -> int:
        return len(self.taxa)

    def __iter__(self) -> Iterator[Taxon]:
        return iter(self.taxa)

    def __contains__(self, name: object) -> bool:
        """Whether this is an accepted name, letter by letter."""
        return name in self._by_name

    def taxon(self, name: str) -> Taxon:
        """The taxon of an accepted name; raises UnknownTaxonError where it is none."""
        if name not in self._by_name:
            raise self._unknown(name)
        return self._by_name[name]

    def find(self, text: str) -> Resolution | None:
        """Find what a text stands for: an accepted name, one but for case and spaces, a code or a synonym."""
        if text in self._by_name:
            return Resolution(text, "name")
        found = self._names.get(fold(text))
        if found is None:
            return None
        name, use = found
        return Resolution(name, "spelling" if use == "name" else use)

    def resolve(self, text: str) -> str:
        """The accepted name that a text stands for, see `find`.

        Raises:
            UnknownTaxonError: it stands for none; the message names those that are spelt like it.
        """
        found = self.find(text)
        if found is None:
            raise self._unknown(text)
        return found.name

    def suggest(self, text: str, n: int = _SUGGESTED) -> list[Suggestion]:
        """The n accepted names that a misspelling most likely meant, by distance, then by name."""
        nearest: dict[str, Suggestion] = {}
        for spelling, distance in find_near(text, self._names):
            name = self._names[spelling][0]
            nearest.setdefault(name, Suggestion(name, distance, spelling))
        return sorted(nearest.values(), key=lambda found: (found.distance, found.name))[: max(n, 0)]

    def lineage(self, name: str) -> tuple[Taxon, ...]:
        """A taxon and what it belongs to, from itself up to the top; raises UnknownTaxonError."""
        line = [self.taxon(name)]
        while line[-1].parent is not None:
            line.append(self._by_name[line[-1].parent])
        return tuple(line)

    def children(self, name: str | None) -> tuple[str, ...]:
        """Names that belong to a taxon directly; of None those at the top. Raises UnknownTaxonError."""
        if name is not None:
            self.taxon(name)
        return self._children.get(name, ())

    def at_rank(self, name: str, rank: str) -> str | None:
        """The taxon of a rank that this one is, or belongs to; None where its lineage has none of that rank.

        Raises:
            UnknownTaxonError: the name is none.
            TaxonomyError: the rank is none.
        """
        if rank not in ORDER:
            raise TaxonomyError(f"{rank!r} is no rank, expected one of {', '.join(RANKS)}")
        return next((taxon.name for taxon in self.lineage(name) if taxon.rank == rank), None)

    def belongs_to(self, name: str, above: str) -> bool:
        """Whether a taxon is another one or belongs to it, at whatever remove; raises UnknownTaxonError."""
        return any(taxon.name == above for taxon in self.lineage(name))

    def _unknown(self, text: str) -> UnknownTaxonError:
        return UnknownTaxonError(text, self.name, [found.name for found in self.suggest(text)])
