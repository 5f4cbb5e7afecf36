"""Crops of images with masks, as a network is trained on them: drawn at random, mirrored and turned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import FinetuningError, MaskSizeError
from facies.core.images import RgbImage

IGNORED = 255
"""Value of a mask that takes no part in training."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskedPixels:
    """One image with the class of each pixel.

    Attributes:
        name: for messages and provenance.
        image: (height, width, 3) uint8.
        indices: (height, width) uint8, class indices or `IGNORED`.

    Raises:
        MaskSizeError: the two differ in size.
    """

    name: str
    image: RgbImage
    indices: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse a mask of another size."""
        height, width = self.image.shape[:2]
        if self.indices.shape != (height, width):
            rows, columns = self.indices.shape
            raise MaskSizeError(f"the mask of {self.name}", (rows, columns), "the image", (height, width))


class CropSource:
    """Draws crops of a set of images.

    Half of the crops lie anywhere; the others around a pixel of a class that is drawn first, all classes alike, since a
    rare maceral would else hardly be seen.
    """

    def __init__(self, images: Sequence[MaskedPixels], tile_px: int, *, seed: int = 0) -> None:
        """Look which classes each image has.

        Args:
            images: at least one with a labelled pixel.
            tile_px: side of a crop; smaller images are continued by their mirror image, from which nothing is learnt.
            seed: of everything that is drawn.

        Raises:
            FinetuningError: nothing is labelled.
        """
        self._images = images
        self._tile = tile_px
        self._generator = np.random.default_rng(seed)
        self._holders: dict[int, list[int]] = {}
        for number, one in enumerate(images):
            for index in np.unique(one.indices).tolist():
                if index != IGNORED:
                    self._holders.setdefault(index, []).append(number)
        if not self._holders:
            raise FinetuningError(f"{len(images)} images without any labelled pixel; expected masks to learn from")

    @property
    def classes(self) -> tuple[int, ...]:
        """The class indices that the masks have, rising."""
        return tuple(sorted(self._holders))

    def draw(self, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Draw crops.

        Returns:
            images (count, tile, tile, 3) and indices (count, tile, tile), uint8.
        """
        pairs = [self._draw_one(around_class=at % 2 == 1) for at in range(count)]
        return np.stack([image for image, _ in pairs]), np.stack([indices for _, indices in pairs])

    def _draw_one(self, *, around_class: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        draw = self._generator.integers
        if around_class:
            index = self.classes[int(draw(len(self._holders)))]
            one = self._images[self._holders[index][int(draw(len(self._holders[index])))]]
            places = np.flatnonzero(one.indices == index)
            row, column = divmod(int(places[draw(len(places))]), one.indices.shape[1])
            corner = [int(at) - int(draw(self._tile)) for at in (row, column)]
        else:
            one = self._images[int(draw(len(self._images)))]
            corner = [int(draw(max(size - self._tile, 0) + 1)) for size in one.indices.shape]
        limits = [max(size - self._tile, 0) for size in one.indices.shape]
        top, left = (min(max(at, 0), limit) for at, limit in zip(corner, limits, strict=True))
        image = one.image[top : top + self._tile, left : left + self._tile]
        indices = one.indices[top : top + self._tile, left : left + self._tile]
        lacking = [(0, self._tile - size) for size in indices.shape]
        image = np.pad(image, [*lacking, (0, 0)], mode="symmetric")
        indices = np.pad(indices, lacking, constant_values=IGNORED)
        turns, mirrored = int(draw(4)), bool(draw(2))
        image, indices = np.rot90(image, turns), np.rot90(indices, turns)
        return (image[:, ::-1], indices[:, ::-1]) if mirrored else (image, indices)
