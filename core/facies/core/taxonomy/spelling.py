"""How far two spellings lie apart."""

from __future__ import annotations

from collections.abc import Iterable

from facies.core.taxonomy.taxon import fold

_SHORTEST = 3
"""Texts with fewer letters are near to too many others for a guess."""
_LETTERS_PER_EDIT = 4
_MOST_EDITS = 3


def most_edits(text: str) -> int:
    """How many edits a misspelling of this text may have: one for short names, three for long ones.

    >>> [most_edits(text) for text in ("ab", "sem", "azolla", "areoligera", "hystrichosphaeridium")]
    [0, 1, 1, 2, 3]
    """
    if len(text) < _SHORTEST:
        return 0
    return min(_MOST_EDITS, max(1, len(text) // _LETTERS_PER_EDIT))


def edit_distance(one: str, other: str) -> int:
    """Count the letters to insert, delete, change or swap with their neighbour to make one text the other.

    Case and spaces do not count.

    Source: optimal string alignment (Boytsov 2011, "Indexing methods for approximate dictionary searching", 2.2).

    >>> edit_distance("Areoligra", "areoligera"), edit_distance("azlola", "azolla")
    (1, 1)
    """
    from rapidfuzz.distance import OSA

    return int(OSA.distance(fold(one), fold(other)))


def find_near(text: str, folded: Iterable[str]) -> list[tuple[str, int]]:
    """Find folded texts that a misspelling may have meant, with their distances, the nearest first.

    Args:
        text: as somebody wrote it.
        folded: texts as `facies.core.taxonomy.taxon.fold` gives them.

    Returns:
        those within `most_edits` of the text; equal distances in alphabetical order.
    """
    # Imported where it is needed: the bodies of the client know taxonomies, and few commands ask for a spelling.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    asked = fold(text)
    limit = most_edits(asked)
    if limit == 0:
        return []
    found = process.extract_iter(asked, list(folded), scorer=OSA.distance, processor=None, score_cutoff=limit)
    return sorted(((near, int(distance)) for near, distance, _ in found), key=lambda pair: (pair[1], pair[0]))
