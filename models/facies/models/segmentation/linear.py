"""The linear head of pixels: linear discriminants, which can be applied to maps before these are enlarged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationModelError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, eq=False)
class LinearPixels:
    """A fitted head.

    Attributes:
        weights: shape (C, K), float32, for features as they come, not standardised.
        intercepts: shape (K,), float32; minus infinity for a class that had no pixel.

    Raises:
        SegmentationModelError: the shapes do not fit, or a weight is not finite.
    """

    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or not self.weights.size or self.intercepts.shape != self.weights.shape[1:]:
            raise SegmentationModelError(
                f"a linear head has weights of shape {self.weights.shape} and intercepts of shape "
                f"{self.intercepts.shape}, expected (C, K) and (K,)"
            )
        seen = self.intercepts != -np.inf
        if not np.isfinite(self.weights).all() or not np.isfinite(self.intercepts[seen]).all() or not seen.any():
            raise SegmentationModelError("a linear head holds numbers that are not finite")

    @property
    def feature_count(self) -> int:
        """C."""
        return len(self.weights)

    @property
    def classes(self) -> int:
        """K."""
        return len(self.intercepts)

    def probabilities(self, features: NDArray[np.float32], *, threads: int = 1) -> NDArray[np.float32]:
        """Name pixels.

        Args:
            features: shape (..., C), float32. Each row of a grid (h, w, C) is a product of its own, so what a pixel
                gets does not depend on how many rows there are.
            threads: not used.

        Returns:
            shape (..., K), float32, that add up to 1 along the last axis.
        """
        return soft_maximum(features @ self.weights + self.intercepts)


class Maps(Protocol):
    """Maps of low resolution, see `facies.models.segmentation.feature_maps.FeatureMaps`."""

    @property
    def arrays(self) -> Sequence[NDArray[Any]]:
        """Shape (c, h, w) each; the channels of all together are the features."""

    def layer_grid(
        self, layer: int, array: NDArray[np.float32], row_start: int = 0, row_stop: int | None = None
    ) -> NDArray[np.float32]:
        """Bring a map (K, h, w) with the places of one layer to rows of the grid, (rows, columns, K)."""


def preview(head: LinearPixels, maps: Maps, row_start: int = 0, row_stop: int | None = None) -> NDArray[np.float32]:
    """Apply the head to each map where it is, and enlarge what it says in place of the features.

    Enlarging is linear, so the sum is what the head says of the enlarged features, up to rounding, for K channels a
    map in place of c.

    Args:
        head: trained on maps of the same card.
        maps: of an image, a tile or a window of one.
        row_start: first row of their grid that is wanted.
        row_stop: the row behind the last; None: all.

    Returns:
        shape (rows, columns, K), float32, probabilities on the grid.

    Raises:
        SegmentationModelError: the maps have another number of channels than the head.
    """
    counts = [len(one) for one in maps.arrays]
    if sum(counts) != head.feature_count:
        raise SegmentationModelError(
            f"the maps have {sum(counts)} channels, the model was trained on {head.feature_count}; apply it to maps of "
            "its own card"
        )
    total: NDArray[np.float32] | None = None
    for layer, weights in enumerate(np.split(head.weights, np.cumsum(counts)[:-1])):
        projected = np.moveaxis(np.moveaxis(maps.arrays[layer], 0, -1).astype(np.float32) @ weights, -1, 0)
        enlarged = maps.layer_grid(layer, projected, row_start, row_stop)
        total = enlarged if total is None else total + enlarged
    if total is None:
        raise SegmentationModelError("there are no maps to apply a linear head to")
    return soft_maximum(total + head.intercepts)


def soft_maximum(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn values into shares of 1 along the last axis."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def fit_linear_pixels(features: NDArray[np.float32], codes: NDArray[np.intp], classes: int) -> LinearPixels:
    """Fit the head by linear discriminants: classes are taken for clouds of one shape around means of their own.

    The probabilities of such clouds are those of a multinomial regression, found without a search. The shape is shrunk
    by as much as few pixels make it doubtful, so fewer pixels than features are enough.

    Args:
        features: shape (n, C), float32.
        codes: shape (n,), class of each, of at least two classes.
        classes: how many there are; those without a pixel get probability 0.

    Source: scikit-learn ``LinearDiscriminantAnalysis``; Ledoit & Wolf (2004): A well-conditioned estimator for
        large-dimensional covariance matrices, J. Multivar. Anal. 88.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rows = features.astype(np.float64)
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads[spreads == 0] = 1
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit((rows - means) / spreads, codes)
    weights, intercepts = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # the discriminants speak of the second class alone
        weights, intercepts = np.hstack([-weights, weights]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    scaled = weights / spreads[:, None]
    all_weights = np.zeros((features.shape[1], classes), np.float32)
    all_intercepts = np.full(classes, -np.inf, np.float32)
    all_weights[:, model.classes_] = scaled
    all_intercepts[model.classes_] = intercepts - means @ scaled
    return LinearPixels(all_weights, all_intercepts)
