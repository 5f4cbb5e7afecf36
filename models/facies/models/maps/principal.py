"""The plane in which vectors spread most: a map at once, and where a layout starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings

_BLOCK: Final = 16_384


def principal_positions(vectors: Embeddings) -> NDArray[np.float32]:
    """Positions along the first two principal components, from the covariance matrix of all vectors.

    Each component points to where its greatest coefficient is positive, so the same vectors give the same picture.

    Args:
        vectors: shape (n, d), float32, n >= 1; d >= 1.

    Returns:
        shape (n, 2), float32, of mean 0; a component without spread is 0 throughout.

    Source: Jolliffe & Cadima (2016): Principal component analysis: a review, Phil. Trans. R. Soc. A 374.
    """
    mean = vectors.mean(axis=0, dtype=np.float64)
    moments = np.zeros((vectors.shape[1],) * 2)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] - mean
        moments += block.T @ block
    axes = np.linalg.eigh(moments)[1][:, ::-1][:, :2]
    greatest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(axes[greatest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    positions = np.zeros((len(vectors), 2), dtype=np.float32)
    positions[:, : axes.shape[1]] = vectors @ axes.astype(np.float32) - (mean @ axes).astype(np.float32)
    return positions
