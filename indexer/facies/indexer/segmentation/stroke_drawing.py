"""Which pixels a stroke covers."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import LabelsError

_PIECE_PX = 64.0
"""Longer segments are drawn in pieces, whose boxes stay small however they lie."""
_THINNEST_RADIUS_PX = math.sqrt(0.5)
"""Half the diagonal of a pixel: a line so thick misses no pixel that it runs through the middle of."""
_ROUNDING = 1e-9
MAX_WORK_PX = 2_000_000_000
"""Pixels that are looked at for one stroke, at most; a stroke of sensible width is far from it."""


def cover_stroke(points: NDArray[np.float64], width: float, shape: tuple[int, int], where: str) -> NDArray[np.int64]:
    """Find the pixels under a stroke: those whose centre is within half the width of the line through the points.

    The pixel in row r and column c has its centre at x = c, y = r. Lines thinner than 1.42 pixels are drawn so thick,
    that none has gaps. What leaves the image at its edges is cut off.

    Args:
        points: (n, 2) x and y, n >= 1; a single one is a disc.
        width: in pixels.
        shape: height and width of the image.
        where: what to call the stroke.

    Returns:
        row * width of the image + column of each pixel, rising.

    Raises:
        LabelsError: so wide and long that drawing it would never end.
    """
    radius = max(width / 2, _THINNEST_RADIUS_PX)
    corners = np.clip(points, 0, (shape[1] - 1, shape[0] - 1))
    pieces = _cut(corners)
    low = np.maximum(np.ceil(pieces.min(1) - radius), 0).astype(np.int64)
    high = np.minimum(np.floor(pieces.max(1) + radius), (shape[1] - 1, shape[0] - 1)).astype(np.int64)
    work = int(np.prod(high - low + 1, axis=1).sum())
    if work > MAX_WORK_PX:
        raise LabelsError(
            where, [f"{len(points):,} points at a width of {width:g} pixels are too much to draw"], "Draw it thinner."
        )
    found = [_cover_piece(piece, radius, box, shape[1]) for piece, *box in zip(pieces, low, high, strict=True)]
    return np.unique(np.concatenate(found))


def _cut(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut the line through points into pieces (m, 2, 2) of bounded length, each with its two ends."""
    if len(points) == 1:
        return np.stack([points, points], axis=1)
    starts, ends = points[:-1], points[1:]
    counts = np.maximum(np.ceil(np.abs(ends - starts).max(1) / _PIECE_PX), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = np.stack([step, step + 1], axis=1) / counts[segment][:, None]
    along = (ends - starts)[segment]
    return np.asarray(starts[segment][:, None] + share[..., None] * along[:, None], np.float64)


def _cover_piece(
    piece: NDArray[np.float64], radius: float, box: list[NDArray[np.int64]], image_width: int
) -> NDArray[np.int64]:
    (start_x, start_y), (end_x, end_y) = piece
    (left, top), (right, bottom) = box
    x = np.arange(left, right + 1)
    y = np.arange(top, bottom + 1)[:, None]
    along_x, along_y = end_x - start_x, end_y - start_y
    length = along_x**2 + along_y**2
    share = np.zeros(1)
    if length > 0:
        share = np.clip(((x - start_x) * along_x + (y - start_y) * along_y) / length, 0, 1)
    away = (x - start_x - share * along_x) ** 2 + (y - start_y - share * along_y) ** 2
    rows, columns = np.nonzero(away <= radius**2 + _ROUNDING)
    return np.asarray((rows + top) * image_width + columns + left, np.int64)
