"""A taxonomy from the rows of a Darwin Core taxon table.

Terms that are read: ``taxonID``, ``scientificName``, ``scientificNameAuthorship``, ``canonicalName`` (GBIF's),
``parentNameUsageID``, ``parentNameUsage``, ``acceptedNameUsageID``, ``acceptedNameUsage``, ``taxonRank`` and
``taxonomicStatus``.

Source: Darwin Core maintenance group, Darwin Core quick reference guide, class Taxon.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facies.core.errors import TaxonomyError
from facies.core.taxonomy.table import SEPARATOR, Line
from facies.core.taxonomy.taxon import ORDER, Taxon, fold
from facies.core.taxonomy.taxonomy import Taxonomy

NAME: Final = "scientificName"
ID: Final = "taxonID"

_RANKS: Final[Mapping[str, str | None]] = MappingProxyType(
    {"division": "phylum", "varietas": "variety", "forma": "form", "unranked": None, "no rank": None}
)
"""Other words for a rank, or for none."""

_NOT_ACCEPTED = ("synonym", "misapplied", "unaccepted", "invalid")
"""What the taxonomic status of a name contains that is not the accepted one."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ReadTaxonomy:
    """A taxonomy that was read, and what of its source it leaves out."""

    taxonomy: Taxonomy
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Usage:
    """A row: one name, and what it says of others."""

    line: int
    name: str
    row: Mapping[str, str]

    @property
    def is_synonym(self) -> bool:
        """Whether another name is the accepted one, by the status or by what the row refers to."""
        status = self.row.get("taxonomicStatus", "").lower()
        if any(word in status for word in _NOT_ACCEPTED):
            return True
        if "acceptedNameUsageID" in self.row:
            return self.row["acceptedNameUsageID"] != self.row.get(ID)
        accepted = self.row.get("acceptedNameUsage")
        return accepted is not None and accepted not in {self.name, self.row.get(NAME)}


def read_darwin_core(lines: Iterable[Line], name: str, where: str, *, title: str = "") -> ReadTaxonomy:
    """Make a taxonomy of the rows of a taxon table: accepted names become taxa, the others their synonyms.

    Args:
        lines: rows with their line numbers, cells by the name of their term.
        name: that the taxonomy gets.
        where: what the file is called, for messages.
        title: what the taxonomy is; its name where empty.

    Raises:
        TaxonomyError: a row without a name, an id twice, a parent or accepted name that is not there, or taxa that make
            no taxonomy.
    """
    usages = _Usages([_read_usage(line, row, where) for line, row in lines], where)
    notes: list[str] = []
    synonyms = _join_synonyms(usages, notes)
    ranks = _read_ranks(usages.accepted, notes)
    taxa = tuple(
        Taxon(
            name=usage.name,
            rank=ranks[usage.name],
            parent=usages.parent_of(usage),
            synonyms=synonyms.get(usage.name, ()),
        )
        for usage in usages.accepted
    )
    return ReadTaxonomy(Taxonomy(name, title or name, taxa, source=where), tuple(notes))


def _read_usage(line: int, row: Mapping[str, str], where: str) -> _Usage:
    name = row.get("canonicalName") or row.get(NAME)
    if name is None:
        raise TaxonomyError(f"{where}, line {line} has no {NAME}")
    authorship = row.get("scientificNameAuthorship", "")
    if authorship and name.endswith(authorship) and name != authorship:
        name = name.removesuffix(authorship).strip()
    return _Usage(line, " ".join(name.split()), row)


