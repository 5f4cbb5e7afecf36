"""Counts of pixels by what they are and what a mask says they are; they are added over images, then scored once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import MaskSizeError

_BLOCK = 2**22
"""Pixels that are counted at a time, so that tall cores need no arrays of their own size."""


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Counts of pixels.

    Attributes:
        ids: the class ids, rising; all that are in the truth or in the mask.
        counts: (K, K) int64, row: the truth, column: the mask.
    """

    ids: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def pixels(self) -> int:
        """How many pixels were compared."""
        return int(self.counts.sum())

    def __add__(self, other: Confusion) -> Confusion:
        """Add the counts of other images; the classes are those of either."""
        ids = np.union1d(self.ids, other.ids)
        counts = np.zeros((len(ids), len(ids)), np.int64)
        for part in (self, other):
            at = np.searchsorted(ids, part.ids)
            counts[np.ix_(at, at)] += part.counts
        return Confusion(ids, counts)


def count_confusion(
    truth: NDArray[np.integer], mask: NDArray[np.integer], *, ignored: int | None = None, what: str = "the mask"
) -> Confusion:
    """Compare a mask with the truth, pixel by pixel.

    Args:
        truth: class ids of any shape.
        mask: class ids of the same shape.
        ignored: an id of the truth whose pixels are left out, such as unlabelled ones.
        what: what to call the mask in errors.

    Raises:
        MaskSizeError: they differ in shape.
    """
    if truth.shape != mask.shape:
        raise MaskSizeError(what, _size(mask), "the truth", _size(truth))
    total = Confusion(np.empty(0, np.int64), np.empty((0, 0), np.int64))
    flat_truth, flat_mask = truth.reshape(-1), mask.reshape(-1)
    for start in range(0, flat_truth.size, _BLOCK):
        total = total + _count_block(flat_truth[start : start + _BLOCK], flat_mask[start : start + _BLOCK], ignored)
    return total


def _count_block(truth: NDArray[np.integer], mask: NDArray[np.integer], ignored: int | None) -> Confusion:
    if ignored is not None:
        kept = truth != ignored
        truth, mask = truth[kept], mask[kept]
    ids = np.union1d(truth, mask).astype(np.int64)
    pairs = np.searchsorted(ids, truth) * len(ids) + np.searchsorted(ids, mask)
    return Confusion(ids, np.bincount(pairs, minlength=len(ids) ** 2).reshape(len(ids), len(ids)).astype(np.int64))


def _size(array: NDArray[np.integer]) -> tuple[int, int]:
    return (array.shape[0], array.shape[1]) if array.ndim == 2 else (1, array.size)
