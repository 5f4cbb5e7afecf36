"""One taxon: its accepted name, and what else is known of it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from facies.core.errors import TaxonomyError

RANKS: Final = (
    "group",
    "domain",
    "kingdom",
    "subkingdom",
    "phylum",
    "subphylum",
    "superclass",
    "class",
    "subclass",
    "infraclass",
    "superorder",
    "order",
    "suborder",
    "infraorder",
    "superfamily",
    "family",
    "subfamily",
    "tribe",
    "subtribe",
    "genus",
    "subgenus",
    "section",
    "series",
    "species",
    "subspecies",
    "variety",
    "form",
)
"""From the highest to the lowest. A ``group`` is informal (pollen, logs) and may stand above everything."""

ORDER: Final[Mapping[str, int]] = MappingProxyType({rank: place for place, rank in enumerate(RANKS)})


@dataclass(frozen=True, slots=True)
class Span:
    """From a lowest to a highest value, both included; None leaves an end open.

    >>> Span(34, 56).overlaps(Span(50, None)), Span(34, 56).overlaps(Span(66, 100))
    (True, False)
    """

    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        """Raise TaxonomyError where an end is not a finite number, or the ends are the wrong way round."""
        for end in (self.low, self.high):
            if end is not None and not math.isfinite(end):
                raise TaxonomyError(f"a range ends at {end}, expected a finite number, or nothing where it is open")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise TaxonomyError(f"a range goes from {self.low:g} to {self.high:g}: expected the lower end first")

    def overlaps(self, other: Span) -> bool:
        """Whether some value lies in both."""
        return _not_above(self.low, other.high) and _not_above(other.low, self.high)

    def __str__(self) -> str:
        """The range as a person reads it."""
        if self.low is None:
            return "any" if self.high is None else f"up to {self.high:g}"
        return f"{self.low:g} and more" if self.high is None else f"{self.low:g} to {self.high:g}"


def _not_above(low: float | None, high: float | None) -> bool:
    return low is None or high is None or low <= high


@dataclass(frozen=True, slots=True)
class Taxon:
    """An accepted name, and what else is known of it.

    Attributes:
        name: as labels spell it.
        rank: one of `RANKS`; None where it has none.
        parent: accepted name of the taxon that it belongs to; None at the top.
        code: a short form that people type in place of the name.
        synonyms: other names of the same taxon.
        age_ma: when it lived, in millions of years before present; the lower end is the younger one.
        depth_m: where it is found, in metres below the datum of the well.
    """

    name: str
    rank: str | None = None
    parent: str | None = None
    code: str | None = None
    synonyms: tuple[str, ...] = ()
    age_ma: Span | None = None
    depth_m: Span | None = None


def fold(text: str) -> str:
    """What two spellings of one name have in common: neither case, nor spaces, nor the way in which accents are coded.

    >>> fold("  Areoligera   SENONENSIS ") == fold("areoligera senonensis")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
