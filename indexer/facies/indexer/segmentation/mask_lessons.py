"""Pictures whose masks label every pixel, as lessons: some pixels of each class are drawn, the rest is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facies.indexer.segmentation.labelled_pixels import LabelledPixels
from facies.indexer.segmentation.maceral_masks import MaskFile, read_dense_mask
from facies.indexer.segmentation.mask_grain import mean_run_px
from facies.indexer.segmentation.mask_pixels import MaskPixels, sample_mask
from facies.indexer.segmentation.regions import find_components
from facies.models.hashes import hash_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.maceral_folder import MaceralFolder

PIXELS_PER_CLASS = 500
"""Of each class and image; docs/segmentation_macerals.md has what more of them bring."""


@dataclass(frozen=True, slots=True)
class MaskLesson:
    """A picture and its mask.

    Attributes:
        image: the picture.
        masks: the files of its mask.
        background: index of the class of pixels that no layer covers.
        pixels_per_class: to draw, at most.
        seed: of the drawing; each picture has one of its own.
    """

    image: Path
    masks: tuple[MaskFile, ...]
    background: int
    pixels_per_class: int = PIXELS_PER_CLASS
    seed: int = 0

    @property
    def labels(self) -> Path:
        """The file that messages name."""
        return self.masks[0].path

    def read(self, shape: tuple[int, int], table: ClassTable, *, unlabelled: int) -> LabelledPixels:
        """Draw pixels of the mask; a region of it is what a stroke is elsewhere, and is held out whole.

        What a person should know about the mask is among the notes of its folder, and not given again.

        Args:
            shape: height and width of the picture.
            table: the classes.
            unlabelled: of no meaning here, as every pixel has a class.

        Raises:
            FaciesError: as `facies.indexer.segmentation.maceral_masks.read_dense_mask`.
        """
        del unlabelled
        mask = read_dense_mask(self.masks, table, shape, background=self.background)
        drawn = sample_mask(mask.indices, self.pixels_per_class, seed=self.seed)
        regions = find_components(mask.indices).numbers[drawn.rows, drawn.columns]
        return LabelledPixels(drawn.rows, drawn.columns, drawn.classes, regions, table, shape)

    def hash_labels(self) -> tuple[str, ...]:
        """What tells its masks from those of another lesson."""
        return tuple(f"{one.class_index} {hash_file(one.path)}" for one in self.masks)

    def run_px(self, shape: tuple[int, int], table: ClassTable) -> float:
        """The mean run of a class in the mask, see `facies.indexer.segmentation.mask_grain`."""
        return mean_run_px(read_dense_mask(self.masks, table, shape, background=self.background).indices)


def lessons_of(folder: MaceralFolder, *, pixels_per_class: int, seed: int) -> tuple[MaskLesson, ...]:
    """Make a lesson of each picture of a folder."""
    return tuple(
        MaskLesson(one.path, one.masks, folder.background, pixels_per_class, seed + number)
        for number, one in enumerate(folder.images)
    )


def sample_where(indices: NDArray[np.uint8], is_allowed: NDArray[np.bool_], per_class: int, *, seed: int) -> MaskPixels:
    """Draw pixels of a mask as `sample_mask` does, from a part of it alone.

    Args:
        indices: (height, width), class indices.
        is_allowed: (height, width), which pixels may be drawn.
        per_class: at most so many of each class.
        seed: of the drawing.

    Raises:
        SegmentationError: the number is below 1.
    """
    drawn = sample_mask(np.where(is_allowed, indices.astype(np.int16), np.int16(-1)), per_class, seed=seed)
    is_class = drawn.classes >= 0
    return MaskPixels(drawn.rows[is_class], drawn.columns[is_class], drawn.classes[is_class])
