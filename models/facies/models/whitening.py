"""Whitening by views: learns, without any label, which directions of the vectors tell images apart.

Two views of one image, turned or mirrored, show the same specimen; in whatever direction their vectors differ, the
difference means nothing. Directions are scaled so that these differences weigh the same everywhere; what varies most
among images then, against so much noise, is kept, and the strongest of it is held back, so that a few coarse traits
(size, tone, background) do not drown the many fine ones.

Source: after Mikolajczyk & Matas (2007): Improving descriptors for fast tree matching by optimal linear projection,
ICCV, there from matching pairs; Jégou & Chum (2012): Negative evidences and co-occurences in image retrieval, ECCV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import DimensionMismatchError, ModelError, QueryError
from facies.models.covariance import Matrix, compute_covariance, fix_signs
from facies.models.projection import Projection

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.models.embedder import Views

MIN_IMAGES = 50
"""Fewer images than this say nothing of the directions in which a collection varies."""
_IMAGES_PER_DIM = 4
_IMAGES_AT_ONCE = 64
_ALIKE = 1e-10
"""Share of the squares of the values below which a difference is rounding."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """How vectors are whitened; the values were chosen as docs/quality.md tells.

    Attributes:
        dim: most values of a vector that are kept; never more than one for every four images.
        shrinkage: how much of the mean variance among views is added to every direction, at least 0; a direction that
            hardly differs in the sample is not trusted for that.
        restraint: exponent by which the strongest directions are held back: 0 leaves them, 0.5 makes all equal.

    Raises:
        QueryError: a value is out of its range.
    """

    dim: int = 64
    shrinkage: float = 0.5
    restraint: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what would give no map."""
        if self.dim < 1 or not self.shrinkage > 0 or not 0 <= self.restraint <= 1:
            raise QueryError(
                f"whitening with {self}: expected dim of at least 1, shrinkage above 0, and restraint from 0 to 1"
            )

    @property
    def method(self) -> str:
        """As fingerprints have it."""
        return f"whitened by views to {self.dim} (shrinkage {self.shrinkage:g}, restraint {self.restraint:g})"


def fit_whitening(vectors: Embeddings, views: Views, whitening: Whitening | None = None) -> Projection:
    """Fit the whitening of a collection.

    Args:
        vectors: shape (n, d), float32, unit rows: of many images, at best all.
        views: shape (m, v, d), float32, v at least 2: of some images, each view by itself (see
            `facies.models.embedder.NetworkEmbedder.embed_views`).
        whitening: see there.

    Returns:
        the projection from d values to `Whitening.dim`, or a quarter of n where that is less. The same arguments give
        the same one.

    Raises:
        ModelError: fewer than 50 images, or no views to compare.
        DimensionMismatchError: vectors and views differ in d.
    """
    whitening = whitening or Whitening()
    _check(vectors, views)
    mean = vectors.mean(axis=0, dtype=np.float64)
    equalise = _equalise_views(views, whitening.shrinkage)
    variances, directions = np.linalg.eigh(equalise @ compute_covariance(vectors, mean) @ equalise)
    kept = min(whitening.dim, len(vectors) // _IMAGES_PER_DIM, len(mean))
    order = np.argsort(-variances, kind="stable")[:kept]
    strengths = np.maximum(variances[order], np.finfo(np.float64).tiny)
    matrix = equalise @ (fix_signs(directions[:, order]) * strengths ** (-whitening.restraint))
    # The scale of the whole means nothing, since what comes out is brought to unit length; 1 keeps float32 at ease.
    matrix /= np.linalg.norm(matrix, axis=0).max()
    return Projection(mean.astype(np.float32), matrix.astype(np.float32), whitening.method)


def _check(vectors: Embeddings, views: Views) -> None:
    if views.shape[2] != vectors.shape[1]:
        raise DimensionMismatchError("the views to whiten by", vectors.shape[1], views.shape[2])
    if min(len(vectors), len(views)) < MIN_IMAGES:
        raise ModelError(
            f"whitening was asked for with {min(len(vectors), len(views))} images, expected {MIN_IMAGES} or more: "
            "fewer do not show in which directions they vary. Index more first, or search the vectors as they are."
        )
    if views.shape[1] <= 1:
        raise ModelError(
            "whitening compares views of one image, and this recipe looks at each once. Use one with 8 views, such as "
            "the recipe default of the card."
        )


def _equalise_views(views: Views, shrinkage: float) -> Matrix:
    """The map (d, d) after which the views of one image differ equally in all directions; symmetric."""
    covariance = np.zeros((views.shape[2], views.shape[2]))
    for start in range(0, len(views), _IMAGES_AT_ONCE):
        some = views[start : start + _IMAGES_AT_ONCE].astype(np.float64)
        apart = (some - some.mean(axis=1, keepdims=True)).reshape(-1, views.shape[2])
        covariance += apart.T @ apart
    covariance /= len(views) * (views.shape[1] - 1)
    if not np.trace(covariance) > _ALIKE * float(np.mean(np.square(views))):
        raise ModelError("the views of the sample are all alike, so they say nothing of what to overlook")
    covariance[np.diag_indices_from(covariance)] += shrinkage * np.trace(covariance) / len(covariance)
    variances, directions = np.linalg.eigh(covariance)
    symmetric: Matrix = (directions / np.sqrt(variances)) @ directions.T
    return symmetric
