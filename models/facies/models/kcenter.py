"""k-center: images that lie far from all that were looked at, and from each other, so that few show every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from facies.core.errors import DimensionMismatchError, QueryError

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings, Indices
    from facies.models.calibration import Values

_BLOCK: Final = 4096
"""Rows that are compared at a time: with as many examples they take 64 MiB."""


def pick_diverse(candidates: Embeddings, known: Embeddings, count: int) -> tuple[Indices, Values]:
    """Pick again and again the candidate that lies farthest from everything known and picked.

    Args:
        candidates: shape (n, d), float32, unit rows.
        known: shape (m, d), unit rows, such as the validated images; with none, the first pick is the candidate
            farthest from the mean of all.
        count: how many to pick, at least 1; all are picked where there are fewer.

    Returns:
        indices of the picked in the order of picking, and how far each lay from the nearest one by then (1 less the
        cosine, 0 to 2, falling, but for the first without known ones), both of the same length. Of equal ones the
        lower index is picked.

    Raises:
        QueryError: count is below 1.
        DimensionMismatchError: the arrays differ in d.

    Source: Gonzalez (1985): Clustering to minimize the maximum intercluster distance, Theor. Comput. Sci. 38 (no other
    polynomial way comes closer than twice the best radius); for labelling Sener & Savarese (2018): Active learning for
    convolutional neural networks: a core-set approach, ICLR.

    Example:
        >>> rows = np.array([[1, 0], [0.8, 0.6], [-1, 0]], dtype=np.float32)
        >>> pick_diverse(rows, rows[:1], 2)[0].tolist()
        [2, 1]
    """
    if count < 1:
        raise QueryError(f"{count} diverse images were asked for, expected at least 1")
    if candidates.shape[1] != known.shape[1]:
        raise DimensionMismatchError("a validated image", candidates.shape[1], known.shape[1])
    if not len(candidates):
        return np.empty(0, dtype=np.int64), np.empty(0)
    nearest = find_nearest(candidates, known) if len(known) else _compare_mean(candidates)
    picked: list[int] = []
    apart: list[float] = []
    for _ in range(min(count, len(candidates))):
        chosen = int(nearest.argmin())
        picked.append(chosen)
        apart.append(float(np.clip(1.0 - nearest[chosen], 0.0, 2.0)))
        if len(picked) == 1 and not len(known):
            nearest[:] = -1.0  # of what is known by now there is the first pick alone
        np.maximum(nearest, candidates @ candidates[chosen], out=nearest)
        nearest[picked] = np.inf
    return np.array(picked, dtype=np.int64), np.array(apart)


def find_nearest(candidates: Embeddings, known: Embeddings) -> Embeddings:
    """Cosine of each candidate to the nearest known image, in blocks: shape (n,), float32; -1 where none is known.

    Args:
        candidates: shape (n, d), unit rows.
        known: shape (m, d), unit rows.
    """
    nearest = np.full(len(candidates), -1.0, dtype=np.float32)
    for start in range(0, len(candidates), _BLOCK):
        rows = candidates[start : start + _BLOCK]
        for first in range(0, len(known), _BLOCK):
            best = (rows @ known[first : first + _BLOCK].T).max(axis=1)
            np.maximum(nearest[start : start + _BLOCK], best, out=nearest[start : start + _BLOCK])
    return nearest


def _compare_mean(candidates: Embeddings) -> Embeddings:
    mean = candidates.mean(axis=0, dtype=np.float64).astype(np.float32)
    length = float(np.linalg.norm(mean))
    cosines: Embeddings = candidates @ (mean / length if length > 0 else mean)
    return cosines
