"""Which classes can be meant at all: those of a list, of an age, or of a depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from facies.core.errors import QueryError
from facies.core.taxonomy.taxon import Span, Taxon
from facies.core.taxonomy.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Hidden:
    """A class that is out of the question, and why."""

    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mask:
    """Classes that are in question, and those that are not; both in the order in which they were given."""

    kept: tuple[str, ...]
    hidden: tuple[Hidden, ...] = ()


def mask(
    classes: Sequence[str],
    taxonomy: Taxonomy,
    *,
    allowed: Iterable[str] | None = None,
    age: Span | None = None,
    depth: Span | None = None,
) -> Mask:
    """Part classes into those that a list, an age and a depth leave, and the others with the reason of each.

    A taxon without an age or depth of its own has that of the nearest taxon that it belongs to; where none has one, it
    is kept, since nothing speaks against it.

    Args:
        classes: labels; those that the taxonomy does not know are hidden by a list, and kept otherwise.
        taxonomy: says what belongs to what.
        allowed: names, codes or synonyms of taxa; whatever belongs to one of them is kept.
        age: in millions of years before present.
        depth: in metres.

    Raises:
        UnknownTaxonError: one of ``allowed`` is no taxon.
        QueryError: no class is left.
    """
    wanted = None if allowed is None else [taxonomy.resolve(text) for text in allowed]
    reasons = {label: _reason(label, taxonomy, wanted, age, depth) for label in classes}
    hidden = tuple(Hidden(label, reason) for label, reason in reasons.items() if reason is not None)
    kept = tuple(label for label, reason in reasons.items() if reason is None)
    if classes and not kept:
        raise QueryError(
            f"the mask hides all {len(hidden)} classes ({hidden[0].label!r}: {hidden[0].reason}), so nothing can be "
            "named; allow more taxa, or widen the range of age or depth"
        )
    return Mask(kept, hidden)


def _reason(
    label: str, taxonomy: Taxonomy, wanted: Sequence[str] | None, age: Span | None, depth: Span | None
) -> str | None:
    found = taxonomy.find(label)
    line = () if found is None else taxonomy.lineage(found.name)
    if wanted is not None and not any(taxon.name in wanted for taxon in line):
        return f"it belongs to none of {', '.join(wanted)}" if line else f"it is no taxon of {taxonomy.name}"
    return _outside(line, age, "age", "Ma", lambda taxon: taxon.age_ma) or _outside(
        line, depth, "depth", "m", lambda taxon: taxon.depth_m
    )


def _outside(
    line: Iterable[Taxon], asked: Span | None, what: str, unit: str, read: Callable[[Taxon], Span | None]
) -> str | None:
    known = next(((taxon.name, span) for taxon in line if (span := read(taxon)) is not None), None)
    if asked is None or known is None or known[1].overlaps(asked):
        return None
    return f"the {what} of {known[0]} is {known[1]} {unit}, outside {asked} {unit}"
