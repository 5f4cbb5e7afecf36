"""A folder of images with a folder of masks as a person names them on a command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from facies.core.errors import ImageError, MaskError
from facies.core.segmentation import ClassTable
from facies.core.segmentation.class_files import read_class_table
from facies.indexer.segmentation.maceral_classes import find_background, find_mask_classes
from facies.indexer.segmentation.maceral_folder import MaceralFolder, list_masks, open_maceral_folder
from facies.indexer.segmentation.maceral_list import read_file_list
from facies.models.macerals import MACERALS


@dataclass(frozen=True, slots=True)
class MaskSource:
    """Where images and masks are, and how the masks are to be read.

    Attributes:
        images: folder of images.
        masks: folder of masks; may be the same.
        layers: list that says which class each mask file is a layer of; None: each file holds all classes.
        classes: file with the table of classes; None: macerals, or the ids that the masks hold.
        background: id or name of the class that is no maceral; None: see `find_background`.
    """

    images: Path
    masks: Path
    layers: Path | None = None
    classes: Path | None = None
    background: int | str | None = None

    def open(self, max_pixels: int) -> MaceralFolder:
        """Pair images with masks and look through all of them.

        Args:
            max_pixels: limit for each image.

        Raises:
            SourceError: a folder cannot be read, or has no images.
            LabelsError: images and masks do not fit each other; everything that is wrong is listed.
            ClassTableError, UnknownClassError, SegmentationError: the classes, or which of them is the background.
        """
        table, note = self._classes()
        folder = open_maceral_folder(
            self.images,
            self.masks,
            table=table,
            background=find_background(table, self.background),
            layers=None if self.layers is None else read_file_list(self.layers, table),
            max_pixels=max_pixels,
        )
        return folder if note is None else replace(folder, notes=(note, *folder.notes))

    def _classes(self) -> tuple[ClassTable, str | None]:
        if self.classes is not None:
            return read_class_table(self.classes), None
        if self.layers is not None:
            return MACERALS, None
        try:
            return find_mask_classes(list_masks(self.images, self.masks))
        except (MaskError, ImageError):
            # A damaged mask: opening the folder names it beside everything else that is wrong.
            return MACERALS, None
