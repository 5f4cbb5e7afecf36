"""The plane in which vectors spread most: a map at once, and where a layout starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings

_BLOCK: Final = 16_384


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane through the mean of vectors.

    Attributes:
        axes: shape (d, 2), float32, of unit length and at right angles; zeros where there is no second one.
        origin: shape (2,), float32, of the mean along them.
    """

    axes: NDArray[np.float32]
    origin: NDArray[np.float32]

    def place(self, vectors: Embeddings) -> NDArray[np.float32]:
        """Positions on the plane, shape (n, 2), float32."""
        return np.asarray(vectors @ self.axes - self.origin, dtype=np.float32)


def fit_plane(vectors: Embeddings) -> Plane:
    """Find the first two principal components, from the covariance matrix of all vectors.

    Each component points to where its greatest coefficient is positive, so the same vectors give the same picture.

    Args:
        vectors: shape (n, d), float32, n >= 1, d >= 1.

    Source: Jolliffe & Cadima (2016): Principal component analysis: a review, Phil. Trans. R. Soc. A 374.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    moments = np.zeros((vectors.shape[1],) * 2)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] - mean
        moments += block.T @ block
    found = np.linalg.eigh(moments)[1][:, ::-1][:, :2]
    greatest = np.abs(found).argmax(axis=0)
    found *= np.where(found[greatest, np.arange(found.shape[1])] < 0, -1.0, 1.0)
    axes = np.zeros((vectors.shape[1], 2), dtype=np.float32)
    axes[:, : found.shape[1]] = found
    return Plane(axes, (mean @ axes).astype(np.float32))
