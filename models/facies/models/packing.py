"""Several prepared images as one, for recipes that look at an image in several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facies.models.runtimes.base import Prepared

_WORD = np.dtype("<u4")


def pack(parts: Sequence[Prepared]) -> Prepared:
    """Put arrays of uint8 into one of a single axis, with their shapes before them. One array alone stays as it is."""
    if len(parts) == 1:
        return parts[0]
    header = [len(parts), *(number for part in parts for number in (part.ndim, *part.shape))]
    words = np.array([len(header), *header], dtype=_WORD).view(np.uint8)
    return np.concatenate([words, *(part.reshape(-1) for part in parts)])


def unpack(packed: Prepared, count: int) -> list[Prepared]:
    """The ``count`` arrays that `pack` put together, without a copy.

    Example:
        >>> [part.shape for part in unpack(pack([np.zeros((2, 3), np.uint8), np.ones(4, np.uint8)]), 2)]
        [(2, 3), (4,)]
    """
    if count == 1:
        return [packed]
    length = int(packed[: _WORD.itemsize].view(_WORD)[0])
    start = (1 + length) * _WORD.itemsize
    numbers = iter(packed[_WORD.itemsize : start].view(_WORD)[1:].tolist())
    parts: list[NDArray[np.uint8]] = []
    for _ in range(count):
        shape = [next(numbers) for _ in range(next(numbers))]
        end = start + int(np.prod(shape))
        parts.append(packed[start:end].reshape(shape))
        start = end
    return parts
