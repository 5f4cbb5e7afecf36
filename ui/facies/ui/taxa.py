"""Taxa in the order of their tree, and those that somebody looks for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facies.core.wire_taxonomy import Ends, TaxonOut


def find(taxa: Sequence[TaxonOut], wanted: str) -> list[tuple[int, TaxonOut]]:
    """Taxa with their depth in the tree, each below what it belongs to.

    Args:
        taxa: all of them.
        wanted: part of a name, synonym or code; those above a taxon that has it are listed too. Empty for all.
    """
    text = wanted.strip().casefold()
    parents = {one.name: one.parent for one in taxa}
    kept: set[str] = set()
    for one in taxa:
        if any(text in told.casefold() for told in (one.name, one.code or "", *one.synonyms)):
            name: str | None = one.name
            while name is not None and name not in kept:
                kept.add(name)
                name = parents.get(name)
    return [(depth, one) for depth, one in _walk(taxa) if one.name in kept]


def _walk(taxa: Sequence[TaxonOut]) -> Iterator[tuple[int, TaxonOut]]:
    below: dict[str | None, list[TaxonOut]] = {}
    for one in taxa:
        below.setdefault(one.parent, []).append(one)
    waiting = [(0, one) for one in reversed(below.get(None, []))]
    while waiting:
        depth, one = waiting.pop()
        yield depth, one
        waiting += [(depth + 1, child) for child in reversed(below.get(one.name, []))]


def range_words(ends: Ends | None) -> str:
    """A range in words; an open end is said.

    >>> range_words((33.9, 56.0)), range_words((None, 1200)), range_words((5, None)), range_words(None)
    ('33.9 to 56', 'up to 1200', 'from 5', '')
    """
    if ends is None or ends == (None, None):
        return ""
    low, high = ends
    if low is None:
        return f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"
