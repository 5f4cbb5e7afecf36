"""Naming images from a gallery, and how right the names are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from facies.core.metrics import Codes, Indices
    from facies.indexer.evaluation.ranking import Features
    from facies.indexer.evaluation.splits import Split

Counts = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How right a way of naming was in s splits.

    Attributes:
        confusion: shape (s, c, c): images of class i that were named j in each split.
    """

    confusion: Counts

    @property
    def recall(self) -> Values:
        """Shape (s, c): share of a class's images that were named so; NaN where the split tests none."""
        return _divide(self._right, self.confusion.sum(axis=2))

    @property
    def precision(self) -> Values:
        """Shape (s, c): share of right names; 0 where a class that is tested is never named; NaN without either."""
        return np.where(self._seen, np.nan_to_num(_divide(self._right, self.confusion.sum(axis=1))), np.nan)

    @property
    def class_f1(self) -> Values:
        """Shape (s, c); NaN where a class is neither tested nor named."""
        return _divide(2 * self._right, self.confusion.sum(axis=1) + self.confusion.sum(axis=2))

    @property
    def macro_f1(self) -> Values:
        """Shape (s,): mean of the F1 of all classes that are tested or named."""
        return np.asarray(np.nanmean(self.class_f1, axis=1))

    @property
    def balanced_accuracy(self) -> Values:
        """Shape (s,): mean recall of all classes that are tested."""
        return np.asarray(np.nanmean(self.recall, axis=1))

    @property
    def _right(self) -> Counts:
        return np.diagonal(self.confusion, axis1=1, axis2=2)

    @property
    def _seen(self) -> NDArray[np.bool_]:
        seen: NDArray[np.bool_] = (self.confusion.sum(axis=1) + self.confusion.sum(axis=2)) > 0
        return seen


def spread(values: Values) -> tuple[float, float]:
    """Mean, and standard deviation with n - 1 (0 of a single value), of s values.

    >>> [round(value, 3) for value in spread(np.array([0.5, 0.7]))]
    [0.6, 0.141]
    """
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def count_confusion(truth: Codes, named: Codes, classes: int) -> Counts:
    """Count images of class i that were named j, (c, c).

    >>> count_confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    pairs: Counts = np.bincount(truth * classes + named, minlength=classes * classes).reshape(classes, classes)
    return pairs


def vote(neighbours: Codes, k: int, classes: int) -> Codes:
    """Let each query's first k neighbours vote by head; equal votes go to the class of the lower number.

    Args:
        neighbours: shape (t, m), m >= 1: classes of the neighbours, nearest first; all m vote where m is below k.
        k: at least 1.
        classes: how many there are.

    Returns:
        shape (t,).

    Source: the rule of scikit-learn's ``KNeighborsClassifier`` with uniform weights.
    """
    votes = np.zeros((len(neighbours), classes), dtype=np.int64)
    for column in neighbours[:, :k].T:
        votes[np.arange(len(votes)), column] += 1
    elected: Codes = votes.argmax(axis=1)
    return elected


def score_votes(neighbours: list[Indices], labels: Codes, splits: tuple[Split, ...], k: int) -> Scores:
    """Name the test images of each split from their k nearest, and compare.

    Args:
        neighbours: of each split, (t, m): indices among all images, nearest first.
        labels: class of each image.
        splits: as many.
        k: at least 1.
    """
    classes = int(labels.max()) + 1
    return Scores(
        np.stack(
            [
                count_confusion(labels[split.test], vote(labels[found], k, classes), classes)
                for found, split in zip(neighbours, splits, strict=True)
            ]
        )
    )


def score_regression(features: Features, labels: Codes, splits: tuple[Split, ...]) -> Scores:
    """Name the test images of each split by a logistic regression that gives each class the same weight, and compare.

    Args:
        features: shape (n, d). The penalty is on the coefficients, so their scale matters: see `give_scale`.
        labels: class of each image.
        splits: to fit and to test on.

    Source: scikit-learn ``LogisticRegression(class_weight="balanced", max_iter=10000)``, as the published protocol.
    """
    classes = int(labels.max()) + 1
    confusion = []
    for split in splits:
        model = LogisticRegression(max_iter=10_000, class_weight="balanced", random_state=split.seed)
        model.fit(features[split.train], labels[split.train])
        confusion.append(count_confusion(labels[split.test], model.predict(features[split.test]), classes))
    return Scores(np.stack(confusion))


def give_scale(vectors: Features) -> Features:
    """Bring unit vectors to the scale at which the penalty of a regression weighs as on a network's own outputs.

    A unit row of d values has a root mean square of 1 / sqrt(d), and the regression would be held back by its penalty;
    it is multiplied by sqrt(d). Where d is larger than n the rows are turned into the n dimensions that they span,
    which changes no cosine and no prediction beyond the solver's tolerance, and takes the time of n dimensions.

    Args:
        vectors: shape (n, d), unit rows.

    Returns:
        shape (n, min(n, d)), float32, rows of length sqrt(d).
    """
    count, dim = vectors.shape
    if dim > count:
        left, scales, _ = np.linalg.svd(vectors.astype(np.float64), full_matrices=False)
        vectors = (left * scales).astype(np.float32)
    return vectors * np.float32(np.sqrt(dim))


def _divide(above: Counts, below: Counts) -> Values:
    shares: Values = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return shares
