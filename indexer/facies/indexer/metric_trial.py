"""Whether a metric head helps: fitted on some of the labelled images, and measured on others that it has not seen.

Ten times the images are parted (`facies.indexer.evaluation.splits`). Held-out images are named by their nearest
neighbour among those of the fit, and find each other: in a head's own images the classes stand apart whether it learnt
something of others or not, so that finding those says little. The vectors as they are do the same, image by image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from facies.core.errors import ModelError, QueryError
from facies.core.metrics import Codes
from facies.indexer.evaluation.classification import score_votes
from facies.indexer.evaluation.comparison import HARMLESS, Difference, Values, bootstrap, compare_splits
from facies.indexer.evaluation.ranking import Features, Order, rank_gallery, rank_split
from facies.indexer.evaluation.retrieval import Retrieval, compute_retrieval
from facies.indexer.evaluation.splits import TEST_SHARE, Split, compute_splits
from facies.models.metric_head import MetricHead, fit_metric_head

if TYPE_CHECKING:
    from facies.core.metrics import Indices

FEWEST_OF_A_CLASS = 4
"""Labelled images of a class below which it cannot be parted into two that fit and two that find each other."""
_FEWEST_CLASSES = 2
_ENOUGH_FOR_FIFTHS = 10
"""Images of a class, and groups, from which on one fifth of them can find each other; of fewer, half is held out."""
_HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What vectors gave on held-out images.

    Attributes:
        f1: shape (s,): macro F1 of the names that the nearest neighbour gave, in each split.
        average_precision: shape (n,): of each image among the others that were held out with it, the mean over the
            splits that did so; NaN where it found none to look for.
        p_at_nk: shape (n,): likewise, the share of its class among as many as its class has there.
    """

    f1: Values
    average_precision: Values
    p_at_nk: Values

    @property
    def means(self) -> dict[str, float]:
        """F1, mAP and P@n_k."""
        return {
            "f1": float(self.f1.mean()),
            "map": float(np.nanmean(self.average_precision)),
            "p_at_nk": float(np.nanmean(self.p_at_nk)),
        }


