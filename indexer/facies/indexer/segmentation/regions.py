"""Regions of a mask: connected pixels of one class, with their size, place and shape.

Pixels are connected through their edges, not through their corners, for every class alike: so two regions that cross
at a corner are two of each class, and what is counted does not depend on which class is looked at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facies.core.decoders.pixels import row_blocks
from facies.core.errors import SegmentationError
from facies.indexer.segmentation.views import ProbabilityImage

ClassImage: TypeAlias = NDArray[np.integer]
"""Shape (height, width): the index of each pixel's class in the class table, from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The connected components of all classes of a mask.

    Attributes:
        numbers: shape (height, width), int32: the component of each pixel, from 0; numbers run over all classes, in
            the order of the classes, and within a class in the order of the rows.
        classes: shape (n,), int64: the class index of each component.
        areas_px: shape (n,), int64.
    """

    numbers: NDArray[np.int32]
    classes: NDArray[np.int64]
    areas_px: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """One connected region of a class.

    Attributes:
        number: from 1, in the order of `Components`.
        class_index: in the class table.
        area_px: pixels.
        row: of the centroid; the centre of the first pixel is at 0.
        column: of the centroid.
        top: first row.
        left: first column.
        bottom: the row after the last one.
        right: the column after the last one.
        diameter_px: of the disc of the same area.
        elongation: ratio of the axes of the ellipse with the same second moments, at least 1; a rectangle has the ratio
            of its sides.
        touches_edge: whether the frame of the image may have cut it, so that area and shape are lower bounds.
        mean_probability: of its class over its pixels, in [0, 1]; None where no probabilities were given.
    """

    number: int
    class_index: int
    area_px: int
    row: float
    column: float
    top: int
    left: int
    bottom: int
    right: int
    diameter_px: float
    elongation: float
    touches_edge: bool
    mean_probability: float | None = None


def find_components(mask: ClassImage) -> Components:
    """Number the connected components of every class of a mask.

    Args:
        mask: (height, width), class indices; memory grows by about 10 bytes a pixel.

    Raises:
        SegmentationError: the mask is empty or no image.
    """
    from scipy import ndimage

    if mask.ndim != 2 or not mask.size:
        raise SegmentationError(f"a mask of the shape {mask.shape} has no regions; expected a height and width")
    numbers = np.empty(mask.shape, dtype=np.int32)
    labels = np.empty(mask.shape, dtype=np.int32)
    classes: list[NDArray[np.int64]] = []
    start = 0
    for index in np.unique(mask).tolist():
        belongs = mask == index
        found = int(ndimage.label(belongs, output=labels))
        np.add(labels, start - 1, out=numbers, where=belongs)
        classes.append(np.full(found, index, dtype=np.int64))
        start += found
    areas = np.zeros(start, dtype=np.int64)
    for rows in row_blocks(*mask.shape):
        areas += np.bincount(numbers[rows].ravel(), minlength=start)
    return Components(numbers, np.concatenate(classes), areas)


def measure_regions(
    mask: ClassImage, *, background: int = 0, probabilities: ProbabilityImage | None = None
) -> list[Region]:
    """Measure every connected region of the foreground.

    Args:
        mask: (height, width), class indices.
        background: index of the class that is not measured.
        probabilities: (height, width, classes); gives each region the mean probability of its class.

    Returns:
        the regions in the order of `Components`, numbered from 1.

    Raises:
        SegmentationError: mask and probabilities differ in size, or the mask has a class that the probabilities lack.
    """
    components = find_components(mask)
    if probabilities is not None:
        _check_probabilities(mask, probabilities)
    count = len(components.classes)
    moments = _sum_moments(components.numbers, count)
    sums = None if probabilities is None else _sum_probabilities(components.numbers, mask, probabilities, count)
    boxes = _find_boxes(components.numbers)
    height, width = mask.shape
    regions: list[Region] = []
    for number in np.flatnonzero(components.classes != background).tolist():
        area = int(components.areas_px[number])
        row, column = (moments[:2, number] / area).tolist()
        rows, columns = boxes[number]
        regions.append(
            Region(
                number=len(regions) + 1,
                class_index=int(components.classes[number]),
                area_px=area,
                row=row + (height - 1) / 2,
                column=column + (width - 1) / 2,
                top=rows.start,
                left=columns.start,
                bottom=rows.stop,
                right=columns.stop,
                diameter_px=2 * (area / np.pi) ** 0.5,
                elongation=_elongation(moments[2:, number] / area, row, column),
                touches_edge=rows.start == 0 or columns.start == 0 or rows.stop == height or columns.stop == width,
                mean_probability=None if sums is None else float(sums[number] / area),
            )
        )
    return regions


def _check_probabilities(mask: ClassImage, probabilities: ProbabilityImage) -> None:
    if probabilities.ndim != 3 or probabilities.shape[:2] != mask.shape or probabilities.shape[2] <= mask.max():
        raise SegmentationError(
            f"probabilities of the shape {probabilities.shape} do not belong to a mask of the shape {mask.shape} with "
            f"class indices up to {mask.max()}; expected a distribution over all classes for each of its pixels"
        )


def _sum_moments(numbers: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Sums over the pixels of each component: row, column, row², column², row x column; from the image's middle."""
    height, width = numbers.shape
    sums = np.zeros((5, count))
    columns = np.arange(width) - (width - 1) / 2
    for rows in row_blocks(height, width):
        block = numbers[rows].ravel()
        down = np.repeat(np.arange(rows.start, rows.stop) - (height - 1) / 2, width)
        across = np.tile(columns, rows.stop - rows.start)
        for at, weights in enumerate((down, across, down**2, across**2, down * across)):
            sums[at] += np.bincount(block, weights=weights, minlength=count)
    return sums


def _sum_probabilities(
    numbers: NDArray[np.int32], mask: ClassImage, probabilities: ProbabilityImage, count: int
) -> NDArray[np.float64]:
    sums = np.zeros(count)
    for rows in row_blocks(*mask.shape):
        own = np.take_along_axis(probabilities[rows], mask[rows, :, None].astype(np.intp), axis=2)
        sums += np.bincount(numbers[rows].ravel(), weights=own.ravel(), minlength=count)
    return sums


def _find_boxes(numbers: NDArray[np.int32]) -> list[tuple[slice, slice]]:
    from scipy import ndimage

    boxes: list[tuple[slice, slice]] = ndimage.find_objects(numbers + 1)
    return boxes


def _elongation(squares: NDArray[np.float64], row: float, column: float) -> float:
    """From the mean row², column² and row x column of a region; each pixel is a square, so a twelfth is added."""
    down, across, both = squares.tolist()
    down, across, both = down - row**2 + 1 / 12, across - column**2 + 1 / 12, both - row * column
    middle, apart = (down + across) / 2, (((down - across) / 2) ** 2 + both**2) ** 0.5
    # A tenth of a twelfth is below what any pixel has: it keeps rounding in very large images from dividing by 0.
    return float(((middle + apart) / max(middle - apart, 1 / 120)) ** 0.5)
