"""Pixels to learn from, drawn from masks that label every pixel.

Neighbouring pixels say nearly the same, and trees fitted on millions of them are large. So each class of each image
gives a limited number, spread over the image: the cells of a grid take turns until the number is reached.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import SegmentationError

CELL_PX = 64
"""Side of a cell; a class that is in a thousand cells has a pixel of each before any gives its second."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskPixels:
    """Pixels of one image, in the order of rows, then columns.

    Attributes:
        rows: shape (n,), int32.
        columns: shape (n,), int32.
        classes: shape (n,), int32, class indices.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    classes: NDArray[np.int32]


def sample_mask(mask: NDArray[np.integer], per_class: int, *, seed: int = 0, cell_px: int = CELL_PX) -> MaskPixels:
    """Draw pixels of each class of a mask, spread over the image.

    Args:
        mask: (height, width), class indices.
        per_class: at most so many pixels of each class; a class that has fewer gives all.
        seed: the same seed draws the same pixels.
        cell_px: side of the cells of the grid.

    Raises:
        SegmentationError: the number or the side is below 1.
    """
    if per_class < 1 or cell_px < 1:
        raise SegmentationError(
            f"{per_class} pixels of each class from cells of {cell_px} px; expected at least 1 pixel and 1 px"
        )
    generator = np.random.default_rng(seed)
    flat = mask.ravel()
    width = mask.shape[1]
    across = -(-width // cell_px)
    chosen = []
    for index in np.unique(flat).tolist():
        places = generator.permutation(np.flatnonzero(flat == index))
        if len(places) > per_class:
            cells = (places // width // cell_px) * across + places % width // cell_px
            order = np.argsort(cells, kind="stable")
            _, starts, counts = np.unique(cells[order], return_index=True, return_counts=True)
            turns = np.arange(len(places)) - np.repeat(starts, counts)
            # Who has the same turn is in an order of chance, so that the last turn favours no part of the image.
            last = generator.permutation(len(places))
            places = places[order[np.lexsort((last, turns))[:per_class]]]
        chosen.append(places)
    places = np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)
    rows, columns = np.divmod(places, width)
    return MaskPixels(rows.astype(np.int32), columns.astype(np.int32), flat[places].astype(np.int32))