class _Usages:
    """The rows of a table, and what they refer to."""

    def __init__(self, usages: Sequence[_Usage], where: str) -> None:
        """Index the rows; raises TaxonomyError where two have one id."""
        self._where = where
        self._by_id: dict[str, _Usage] = {}
        self._by_name: dict[str, _Usage] = {}
        for usage in usages:
            there = self._by_id.setdefault(usage.row[ID], usage) if ID in usage.row else usage
            if there is not usage:
                raise TaxonomyError(
                    f"{where} has the {ID} {usage.row[ID]!r} twice, in lines {there.line} and {usage.line}; "
                    "leave one out"
                )
        self.accepted = [usage for usage in usages if not usage.is_synonym]
        self.synonyms = [usage for usage in usages if usage.is_synonym]
        for usage in self.accepted:
            self._by_name.setdefault(usage.name, usage)
            self._by_name.setdefault(
                usage.row.get(NAME, usage.name), usage
            )  # with its authorship, as others refer to it

    def parent_of(self, usage: _Usage) -> str | None:
        """The accepted name of what a taxon belongs to."""
        found = self._refer(usage, "parentNameUsage")
        if found is None:
            return None
        accepted = self.accepted_of(found)
        if accepted is None:
            raise TaxonomyError(
                f"{self._where}, line {usage.line}: the parent of {usage.name!r} is {found.name!r}, a synonym of no "
                "accepted name; correct one of the two"
            )
        return None if accepted is usage else accepted.name  # some tables let the top be its own parent

    def accepted_of(self, start: _Usage) -> _Usage | None:
        """Follow synonyms of synonyms to the accepted name; None where they lead to none."""
        walked: list[_Usage] = []
        usage: _Usage | None = start
        while usage is not None and usage.is_synonym:
            if usage in walked:
                circle = " -> ".join(one.name for one in [*walked[walked.index(usage) :], usage])
                raise TaxonomyError(
                    f"{self._where}: accepted names go round in a circle: {circle}; correct one of them"
                )
            walked.append(usage)
            usage = self._refer(usage, "acceptedNameUsage")
        return usage

    def _refer(self, usage: _Usage, term: str) -> _Usage | None:
        """The row that another one refers to, by id or else by name; None where it refers to none."""
        wanted = usage.row.get(f"{term}ID")
        found = None if wanted is None else self._by_id.get(wanted)
        if found is None and term in usage.row:
            wanted = usage.row[term]
            found = self._by_name.get(wanted)
        if found is None and wanted is not None:
            raise TaxonomyError(
                f"{self._where}, line {usage.line}: the {term} of {usage.name!r} is {wanted!r}, which no row has; "
                "add the row, or empty the cell"
            )
        return found


def _join_synonyms(usages: _Usages, notes: list[str]) -> dict[str, tuple[str, ...]]:
    """Synonyms by accepted name; those that could not be told apart afterwards are left out, and noted."""
    names = {fold(usage.name) for usage in usages.accepted}
    owners: defaultdict[str, dict[str, str]] = defaultdict(dict)  # spelling by accepted name, by folded synonym
    lost, taken = [], []
    for usage in usages.synonyms:
        owner = usages.accepted_of(usage)
        if owner is None or SEPARATOR in usage.name:
            lost.append(usage.name)
        elif fold(usage.name) not in names:
            owners[fold(usage.name)].setdefault(owner.name, usage.name)
        elif fold(usage.name) != fold(owner.name):
            taken.append(usage.name)
    shared = [next(iter(spellings.values())) for spellings in owners.values() if len(spellings) > 1]
    _note(notes, lost, "left out synonyms without an accepted name")
    _note(notes, taken, "left out synonyms that are accepted names too")
    _note(notes, shared, "left out synonyms of several names")
    joined: defaultdict[str, list[str]] = defaultdict(list)
    for spellings in owners.values():
        if len(spellings) == 1:
            ((owner_name, spelling),) = spellings.items()
            joined[owner_name].append(spelling)
    return {name: tuple(found) for name, found in joined.items()}


def _read_ranks(accepted: Iterable[_Usage], notes: list[str]) -> dict[str, str | None]:
    ranks: dict[str, str | None] = {}
    unknown: Counter[str] = Counter()
    for usage in accepted:
        text = usage.row.get("taxonRank", "").lower()
        rank = _RANKS.get(text, text) or None
        if rank is not None and rank not in ORDER:
            unknown[rank] += 1
            rank = None
        ranks[usage.name] = rank
    _note(notes, list(unknown), "took these ranks for none, since facies does not order them")
    return ranks


def _note(notes: list[str], names: Sequence[str], what: str) -> None:
    if names:
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        notes.append(f"{what}: {', '.join(names[:_SHOWN])}{more}")
