"""Novelty: how far an image lies from every validated one. What is far is held back, however sure its name seems.

A classifier shares its probability out among the classes that it knows, and is sure of images of others too often. The
distance to the nearest validated images knows of no classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Similarities

NEIGHBOURS: Final = 10
"""Nearest validated images that are looked at."""
GATE: Final = 0.75
"""Share of the validated images, each compared with the others, that the gate lets through (docs/labelling.md)."""

Novelty: TypeAlias = NDArray[np.float64]
"""Shape (n,), 0 to 2: 1 less the mean similarity to the nearest validated images; higher is stranger."""


def compute_novelty(similarities: Similarities) -> Novelty:
    """Measure how far images lie from the validated ones.

    Args:
        similarities: shape (n, k), k >= 1, to the nearest validated images, nearest first; the first ten count.

    Source: Sun, Ming, Zhu & Li (2022): Out-of-distribution detection with deep nearest neighbors, ICML; the mean over
    the neighbours in place of the last one, which was measured to tell more (docs/labelling.md).
    """
    novelty: Novelty = 1.0 - similarities[:, :NEIGHBOURS].mean(axis=1, dtype=np.float64)
    return novelty


def fit_gate(held_out: Novelty, share: float = GATE) -> float:
    """Find the novelty up to which images are let through.

    Args:
        held_out: shape (n,), n >= 1, of validated images, each compared with the others.
        share: of them that shall pass, above 0 and at most 1.

    Raises:
        QueryError: share is out of its range, or there is no image.
    """
    if not 0 < share <= 1 or not len(held_out):
        raise QueryError(
            f"a novelty gate that lets {share:g} of {len(held_out)} images through: expected a share of 0 to 1 of some"
        )
    return float(np.quantile(held_out, share))


def rank_novelty(novelty: Novelty, held_out: Novelty) -> NDArray[np.float64]:
    """Say which share of the validated images is less strange than each image, 0 to 1.

    Args:
        novelty: shape (m,).
        held_out: shape (n,), of validated images, each compared with the others.

    Example:
        >>> rank_novelty(np.array([0.1, 0.9]), np.array([0.2, 0.3, 0.4])).tolist()
        [0.0, 1.0]
    """
    ranks: NDArray[np.float64] = np.searchsorted(np.sort(held_out), novelty, side="left") / len(held_out)
    return ranks
