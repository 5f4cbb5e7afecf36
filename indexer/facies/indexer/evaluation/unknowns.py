"""How well images of classes that nobody has validated are gathered into groups: measured on labels that are known.

Ten times a fifth of the classes counts as unknown, and half of the images of the others as validated. What lies beyond
the novelty gate among all that is left is grouped, as `facies label unknowns` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, homogeneity_score
from threadpoolctl import threadpool_limits

from facies.core.errors import QueryError
from facies.core.metrics import exact_neighbours, other_neighbours
from facies.models.novelty import NEIGHBOURS, compute_novelty, fit_gate
from facies.models.unknowns import FEWEST, Groups, group_unknowns

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Embeddings, Indices

Values = NDArray[np.float64]

_SEEDS: Final = tuple(range(10))
_STRANGE_SHARE: Final = 5
"""One in so many classes is taken out, at least one."""


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """What became of images of unknown classes, in s draws; a share of nothing is NaN.

    Attributes:
        images: that took part.
        classes: theirs.
        strange: classes that were taken out.
        fewest: images of a group, at least.
        beyond: shape (s,): share of the strangers that lie beyond the gate.
        known_beyond: shape (s,): share of the images of known classes that do.
        groups: shape (s,): how many there are.
        in_groups: shape (s,): share of the strangers beyond the gate that are in a group.
        purity: shape (s,): share of all grouped images that are of the class that most of their group are of.
        homogeneity: shape (s,): of the groups of strangers, 1 where each is of one class.
        rand: shape (s,): adjusted Rand index of groups and classes, of grouped strangers; 0 by chance, at most 1.
        found: shape (s,): share of the unknown classes that most images of some group are of.
        akin: shape (s,): share of the groups most of which is of the known class that is nearest to them.
    """

    images: int
    classes: int
    strange: int
    fewest: int
    beyond: Values
    known_beyond: Values
    groups: Values
    in_groups: Values
    purity: Values
    homogeneity: Values
    rand: Values
    found: Values
    akin: Values


def evaluate_unknowns(vectors: Embeddings, labels: Sequence[str], *, fewest: int = FEWEST) -> Grouped:
    """Group images of classes that are known, but for the draw.

    Args:
        vectors: shape (n, d), float32, unit rows.
        labels: n class names.
        fewest: images of a group, at least 2.

    Raises:
        QueryError: there are fewer than three classes, or a class has a single image.
    """
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    sizes = np.bincount(codes) if len(codes) else np.zeros(1, dtype=np.int64)
    if len(classes) < 3 or sizes.min() < 2:
        raise QueryError(
            f"{len(codes)} labelled images of {len(classes)} classes, the smallest of {sizes.min()}: expected 3 or "
            "more classes of 2 images or more each, since one is taken out and the others are parted"
        )
    taken = max(1, len(classes) // _STRANGE_SHARE)
    # The products here are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1):
        rows = [_draw(vectors, codes, taken, seed, fewest) for seed in _SEEDS]
    return Grouped(len(codes), len(classes), taken, fewest, *(np.array(column) for column in zip(*rows, strict=True)))


def _draw(vectors: Embeddings, codes: Codes, taken: int, seed: int, fewest: int) -> tuple[float, ...]:
    rng = np.random.default_rng(seed)
    strange = np.isin(codes, rng.choice(int(codes.max()) + 1, taken, replace=False))
    known = rng.permutation(np.flatnonzero(~strange))
    validated = np.sort(known[: len(known) // 2])
    rest = np.sort(np.append(known[len(known) // 2 :], np.flatnonzero(strange)))
    k = min(NEIGHBOURS, len(validated) - 1)
    gate = fit_gate(compute_novelty(other_neighbours(vectors[validated], k)[1]))
    novelty = compute_novelty(exact_neighbours(vectors[rest], vectors[validated], k)[1])
    beyond = rest[novelty > gate]
    found = group_unknowns(vectors[beyond], vectors[validated], codes[validated], fewest=fewest)
    return (
        float(np.mean(novelty[strange[rest]] > gate)),
        float(np.mean(novelty[~strange[rest]] > gate)),
        float(len(found.groups)),
        *_measure(found, beyond, codes, strange),
    )


def _measure(found: Groups, beyond: Indices, codes: Codes, strange: NDArray[np.bool_]) -> tuple[float, ...]:
    nothing = float("nan")
    members = [beyond[group.members] for group in found.groups]
    if not members:
        return 0.0 if strange[beyond].any() else nothing, nothing, nothing, nothing, 0.0, nothing
    of_most = [int(np.bincount(codes[own]).argmax()) for own in members]
    grouped = np.concatenate(members)
    numbers = np.repeat(np.arange(len(members)), [len(own) for own in members])
    pure = sum(int(np.count_nonzero(codes[own] == most)) for own, most in zip(members, of_most, strict=True))
    strangers = strange[grouped]
    there = strangers.any()
    unknown = np.unique(codes[strange])
    akin = [group.nearest == most for group, most in zip(found.groups, of_most, strict=True)]
    return (
        float(strangers.sum() / strange[beyond].sum()) if strange[beyond].any() else nothing,
        pure / len(grouped),
        float(homogeneity_score(codes[grouped][strangers], numbers[strangers])) if there else nothing,
        float(adjusted_rand_score(codes[grouped][strangers], numbers[strangers])) if there else nothing,
        float(np.mean(np.isin(unknown, of_most))),
        float(np.mean(akin)),
    )
