"""Drift: whether an image is still what a model was trained on, by what its features and the model's answers look like.

A model that is carried to the next section of a core names pixels there too, only worse. Two things give that away
without any truth: the share of pixels whose two best classes are nearly as probable, and the means of the features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError

SMALL_MARGIN: Final = 0.2
"""Between the probabilities of the two best classes; a pixel below it is unsure."""
MOST_UNSURE: Final = 1.25
"""How many times as many unsure pixels as on the images of training, and at least `LEAST_UNSURE` more, are drift."""
LEAST_UNSURE: Final = 0.05
LARGEST_SHIFT: Final = 0.25
"""Of the features' means, in spreads of the training images, root mean square over features: more is drift."""


def uncertainty(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 less the margin between the two best classes: 0 where one is certain, 1 where two are equal.

    Args:
        probabilities: shape (..., K), float32, K at least 1.

    Returns:
        shape (...), float32.
    """
    if probabilities.shape[-1] == 1:
        return np.zeros(probabilities.shape[:-1], np.float32)
    best = np.partition(probabilities, -2, axis=-1)
    margin: NDArray[np.float32] = best[..., -1] - best[..., -2]
    return 1 - margin


@dataclass(frozen=True, slots=True, eq=False)
class ImageStatistics:
    """What is known of images as a whole.

    Attributes:
        means: shape (C,), float64, of the features.
        spreads: shape (C,), float64, their standard deviations.
        unsure_share: of all pixels, those with a margin below `SMALL_MARGIN`; 0 to 1.

    Raises:
        SegmentationError: the numbers cannot be those of an image.
    """

    means: NDArray[np.float64]
    spreads: NDArray[np.float64]
    unsure_share: float

    def __post_init__(self) -> None:
        both = np.stack([self.means, self.spreads]) if self.means.shape == self.spreads.shape else np.array([np.nan])
        if self.means.ndim != 1 or not np.isfinite(both).all() or (self.spreads < 0).any():
            raise SegmentationError("the statistics of images hold means and spreads that are none")
        if not 0 <= self.unsure_share <= 1:
            raise SegmentationError(f"a share of unsure pixels of {self.unsure_share}, expected 0 to 1")


class StatisticsGatherer:
    """Gathers the statistics of images while they are predicted, block by block."""

    def __init__(self, feature_count: int) -> None:
        self._sums = np.zeros(feature_count)
        self._squares = np.zeros(feature_count)
        self._pixels = self._unsure = 0

    def add(self, features: NDArray[np.float32], probabilities: NDArray[np.float32]) -> None:
        """Take in pixels.

        Args:
            features: shape (..., C), float32.
            probabilities: shape (..., K), float32, not smoothed.
        """
        rows = features.reshape(-1, features.shape[-1])
        self._sums += rows.sum(axis=0, dtype=np.float64)
        self._squares += np.einsum("nc,nc->c", rows, rows, dtype=np.float64)
        self._unsure += int((uncertainty(probabilities) > 1 - SMALL_MARGIN).sum())
        self._pixels += len(rows)

    def statistics(self) -> ImageStatistics:
        """What has been gathered.

        Raises:
            SegmentationError: nothing has.
        """
        if not self._pixels:
            raise SegmentationError("no pixel was predicted, so there are no statistics of the image")
        means = self._sums / self._pixels
        spreads = np.sqrt(np.maximum(self._squares / self._pixels - means**2, 0))
        return ImageStatistics(means, spreads, self._unsure / self._pixels)


@dataclass(frozen=True, slots=True)
class DriftReport:
    """How an image differs from those of training.

    Attributes:
        unsure_share: of its pixels, those whose two best classes are nearly as probable.
        usual_unsure_share: the same on the images of training.
        mean_shift: how far the means of its features lie from those of training, in spreads; root mean square.
    """

    unsure_share: float
    usual_unsure_share: float
    mean_shift: float

    @property
    def is_unsure(self) -> bool:
        """Whether far more pixels are unsure than usual."""
        usual = self.usual_unsure_share
        return self.unsure_share > max(MOST_UNSURE * usual, usual + LEAST_UNSURE)

    @property
    def is_shifted(self) -> bool:
        """Whether the features lie elsewhere than usual."""
        return self.mean_shift > LARGEST_SHIFT

    @property
    def is_drifting(self) -> bool:
        """Whether one of the two says so."""
        return self.is_unsure or self.is_shifted

    @property
    def sentence(self) -> str:
        """What a person has to know."""
        numbers = (
            f"{self.unsure_share:.0%} of its pixels are undecided between two classes (of training: "
            f"{self.usual_unsure_share:.0%}), and its features have moved by {self.mean_shift:.2f} spreads"
        )
        if not self.is_drifting:
            return f"This image looks like those the model was trained on: {numbers}."
        return (
            f"This image differs from those the model was trained on: {numbers}. Expect more errors; draw a few "
            "top-up strokes on it where `facies segment suggest` points, and train again on all images together."
        )


def measure_drift(training: ImageStatistics, image: ImageStatistics) -> DriftReport:
    """Compare an image with those of training.

    Args:
        training: of all images of training together.
        image: of the one that was predicted.

    Raises:
        SegmentationError: they have other numbers of features.
    """
    if training.means.shape != image.means.shape:
        raise SegmentationError(
            f"statistics of {len(training.means)} and of {len(image.means)} features cannot be compared; use the maps "
            "of the model's own card"
        )
    # A feature that never varied in training has no spread to measure by: it says nothing.
    varies = training.spreads > 1e-6 * max(float(training.spreads.max(initial=0)), 1e-30)
    moved = (image.means - training.means)[varies] / training.spreads[varies]
    shift = float(np.sqrt(np.mean(np.square(moved)))) if moved.size else 0.0
    return DriftReport(image.unsure_share, training.unsure_share, shift)
