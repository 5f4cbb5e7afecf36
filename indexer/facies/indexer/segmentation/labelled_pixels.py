"""Labelled pixels: what strokes, label images and points all become, and what classifiers are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import NoLabelsError, TooFewClassesError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.connected import join, touching_pairs

UNLABELLED = 255
"""The value of label images that says nothing about a pixel, unless the caller names another."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPixels:
    """The labelled pixels of one image, each once, sorted by row and column.

    Attributes:
        rows: (n,) int32, from the top.
        columns: (n,) int32, from the left.
        classes: (n,) int32, index in the table.
        strokes: (n,) int32, number of the stroke that a pixel was labelled with, as the file has or counts it.
        table: the classes.
        shape: height and width of the image in pixels.
        notes: what a person should know about how the file was read.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    classes: NDArray[np.int32]
    strokes: NDArray[np.int32]
    table: ClassTable
    shape: tuple[int, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def present(self) -> NDArray[np.int64]:
        """The indices of the classes that have at least one pixel."""
        return np.unique(self.classes).astype(np.int64)

    def groups(self) -> NDArray[np.int32]:
        """Number the groups of strokes that are not independent: those of one class that touch are one group.

        Returns:
            (n,) numbers from 0. Cross-validation holds out groups, never parts of them.
        """
        _, stroke = np.unique(self.strokes, return_inverse=True)
        first, second = touching_pairs(self.rows, self.columns)
        same = self.classes[first] == self.classes[second]
        group_of_stroke = join(stroke[first[same]], stroke[second[same]], int(stroke.max(initial=-1)) + 1)
        return group_of_stroke[stroke]

    def image(self, unlabelled: int = UNLABELLED) -> NDArray[np.uint8]:
        """Paint the ids into a label image (height, width); all other pixels are `unlabelled`."""
        painted = np.full(self.shape, unlabelled, np.uint8)
        painted[self.rows, self.columns] = self.table.ids_of(self.classes)
        return painted


def collect_pixels(
    places: NDArray[np.int64],
    classes: NDArray[np.int32],
    strokes: NDArray[np.int32],
    table: ClassTable,
    shape: tuple[int, int],
    *,
    where: str,
) -> LabelledPixels:
    """Make labelled pixels of claims, several of which may be about one pixel.

    A pixel that is claimed for two classes is left unlabelled and counted in a note: which of them is meant does not
    follow from the file, and strokes that cross at a boundary are drawn in good faith. Of claims for one class the
    first stroke has the pixel.

    Args:
        places: (m,), row * width + column of each claim.
        classes: (m,), index of the class that is claimed.
        strokes: (m,), number of the stroke.
        table: the classes.
        shape: height and width of the image.
        where: what the file is called.

    Raises:
        NoLabelsError: nothing is claimed, or every pixel for two classes.
    """
    order = np.lexsort((strokes, places))
    places, classes, strokes = places[order], classes[order], strokes[order]
    place, start = np.unique(places, return_index=True)
    if not len(place):
        raise NoLabelsError(where, "it holds no strokes")
    agreed = np.minimum.reduceat(classes, start) == np.maximum.reduceat(classes, start)
    notes = []
    if not agreed.all():
        torn = np.isin(places, place[~agreed])
        names = ", ".join(map(str, np.unique(strokes[torn])[:10]))
        notes.append(
            f"{np.count_nonzero(~agreed):,} pixels of {where} are under strokes of different classes (strokes {names}) "
            "and were left unlabelled"
        )
        if not agreed.any():
            raise NoLabelsError(where, "every pixel is under strokes of different classes")
    rows, columns = np.divmod(place[agreed], shape[1])
    kept = start[agreed]
    return LabelledPixels(
        rows.astype(np.int32), columns.astype(np.int32), classes[kept], strokes[kept], table, shape, tuple(notes)
    )


def check_trainable(several: Sequence[LabelledPixels], where: str = "the labels") -> None:
    """Refuse labels, of one image or of many, that tell nothing apart.

    Raises:
        TooFewClassesError: they have fewer than two classes.
    """
    present = sorted({int(index) for labels in several for index in labels.present})
    if len(present) < 2:
        raise TooFewClassesError(where, [several[0].table.names[index] for index in present])
