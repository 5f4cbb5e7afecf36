"""A linear head: a logistic regression from vectors to classes, and what it says of images that it has not seen."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facies.core.metrics import Codes, Embeddings
    from facies.models.knn import Probabilities

PENALTY: Final = 0.1
"""Inverse strength of the penalty (scikit-learn's C); 0.01 and 1 were measured to name fewer at the same precision."""
FOLDS: Final = 5
_MOST_STEPS = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """A fitted head.

    Attributes:
        weights: shape (d, s), float64, of the s classes that had images.
        intercepts: shape (s,).
        seen: shape (s,): the classes' codes.
        classes: how many classes there are; those that had no image get probability 0.
    """

    weights: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    seen: Codes
    classes: int

    def probabilities(self, vectors: Embeddings) -> Probabilities:
        """Name images.

        Args:
            vectors: shape (n, d), unit rows.

        Returns:
            shape (n, classes).
        """
        values = vectors.astype(np.float64) @ self.weights + self.intercepts
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        shares: Probabilities = np.zeros((len(vectors), self.classes))
        shares[:, self.seen] = powers / powers.sum(axis=1, keepdims=True)
        return shares


def fit_linear_head(vectors: Embeddings, codes: Codes, classes: int, penalty: float = PENALTY) -> LinearHead:
    """Fit a head that gives each class the same weight, however many images it has.

    Unit rows are brought to length sqrt(d) first, so that the penalty weighs alike for vectors of any length.

    Args:
        vectors: shape (n, d), float32, unit rows.
        codes: shape (n,), class of each, of at least two classes.
        classes: how many there are.
        penalty: see `PENALTY`.

    Raises:
        QueryError: all images are of one class.

    Source: scikit-learn ``LogisticRegression(class_weight="balanced")``.
    """
    seen = np.unique(codes)
    if len(seen) < 2:
        raise QueryError("all validated images are of one class; telling classes apart takes at least 2")
    scale = np.sqrt(vectors.shape[1])
    rows, basis = _span(vectors.astype(np.float64) * scale)
    model = LogisticRegression(C=penalty, max_iter=_MOST_STEPS, class_weight="balanced").fit(rows, codes)
    weights, intercepts = model.coef_, model.intercept_
    if len(seen) == 2:  # the regression speaks of the second class alone
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    return LinearHead(scale * (basis @ weights.T), intercepts, seen, classes)


def name_held_out(
    vectors: Embeddings, codes: Codes, classes: int, groups: Codes | None = None, *, penalty: float = PENALTY
) -> Probabilities:
    """Name each image by a head that is fitted on the other folds.

    Args:
        vectors: shape (n, d), unit rows.
        codes: shape (n,), of at least two classes.
        classes: how many there are.
        groups: shape (n,); images of one group are in one fold, so that none is named by its own slide.
        penalty: see `PENALTY`.

    Returns:
        shape (n, classes); an image whose class no other fold has gives that class probability 0, and one for which
        the other folds have a single class gives all the same.

    Raises:
        QueryError: all images are of one class, or of one group, or no class has two images.
    """
    named = np.full((len(vectors), classes), 1 / classes)
    for fit, held_out in _folds(codes, groups):
        named[held_out] = fit_linear_head(vectors[fit], codes[fit], classes, penalty).probabilities(vectors[held_out])
    return named


def _span(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows (n, r) within what they span, and the basis (d, r) of that.

    Nothing is lost: the penalty keeps the weights within it, and fitting takes the time of r values in place of d.
    """
    count, dim = rows.shape
    if dim <= count:
        return rows, np.eye(dim)
    left, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    return left * lengths, directions.T


def _folds(codes: Codes, groups: Codes | None) -> Iterator[tuple[Codes, Codes]]:
    if groups is not None and groups.max() == groups.min():
        raise QueryError("all validated images are of one group, so none can be held out; leave the grouping away")
    largest = int(np.bincount(codes).max())
    if largest < 2:
        raise QueryError("no class has two validated images, so none can be held out; validate more images of a class")
    if groups is None:
        parted = StratifiedKFold(min(FOLDS, largest), shuffle=True, random_state=0)
    else:
        folds = min(FOLDS, largest, len(np.unique(groups)))
        parted = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        # A class with fewer images than folds is missing in some of them; that is how its images are held out.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fit, held_out in parted.split(codes, codes, groups):
            if len(np.unique(codes[fit])) > 1:
                yield fit, held_out