@dataclass(frozen=True, slots=True)
class Gain:
    """How far a head is ahead of vectors as they are, with intervals of 95 %.

    Attributes:
        f1: over the splits.
        average_precision: over the images, or their groups.
        p_at_nk: likewise.
    """

    f1: Difference
    average_precision: Difference
    p_at_nk: Difference

    @property
    def helps(self) -> bool:
        """Whether images find their class better beyond chance, and are named no worse."""
        return self.average_precision.low > 0 and self.f1.mean >= -HARMLESS


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A head against vectors as they are, on the same held-out images.

    Attributes:
        images: that took part.
        classes: theirs.
        share: of the images, or groups, that was held out in each split.
        adapted: what the head gave.
        plain: what each kind of other vectors gave, by name.
        gains: of the head over each of these.
    """

    images: int
    classes: int
    share: float
    adapted: Figures
    plain: Mapping[str, Figures]
    gains: Mapping[str, Gain]

    @property
    def helps(self) -> bool:
        """Whether the head is ahead of all others."""
        return all(gain.helps for gain in self.gains.values())


def run_trial(
    vectors: Features,
    labels: Sequence[str],
    *,
    others: Mapping[str, Features],
    groups: Sequence[str] | None = None,
    head: MetricHead | None = None,
) -> Trial:
    """Measure a head on images that it was not fitted on.

    Args:
        vectors: shape (n, d), float32, unit rows: what the head is fitted on.
        labels: n class names.
        others: vectors of the same images that it is compared with, by name: those very vectors among them.
        groups: the group of each image, where images of one group are near-duplicates.
        head: how it is fitted.

    Raises:
        QueryError: there are too few images, classes or groups.
    """
    codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
    grouped = None if groups is None else np.unique(np.asarray(groups, dtype=str), return_inverse=True)[1]
    share = _choose_share(codes, grouped)
    splits = compute_splits(codes, grouped, share)
    measured = _Measured(codes, grouped, splits)
    # The products here are small: one thread each is as fast, and does not wait for cores that others use.
    with threadpool_limits(1, user_api="blas"):
        adapted = measured.figures([_adapt(vectors, labels, split, head) for split in splits])
        plain = {name: measured.figures([rows] * len(splits)) for name, rows in others.items()}
    if not np.isfinite(adapted.average_precision).any():
        raise QueryError(
            "no held-out image has another of its class to find: images of one group never find each other, and each "
            "class lies in too few groups. Validate labels in more groups, or adapt without groups."
        )
    test_share = float(np.mean([len(split.test) / len(split.train) for split in splits]))
    gains = {
        name: Gain(
            compare_splits(adapted.f1 - figures.f1, test_share),
            bootstrap(adapted.average_precision - figures.average_precision, grouped),
            bootstrap(adapted.p_at_nk - figures.p_at_nk, grouped),
        )
        for name, figures in plain.items()
    }
    return Trial(len(codes), int(codes.max()) + 1, share, adapted, plain, gains)


def _choose_share(codes: Codes, groups: Codes | None) -> float:
    sizes = np.bincount(codes)
    usable = sizes[sizes >= FEWEST_OF_A_CLASS]
    if len(usable) < _FEWEST_CLASSES:
        raise QueryError(
            f"{len(codes)} labelled images of {len(sizes)} classes, of which {len(usable)} have {FEWEST_OF_A_CLASS} or "
            f"more: whether a metric head helps shows from {_FEWEST_CLASSES} such classes on. Validate more labels."
        )
    units = [np.median(usable)] if groups is None else [np.median(usable), len(np.unique(groups))]
    return TEST_SHARE if min(units) >= _ENOUGH_FOR_FIFTHS else _HALF


def _adapt(vectors: Features, labels: Sequence[str], split: Split, head: MetricHead | None) -> Features:
    try:
        fitted = fit_metric_head(vectors[split.train], [labels[place] for place in split.train], head)
    except ModelError as error:
        raise QueryError(f"a part of the labelled images is too small for a fit: {error.message}") from error
    return fitted.apply(vectors)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """The images of a trial, and how they are parted."""

    labels: Codes
    groups: Codes | None
    splits: tuple[Split, ...]

    def figures(self, rows: Sequence[Features]) -> Figures:
        """Measure vectors (n, d), given for each split."""
        nearest: list[Indices] = [
            rank_split(of_all, split, Order(), 1) for of_all, split in zip(rows, self.splits, strict=True)
        ]
        precision = np.full((len(self.splits), len(self.labels)), np.nan)
        p_at_nk = precision.copy()
        for place, (of_all, split) in enumerate(zip(rows, self.splits, strict=True)):
            found = self._retrieve(of_all, split)
            if found is not None:
                precision[place, split.test] = found.average_precision
                p_at_nk[place, split.test] = found.p_at_nk
        f1 = score_votes(nearest, self.labels, self.splits, 1).macro_f1
        return Figures(f1, _mean_over_splits(precision), _mean_over_splits(p_at_nk))

    def _retrieve(self, rows: Features, split: Split) -> Retrieval | None:
        """Let held-out images find each other; None where none has another of its class to find."""
        blocks = rank_gallery(rows[split.test], Order(), None if self.groups is None else self.groups[split.test])
        try:
            return compute_retrieval(blocks, self.labels[split.test])
        except QueryError:
            return None


def _mean_over_splits(values: Values) -> Values:
    """The mean (n,) of what is there of (s, n); NaN where nothing is."""
    there = np.isfinite(values)
    sums = np.where(there, values, 0).sum(axis=0)
    means: Values = np.divide(sums, there.sum(axis=0), out=np.full(len(sums), np.nan), where=there.any(axis=0))
    return means
