"""From probabilities of classes to a taxon that is as certain as was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facies.core.errors import QueryError
from facies.core.taxonomy import Taxonomy
from facies.core.taxonomy.masks import Mask
from facies.models.knn import Probabilities


@dataclass(frozen=True, slots=True)
class RolledUp:
    """The lowest taxon of the winner's lineage that is certain enough.

    Attributes:
        taxon: its accepted name; the class itself where the taxonomy does not know it.
        rank: its rank, where it has one.
        probability: of all classes that belong to it, together; in [0, 1].
        is_reached: whether that is what was asked for; else it is the top of the lineage, and still less certain.
    """

    taxon: str
    rank: str | None
    probability: float
    is_reached: bool


def roll_up(
    probabilities: Probabilities, classes: Sequence[str], taxonomy: Taxonomy, threshold: float
) -> list[RolledUp]:
    """Name each image by the lowest taxon of its winner's lineage that is as probable as the threshold.

    The winner is the most probable class, the first of several. While all classes that belong to a taxon are together
    less probable than the threshold, its parent takes its place. The answer never leaves the winner's lineage, so a
    genus is never named by the family of another one.

    Args:
        probabilities: shape (n, c), each row a distribution.
        classes: c names, accepted or other texts that the taxonomy resolves.
        taxonomy: says what belongs to what.
        threshold: in (0, 1].

    Raises:
        QueryError: the threshold is out of range, there are no classes, or a row has no probability at all.
    """
    if not 0 < threshold <= 1:
        raise QueryError(f"the probability to roll up to is {threshold}, expected more than 0 and at most 1")
    if not classes or probabilities.shape[1:] != (len(classes),):
        raise QueryError(f"probabilities of shape {probabilities.shape} for {len(classes)} classes: expected as many")
    empty = np.flatnonzero(probabilities.sum(axis=1) <= 0)
    if empty.size:
        raise QueryError(f"image {int(empty[0])} has no class with a probability above 0, so nothing can be rolled up")
    lines = [_lineage(name, taxonomy) for name in classes]
    return [_climb(row, lines, threshold) for row in probabilities]


def hide_classes(probabilities: Probabilities, classes: Sequence[str], mask: Mask) -> Probabilities:
    """Give hidden classes no probability, and the others all of it.

    Args:
        probabilities: shape (n, c), each row a distribution.
        classes: c names.
        mask: parts them, see `facies.core.taxonomy.masks.mask`.

    Returns:
        an array of the same shape; the row of an image all of whose classes are hidden is 0.
    """
    kept = set(mask.kept)
    left = probabilities * np.fromiter((name in kept for name in classes), dtype=bool, count=len(classes))
    totals = left.sum(axis=1, keepdims=True)
    shares: Probabilities = np.divide(left, totals, out=np.zeros_like(left), where=totals > 0)
    return shares


def _lineage(name: str, taxonomy: Taxonomy) -> tuple[tuple[str, str | None], ...]:
    found = taxonomy.find(name)
    if found is None:
        return ((name, None),)
    return tuple((taxon.name, taxon.rank) for taxon in taxonomy.lineage(found.name))


def _climb(row: Probabilities, lines: Sequence[tuple[tuple[str, str | None], ...]], threshold: float) -> RolledUp:
    rounding = 8 * np.finfo(np.float64).eps  # shares that add up to 1 do so but for this
    totals: dict[str, float] = {}
    for share, line in zip(row.tolist(), lines, strict=True):
        for name, _ in line:
            totals[name] = totals.get(name, 0.0) + share
    winner = lines[int(np.argmax(row))]
    for name, rank in winner:
        if totals[name] >= threshold - rounding:
            return RolledUp(name, rank, min(totals[name], 1.0), is_reached=True)
    name, rank = winner[-1]
    return RolledUp(name, rank, min(totals[name], 1.0), is_reached=False)
