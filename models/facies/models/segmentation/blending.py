"""Predictions of overlapping tiles, blended into one image.

A decoder sees less at the edge of a tile than in its middle, so tiles overlap and each counts by a window that falls
off towards its edges. Every tile has the same size, so that a network runs at one shape; an image smaller than a tile
is continued by its mirror image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import FinetuningError
from facies.core.images import RgbImage
from facies.models.segmentation.upsampling import BAND_ROWS, Band

Tiles: TypeAlias = NDArray[np.uint8]
"""Shape (n, tile, tile, 3), uint8."""
TileProbabilities: TypeAlias = NDArray[np.float32]
"""Shape (n, tile, tile, classes), float32."""


def tile_starts(size: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin so that they cover a length, each overlapping the one before by at least so much.

    Example:
        >>> tile_starts(10, 4, 1), tile_starts(3, 4, 1)
        ([0, 3, 6], [0])
    """
    if size <= tile:
        return [0]
    step = tile - overlap
    return [*range(0, size - tile, step), size - tile]


def blend_window(tile: int) -> NDArray[np.float32]:
    """The weight of each pixel of a tile, (tile, tile) float32: a raised cosine in each direction, nowhere 0."""
    line = np.sin(np.pi * (np.arange(tile) + 0.5) / tile) ** 2
    window: NDArray[np.float32] = np.outer(line, line).astype(np.float32)
    return window


def blend_tiles(
    image: RgbImage, predict: Callable[[Tiles], TileProbabilities], *, tile_px: int, overlap_px: int
) -> Iterator[Band]:
    """Predict an image by overlapping tiles and give its rows as they are finished.

    Args:
        image: (height, width, 3) uint8.
        predict: gives the distributions of one row of tiles.
        tile_px: side of a tile.
        overlap_px: least overlap of neighbours, below `tile_px`. The memory is that of one row of tiles.

    Yields:
        bands from the top, without gaps.

    Raises:
        FinetuningError: the overlap leaves no step, or the predictions have another shape.
    """
    if not 0 <= overlap_px < tile_px:
        raise FinetuningError(
            f"tiles of {tile_px} px that overlap by {overlap_px} px; expected at least 0 and below the tile"
        )
    height, width = image.shape[:2]
    downs, acrosses = tile_starts(height, tile_px, overlap_px), tile_starts(width, tile_px, overlap_px)
    window = blend_window(tile_px)
    sums: NDArray[np.float32] | None = None
    weights = np.zeros((tile_px, max(width, tile_px)), np.float32)
    for down, after in zip(downs, [*downs[1:], height], strict=True):
        tiles = np.stack([_cut(image, down, across, tile_px) for across in acrosses])
        probabilities = predict(tiles)
        if probabilities.ndim != 4 or probabilities.shape[:3] != tiles.shape[:3]:
            raise FinetuningError(
                f"the prediction of tiles of the shape {tiles.shape[:3]} has the shape {probabilities.shape}; expected "
                "one distribution for each pixel"
            )
        if sums is None:
            sums = np.zeros((*weights.shape, probabilities.shape[3]), np.float32)
        for across, tile in zip(acrosses, probabilities, strict=True):
            sums[:, across : across + tile_px] += window[..., None] * tile
            weights[:, across : across + tile_px] += window
        done = after - down
        for start in range(0, done, BAND_ROWS):
            rows = slice(start, min(start + BAND_ROWS, done))
            blended = (sums[rows, :width] / weights[rows, :width, None]).astype(np.float32, copy=False)
            yield Band(down + start, blended)
        for buffer in (sums, weights):
            buffer[: tile_px - done] = buffer[done:].copy()
            buffer[max(tile_px - done, 0) :] = 0


def _cut(image: RgbImage, down: int, across: int, tile: int) -> RgbImage:
    cut = image[down : down + tile, across : across + tile]
    lacking = [(0, tile - cut.shape[0]), (0, tile - cut.shape[1]), (0, 0)]
    return np.pad(cut, lacking, mode="symmetric") if any(after for _, after in lacking) else cut
