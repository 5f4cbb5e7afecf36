"""Strokes as a person draws them: short, curved, roughly along the bedding, inside one patch of a class."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from facies.indexer.samples.canvas import Rng
from facies.indexer.segmentation.stroke_drawing import cover_stroke
from facies.indexer.segmentation.strokes import Stroke

Room: TypeAlias = NDArray[np.float64]
"""How far each pixel of a patch is from its edge, 0 outside it."""

_AREAS_PX = (120.0, 280.0)
"""56 strokes of such areas cover 1.1 to 1.9 % of a core of 2,693 x 369 pixels."""
_WIDTHS_PX = (5, 10)
_MARGIN_PX = 3.0
_STEP_PX = 3.0
_GAP_PX = 8.0
"""Between strokes of one class, so that each is a group of its own."""
_TRIES = 12


def draw_strokes_in(
    rng: Rng, indices: NDArray[np.integer], words: list[int | str], *, per_class: int, tilt: float = 0.25
) -> tuple[Stroke, ...]:
    """Draw strokes inside the patches of each class, the largest patches first, then the next stroke in the next patch.

    Args:
        rng: source of chance.
        indices: (height, width), index of the class of each pixel.
        words: how strokes call each class.
        per_class: strokes of each class; fewer where its patches have no place for more.
        tilt: about how far strokes turn from the horizontal, in radians.
    """
    strokes: list[Stroke] = []
    for index, word in enumerate(words):
        patches = _patches(indices == index)
        placed = turn = 0
        while patches and placed < per_class and turn < 3 * per_class:
            room, top, left = patches[turn % len(patches)]
            turn += 1
            drawn = _draw(rng, room, tilt)
            if drawn is not None:
                points, width = drawn
                strokes.append(Stroke(len(strokes), word, width, np.round(points + np.array([left, top]), 1)))
                placed += 1
    return tuple(strokes)


def _patches(mask: NDArray[np.bool_]) -> list[tuple[Room, int, int]]:
    """The room in each patch with its top and left, those with most room for strokes first."""
    numbers, _ = ndimage.label(mask)
    found: list[tuple[Room, int, int]] = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(numbers), 1):
        inside = np.pad(numbers[rows, columns] == number, 1)
        if np.count_nonzero(inside) < _AREAS_PX[0]:
            continue
        found.append((ndimage.distance_transform_edt(inside)[1:-1, 1:-1], rows.start, columns.start))
    return sorted(found, key=lambda patch: -np.count_nonzero(patch[0] > _MARGIN_PX + _WIDTHS_PX[0] / 2))


def _draw(rng: Rng, room: Room, tilt: float) -> tuple[NDArray[np.float64], float] | None:
    """Draw a stroke and take its place away from the room; None where none fits."""
    width = float(rng.integers(*_WIDTHS_PX))
    wanted = rng.uniform(*_AREAS_PX) / width
    free = np.flatnonzero(room > width / 2 + _MARGIN_PX)
    if not len(free):
        return None
    longest = np.empty((0, 2))
    for start in rng.choice(free, _TRIES):
        path = _keep_inside(
            _walk(rng, wanted, tilt) + np.array([start % room.shape[1], start // room.shape[1]]), room, width
        )
        longest = max(longest, path, key=len)
        if len(longest) * _STEP_PX >= wanted:
            break
    if len(longest) < 3:
        return None
    room.flat[cover_stroke(longest, width + 2 * _GAP_PX, (room.shape[0], room.shape[1]), "a stroke")] = 0
    return longest, width


def _walk(rng: Rng, length: float, tilt: float) -> NDArray[np.float64]:
    """Walk from nought in a soft curve, (n, 2) x and y."""
    steps = max(int(length / _STEP_PX), 2)
    heading = rng.normal(0, tilt) + np.cumsum(rng.normal(0, 0.12, steps)) + (np.pi if rng.random() < 0.5 else 0)
    moves = _STEP_PX * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(moves, axis=0)])


def _keep_inside(path: NDArray[np.float64], room: Room, width: float) -> NDArray[np.float64]:
    """The part of a path before it comes near the edge of the room."""
    columns, rows = np.round(path).astype(np.int64).T
    inside = (columns >= 0) & (columns < room.shape[1]) & (rows >= 0) & (rows < room.shape[0])
    inside[inside] = room[rows[inside], columns[inside]] > width / 2 + _MARGIN_PX - 1
    return path if inside.all() else path[: int(np.argmin(inside))]
