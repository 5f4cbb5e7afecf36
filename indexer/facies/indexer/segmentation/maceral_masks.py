"""Dense masks of macerals in the forms in which they are handed on, as class indices.

Two forms: *one mask*, whose values are the ids of a class table or whose colours are those of the table; and *layers*,
one file for each class with values from 0 to 255, often smoothed at the edges, whose class stands in a list of files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import MaskError, MaskSizeError
from facies.core.images import decode_image
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.label_image import read_label_ids
from facies.indexer.segmentation.mask_file import MAX_PIXELS, read_bounded, read_mask

COVERED = 128
"""From this value on a layer covers a pixel: the middle of the edge that smoothing has drawn out."""


@dataclass(frozen=True, slots=True)
class MaskFile:
    """One file of a mask.

    Attributes:
        path: of the file.
        class_index: of the class that it is a layer of; None where it holds all classes.
    """

    path: Path
    class_index: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DenseMask:
    """The class of every pixel.

    Attributes:
        indices: (height, width) uint8, class indices.
        notes: what a person should know about how the files were read.
    """

    indices: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def read_dense_mask(
    files: Sequence[MaskFile], table: ClassTable, shape: tuple[int, int], *, background: int = 0
) -> DenseMask:
    """Read the mask of one image.

    Args:
        files: one file that holds all classes, or layers.
        table: the classes.
        shape: height and width of the image.
        background: index of the class of pixels that no layer covers.

    Raises:
        MaskError: a file holds no mask.
        MaskSizeError: a file has another size than the image.
        LabelsError: a file is in colours that the table lacks.
        UnknownClassError: a file has ids that the table lacks.
        ImageError: a file is damaged or too large.
    """
    if len(files) == 1 and files[0].class_index is None:
        return DenseMask(_read_whole(files[0].path, table, shape))
    layers = [(one.path, one.class_index) for one in files if one.class_index is not None]
    if not layers or len(layers) < len(files):
        names = ", ".join(one.path.name for one in files) or "no file"
        raise MaskError(names, "an image has one mask of all classes, or layers that each have a class")
    return _read_layers(layers, shape, background)


def _read_whole(path: Path, table: ClassTable, shape: tuple[int, int]) -> NDArray[np.uint8]:
    if path.suffix.lower() == ".npy":
        ids: NDArray[np.integer] = read_mask(path)
    else:
        ids = read_label_ids(read_bounded(path), path.name, table=table)
    _check_size(path, ids, shape)
    return table.index_of(ids, path.name).astype(np.uint8)


def _read_layers(layers: Sequence[tuple[Path, int]], shape: tuple[int, int], background: int) -> DenseMask:
    indices = np.full(shape, background, np.uint8)
    strongest = np.full(shape, COVERED - 1, np.uint8)
    times = np.zeros(shape, np.uint8)
    for path, index in layers:
        values = _read_layer(path)
        _check_size(path, values, shape)
        times += (values >= COVERED) & (times < 2)
        # Of equal values the first layer keeps the pixel, so the order of the list decides and not that of the disk.
        wins = values > strongest
        indices[wins] = index
        strongest[wins] = values[wins]
    shared = int(np.count_nonzero(times > 1))
    if not shared:
        return DenseMask(indices)
    names = ", ".join(path.name for path, _ in layers)
    note = f"{shared:,} pixels are covered by several of {names}; each has the class of the highest value there"
    return DenseMask(indices, (note,))


def _read_layer(path: Path) -> NDArray[np.uint8]:
    if path.suffix.lower() == ".npy":
        numbers = read_mask(path)
        if numbers.max(initial=0) > 255:
            raise MaskError(path.name, f"a layer has values from 0 to 255, and it goes up to {numbers.max()}")
        values = numbers.astype(np.uint8)
    else:
        pixels = decode_image(read_bounded(path), path.name, max_pixels=MAX_PIXELS).pixels
        # JPEG files of grey masks come back with channels that differ by a rounding.
        if int(np.ptp(pixels, axis=2).max(initial=0)) > 2:
            raise MaskError(path.name, "a layer of one class is black and white, and it is in colours")
        values = pixels[..., 1]
    return values * np.uint8(255) if values.max(initial=0) == 1 else values


def _check_size(path: Path, pixels: NDArray[np.integer], shape: tuple[int, int]) -> None:
    if pixels.shape[:2] != shape:
        raise MaskSizeError(path.name, (pixels.shape[0], pixels.shape[1]), "the image", shape)
