"""Calibration: of the images that are named with a probability of 0.8, four in five should be named right.

Probabilities are softened or sharpened by one temperature, which changes no order of the classes, and is fitted on
images whose names are known and that had no part in their own probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Codes
    from facies.models.knn import Probabilities

Values = NDArray[np.float64]

BINS: Final = 15
"""Of a reliability diagram."""
_LEAST: Final = 1e-12
"""Probability that stands for none where a logarithm is taken."""
_COOLEST, _HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """How often images are named right, by the probability of their name; b bins of equal width from 0 to 1.

    Attributes:
        counts: shape (b,): images in each bin.
        confidence: shape (b,): mean probability of their names; NaN in an empty bin.
        right: shape (b,): share of them that are named right; NaN in an empty bin.
    """

    counts: NDArray[np.int64]
    confidence: Values
    right: Values

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence and share, by the images in each bin, 0 to 1."""
        there = self.counts > 0
        apart = np.abs(self.confidence[there] - self.right[there])
        return float(np.average(apart, weights=self.counts[there])) if there.any() else 0.0


def soften(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Raise probabilities to the power 1 / temperature and bring each row to a sum of 1.

    Args:
        probabilities: shape (n, c).
        temperature: above 0; above 1 makes rows more even, below 1 less.

    Example:
        >>> soften(np.array([[0.9, 0.1]]), 2.0).round(2).tolist()
        [[0.75, 0.25]]
    """
    logs = np.log(np.maximum(probabilities, _LEAST)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    softened: Probabilities = powers / powers.sum(axis=1, keepdims=True)
    return softened


def compute_log_loss(probabilities: Probabilities, truth: Codes) -> float:
    """Mean of -ln p of the true class, at least 0, lower is better; it punishes both error and false confidence.

    Args:
        probabilities: shape (n, c), n >= 1.
        truth: shape (n,).
    """
    return float(-np.log(np.maximum(probabilities[np.arange(len(truth)), truth], _LEAST)).mean())


def fit_temperature(probabilities: Probabilities, truth: Codes) -> float:
    """Find the temperature with the least log loss, from 0.05 to 20.

    One image more than there are, whose class may be any, is counted in: where all n were named right, the next one
    may still be wrong, and no probability of 1 follows.

    Args:
        probabilities: shape (n, c), n >= 1, of images that had no part in them.
        truth: shape (n,).

    Raises:
        QueryError: there is no image.

    Source: Guo, Pleiss, Sun & Weinberger (2017): On calibration of modern neural networks, ICML, 4.2; the image more
    is after Platt (1999): Probabilistic outputs for support vector machines, 2.2.
    """
    if not len(truth):
        raise QueryError("there is no image to calibrate on")

    def loss(log_temperature: float) -> float:
        softened = soften(probabilities, float(np.exp(log_temperature)))
        of_any = float(-np.log(np.maximum(softened, _LEAST)).mean())
        return (len(truth) * compute_log_loss(softened, truth) + of_any) / (len(truth) + 1)

    found = minimize_scalar(loss, bounds=(np.log(_COOLEST), np.log(_HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def measure_reliability(confidence: Values, right: NDArray[np.bool_], bins: int = BINS) -> Reliability:
    """Sort images into bins by the probability of their names.

    Args:
        confidence: shape (n,), 0 to 1.
        right: shape (n,), whether each name is right.
        bins: at least 1.

    Source: Guo et al. (2017), 2; DeGroot & Fienberg (1983): The comparison and evaluation of forecasters.

    Example:
        >>> round(measure_reliability(np.array([0.9, 0.9]), np.array([True, False])).error, 3)
        0.4
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    empty = np.full(bins, np.nan)
    return Reliability(
        counts,
        np.divide(np.bincount(place, confidence, bins), counts, out=empty.copy(), where=counts > 0),
        np.divide(np.bincount(place, right, bins), counts, out=empty.copy(), where=counts > 0),
    )
