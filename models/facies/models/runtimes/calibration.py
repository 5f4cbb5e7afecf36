"""Images that a network is quantized on: drawn, so that everybody's int8 network is the same and sees nobody's data.

They are dead leaves: discs of all sizes that cover one another, whose edges, contrasts and spectra are statistically
those of natural images. Each image has its own palette, contrast, sizes and sharpness.

Source: Lee, Mumford & Huang (2001): Occlusion models for natural images. International Journal of Computer Vision 41.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.images import RgbImage

CALIBRATION = 1
"""Counts up when other images are drawn, or when they are used in another way."""
IMAGES = 96
_LEAVES = 600
_SEED = 0

_Draw: TypeAlias = "Callable[[int], NDArray[np.float64]]"
"""Gives so many numbers in [0, 1)."""


def draw_calibration_images(input_px: int, images: int = IMAGES) -> list[RgbImage]:
    """Draw the images, always the same ones; fewer are the first of them.

    Args:
        input_px: side of the square that the network sees; images are this large, or up to four times smaller, so that
            they are more or less sharp when they are resized to it.
        images: how many.

    Returns:
        squares (px, px, 3), uint8.
    """
    # The raw bits of a generator are the same in every version of numpy; what `Generator` makes of them is not.
    bits = np.random.PCG64(_SEED)

    def draw(number: int) -> NDArray[np.float64]:
        return (bits.random_raw(number) >> np.uint64(11)).astype(np.float64) * np.float64(2.0**-53)

    return [_draw_image(draw, max(round(input_px / (1 + 3 * draw(1)[0])), 8)) for _ in range(images)]


def _draw_image(draw: _Draw, px: int) -> RgbImage:
    ground, (greyness, contrast, coarseness, noise) = draw(3), draw(4)
    image = np.tile(_mute(ground, greyness), (px, px, 1))
    free = np.ones((px, px), dtype=bool)
    smallest = px / 64 * 12**coarseness
    for numbers in draw(_LEAVES * 9).reshape(_LEAVES, 9):  # the nearest first: a later one fills what is left free
        colour = _mute(ground + (0.1 + 0.9 * contrast) * (numbers[:3] - 0.5), greyness)
        _lay_leaf(image, free, colour, numbers[3:], smallest)
    image += 0.1 * noise * (draw(image.size).reshape(image.shape) - 0.5)
    return (255 * np.clip(image, 0, 1)).round().astype(np.uint8)


def _mute(colour: NDArray[np.float64], greyness: float) -> NDArray[np.float64]:
    muted: NDArray[np.float64] = greyness * colour.mean() + (1 - greyness) * colour
    return muted


def _lay_leaf(
    image: NDArray[np.float64],
    free: NDArray[np.bool_],
    colour: NDArray[np.float64],
    numbers: NDArray[np.float64],
    smallest: float,
) -> None:
    """Lay one striped disc under those that lie there; the density of radii falls with their third power."""
    px = len(image)
    size, down, across, direction, width, depth = numbers
    radius = 1 / np.sqrt(smallest**-2 - size * (smallest**-2 - (px / 2) ** -2))
    centre = np.array([down, across]) * (px + 2 * radius) - radius
    (top, left), (bottom, right) = np.maximum(centre - radius, 0).astype(int), (centre + radius).astype(int) + 2
    rows = np.arange(px, dtype=np.float64)[top:bottom, None] - centre[0]
    columns = np.arange(px, dtype=np.float64)[None, left:right] - centre[1]
    seen = (rows**2 + columns**2 <= radius**2) & free[top:bottom, left:right]
    if not seen.any():
        return
    angle = 2 * np.pi * direction
    stripes = np.sin((np.sin(angle) * rows + np.cos(angle) * columns) * 2 * np.pi / (2 + width * px / 8))
    image[top:bottom, left:right][seen] = (colour + 0.25 * depth * stripes[..., None])[seen]
    free[top:bottom, left:right] &= ~seen
