"""Several recipes on the same images: which differences are beyond chance, and which recipe to take.

All recipes answer the same queries and name the same test images, so only their differences matter, image by image and
split by split; what is hard for all of them cancels out. An interval holds 95 %.

- P@n_k and average precision: a bootstrap of the queries, 4,000 times, seeded. With groups whole groups are drawn,
  since images of one group err together. A loss of P@n_k below 0.005 counts for nothing, even where it is sure.
- F1: the ten splits share most of their gallery, so their spread is too small to be taken for that of independent
  trials. The corrected resampled t-test widens it by the share of the test images (Nadeau & Bengio).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes
    from facies.indexer.evaluation.protocol import Evaluation

RESAMPLES = 4000
HARMLESS = 0.005
"""Another resampling of the same pixels moves P@n_k by so much; a smaller loss is none, however sure it is."""
ABOUT = 1.2
"""Rates are measured, on a machine that does other things too: up to this ratio they are taken to be the same."""
_SEED = 0
_T_975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Quantiles of Student's t at 0.975 for 1 to 9 degrees of freedom: 2 to 10 splits."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference and the interval that holds it with 95 % confidence."""

    mean: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        """Like ``-0.012 [-0.020, -0.004]``."""
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A recipe and its figures.

    Attributes:
        name: as it was asked for, e.g. ``efficientnet-lite0:fast``.
        evaluation: on the images that all contenders have.
        images_per_s: of embedding; None where vectors were stored.
        dim: length of a vector, which decides what is cheaper among those about equally fast.
    """

    name: str
    evaluation: Evaluation
    images_per_s: float | None
    dim: int

    @property
    def seconds(self) -> float:
        """What an image costs; nothing where its vector is stored."""
        return 1 / self.images_per_s if self.images_per_s else 0.0


@dataclass(frozen=True, slots=True)
class Versus:
    """How far a recipe is from the best one, in each measure; negative is worse."""

    name: str
    f1: Difference
    p_at_nk: Difference
    average_precision: Difference

    @property
    def worse(self) -> bool:
        """Whether it names or finds worse beyond chance, and finds worse by more than `HARMLESS`."""
        return self.f1.high < 0 or (self.p_at_nk.high < 0 and self.p_at_nk.mean < -HARMLESS)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which recipe to take, and why.

    Attributes:
        name: of the recipe.
        best: the one with the highest P@n_k, the steadier of the two figures.
        against: each other recipe against the best.
        reason: one or two sentences.
    """

    name: str
    best: str
    against: tuple[Versus, ...]
    reason: str


def recommend(contenders: Sequence[Contender]) -> Recommendation:
    """Name the cheapest recipe that is not worse beyond chance, in P@n_k or F1, than the one with the highest P@n_k.

    Raises:
        QueryError: there are fewer than two recipes, or they were not measured on the same images.
    """
    if len(contenders) < 2:
        raise QueryError(f"{len(contenders)} recipes to compare: expected at least 2")
    first = contenders[0].evaluation
    if any(not np.array_equal(c.evaluation.labels, first.labels) for c in contenders):
        raise QueryError("the recipes were not measured on the same images, so they cannot be compared")
    best = max(contenders, key=lambda c: (c.evaluation.measures.retrieval.mean_p_at_nk, -c.seconds, -c.dim))
    against = tuple(compare(c, best) for c in contenders if c is not best)
    equals = {best.name} | {versus.name for versus in against if not versus.worse}
    chosen = find_cheapest([contender for contender in contenders if contender.name in equals])
    return Recommendation(chosen.name, best.name, against, _explain(chosen, best, against))


def find_cheapest(contenders: Sequence[Contender]) -> Contender:
    """Find the quickest to embed, and of those about as quick the one with the shortest vectors."""
    least = min(contender.seconds for contender in contenders)
    return min((c for c in contenders if c.seconds <= ABOUT * least), key=lambda c: (c.dim, c.seconds))


def compare(one: Contender, other: Contender) -> Versus:
    """Measure how far one recipe is from another on the same images."""
    mine, theirs = one.evaluation, other.evaluation
    return Versus(
        one.name,
        f1=compare_splits(
            mine.measures.knn[1].macro_f1 - theirs.measures.knn[1].macro_f1,
            float(np.mean([len(split.test) / len(split.train) for split in mine.splits])),
        ),
        p_at_nk=bootstrap(mine.measures.retrieval.p_at_nk - theirs.measures.retrieval.p_at_nk, mine.groups),
        average_precision=bootstrap(
            mine.measures.retrieval.average_precision - theirs.measures.retrieval.average_precision, mine.groups
        ),
    )


def bootstrap(differences: Values, groups: Codes | None = None) -> Difference:
    """Draw queries, or whole groups of them, anew, and see how far the mean difference moves.

    Args:
        differences: shape (n,), of each query; NaN where it takes no part.
        groups: shape (n,).

    Source: Efron & Tibshirani (1993): An introduction to the bootstrap, ch. 13 (percentiles); Davison & Hinkley (1997):
    Bootstrap methods, 3.8 (clusters).
    """
    there = np.isfinite(differences)
    drawn_from = np.arange(len(differences)) if groups is None else groups
    units = np.unique(drawn_from[there], return_inverse=True)[1]
    sums, sizes = np.bincount(units, weights=differences[there]), np.bincount(units)
    random = np.random.default_rng(_SEED)
    means = np.empty(RESAMPLES)
    for resample in range(RESAMPLES):
        drawn = random.integers(0, len(sums), len(sums))
        means[resample] = sums[drawn].sum() / sizes[drawn].sum()
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(differences[there].mean()), float(low), float(high))


def compare_splits(differences: Values, test_share: float) -> Difference:
    """Give the interval of a mean difference over s splits of the same images.

    Args:
        differences: shape (s,), at most ten.
        test_share: test images divided by gallery images.

    Source: Nadeau & Bengio (2003): Inference for the generalization error, Machine Learning 52, the corrected resampled
    t-test.
    """
    count = len(differences)
    mean = float(differences.mean())
    if count < 2:
        return Difference(mean, -np.inf, np.inf)
    half = _T_975[count - 2] * float(np.sqrt((1 / count + test_share) * differences.var(ddof=1)))
    return Difference(mean, mean - half, mean + half)


def _explain(chosen: Contender, best: Contender, against: Sequence[Versus]) -> str:
    equals = [versus.name for versus in against if not versus.worse]
    if chosen is not best:
        versus = next(v for v in against if v.name == chosen.name)
        return (
            f"{best.name} has the highest P@n_k, but {chosen.name} is as good within chance or {HARMLESS} (P@n_k "
            f"{versus.p_at_nk}, F1 {versus.f1}), and the cheapest of which that holds: {_costs(chosen)} against "
            f"{_costs(best)}."
        )
    if equals:
        return (
            f"{best.name} has the highest P@n_k. {', '.join(equals)} is as good within chance or {HARMLESS}, but not "
            f"cheaper than {_costs(best)}."
        )
    return f"{best.name} has the highest P@n_k, and every other recipe finds or names worse beyond chance."


def _costs(contender: Contender) -> str:
    rate = "stored vectors" if contender.images_per_s is None else f"{contender.images_per_s:.1f} images/s"
    return f"{rate}, {contender.dim} values a vector"
