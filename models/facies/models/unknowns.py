"""Unknowns: images beyond the novelty gate, gathered into groups that may be one taxon each.

HDBSCAN finds groups of any size and number, and leaves what belongs to none apart. It draws no lot: the same images in
the same order give the same groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import QueryError
from facies.models.exemplars import rank_by_centrality

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facies.core.metrics import Codes, Embeddings, Indices

FEWEST: Final = 5
"""Images of a group, at least, unless somebody wants others (docs/review.md)."""
_CORE: Final = 3
"""Images, itself among them, that make a place dense; more leave more images apart, in purer groups."""
_MOST_DIMS: Final = 64
"""Directions in which groups are sought; of longer vectors those in which the images vary most."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Images that may be one taxon.

    Attributes:
        members: shape (m,), indices, from the middle of the group outwards: the first is its medoid.
        nearest: class of the nearest validated images; None where there are none.
        distance: 1 less the cosine of the middle of the group and of that class, 0 to 2; None as well.
    """

    members: Indices
    nearest: int | None
    distance: float | None

    @property
    def medoid(self) -> int:
        """The image most similar to the others of the group."""
        return int(self.members[0])


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Images in groups.

    Attributes:
        groups: the largest first.
        apart: shape (a,), indices of the images that belong to none, rising.
    """

    groups: tuple[Group, ...]
    apart: Indices


def group_unknowns(vectors: Embeddings, known: Embeddings, codes: Codes, *, fewest: int = FEWEST) -> Groups:
    """Gather images into groups, and find the nearest known class of each.

    Args:
        vectors: shape (n, d), float32, unit rows, of images that no class is sure to hold.
        known: shape (m, d), unit rows, of validated images.
        codes: shape (m,), the class of each.
        fewest: images of a group, at least 2.

    Raises:
        QueryError: a group may be of fewer than two.

    Source: Campello, Moulavi & Sander (2013): Density-based clustering based on hierarchical density estimates, PAKDD,
    as in ``sklearn.cluster.HDBSCAN`` (excess of mass).
    """
    if fewest < 2:
        raise QueryError(f"groups of at least {fewest} were asked for, expected at least 2")
    count = len(vectors)
    if count < max(fewest, _CORE):
        return Groups((), np.arange(count))
    from sklearn.cluster import HDBSCAN

    found = HDBSCAN(min_cluster_size=fewest, min_samples=_CORE, copy=True).fit(_reduce(vectors)).labels_
    members = [np.flatnonzero(found == label) for label in range(int(found.max()) + 1)]
    members.sort(key=lambda places: (-len(places), int(places[0])))
    groups = tuple(_describe(vectors, places, known, codes) for places in members)
    return Groups(groups, np.flatnonzero(found < 0))


def name_groups(nearest: Sequence[str | None], taken: Collection[str]) -> list[str]:
    """Give each group a provisional name that no label has: ``Areoligera sp. A``, or ``Unknown A`` where none is near.

    Args:
        nearest: name of the nearest known taxon of each group.
        taken: labels that there are already.

    Example:
        >>> name_groups(["Areoligera", None, "Areoligera"], {"Areoligera sp. A"})
        ['Areoligera sp. B', 'Unknown A', 'Areoligera sp. C']
    """
    used = {name.casefold() for name in taken}
    names = []
    for taxon in nearest:
        stem = "Unknown" if taxon is None else f"{taxon} sp."
        number = 0
        while f"{stem} {to_letters(number)}".casefold() in used:
            number += 1
        names.append(f"{stem} {to_letters(number)}")
        used.add(names[-1].casefold())
    return names


def to_letters(number: int) -> str:
    """Count in letters from 0.

    >>> [to_letters(number) for number in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _describe(vectors: Embeddings, places: Indices, known: Embeddings, codes: Codes) -> Group:
    members = places[rank_by_centrality(vectors[places])]
    if not len(codes):
        return Group(members, None, None)
    middle = vectors[places].mean(axis=0, dtype=np.float64)
    middles = np.stack([known[codes == code].mean(axis=0, dtype=np.float64) for code in np.unique(codes)])
    lengths = np.linalg.norm(middles, axis=1) * np.linalg.norm(middle)
    cosines = np.divide(middles @ middle, lengths, out=np.zeros(len(middles)), where=lengths > 0)
    best = int(cosines.argmax())
    return Group(members, int(np.unique(codes)[best]), float(np.clip(1.0 - cosines[best], 0.0, 2.0)))


def _reduce(vectors: Embeddings) -> Embeddings:
    """The principal components that groups are sought in."""
    if vectors.shape[1] <= _MOST_DIMS:
        return vectors
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    if len(centred) < centred.shape[1]:
        left, lengths, _ = np.linalg.svd(centred, full_matrices=False)
        few: Embeddings = (left * lengths)[:, :_MOST_DIMS].astype(np.float32)
        return few
    _, directions = np.linalg.eigh(centred.T @ centred)
    reduced: Embeddings = (centred @ directions[:, ::-1][:, :_MOST_DIMS]).astype(np.float32)
    return reduced
