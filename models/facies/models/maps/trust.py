"""How far the neighbours on a map are neighbours in truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings

SAMPLE: Final = 5_000
NEIGHBOURS: Final = 15


def sampled_trustworthiness(vectors: Embeddings, positions: NDArray[np.float32], *, seed: int) -> float | None:
    """Trustworthiness of a layout, by a seeded sample of at most `SAMPLE` points and `NEIGHBOURS` of each.

    Args:
        vectors: shape (n, d).
        positions: shape (n, 2).
        seed: of the sample.

    Returns:
        in [0, 1], 1 where no point has a neighbour on the map that is none in truth; None where there are too few
        points to tell.

    Source: Venna & Kaski (2001): Neighborhood preservation in nonlinear projection methods, ICANN.
    """
    from sklearn.manifold import trustworthiness

    if len(vectors) <= 2 * NEIGHBOURS:
        return None
    some = np.sort(np.random.default_rng(seed).permutation(len(vectors))[:SAMPLE])
    return float(trustworthiness(vectors[some], positions[some], n_neighbors=NEIGHBOURS, metric="cosine"))
