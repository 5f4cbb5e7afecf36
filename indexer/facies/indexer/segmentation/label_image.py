"""Label images: a PNG of the image's size whose values are class ids where something is labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import LabelsError, MaskSizeError, NoLabelsError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.connected import connected_pixels
from facies.indexer.segmentation.labelled_pixels import UNLABELLED, LabelledPixels
from facies.indexer.segmentation.mask_file import MAX_PIXELS, open_label_png


def read_label_ids(
    data: bytes, where: str, *, unlabelled: int = UNLABELLED, table: ClassTable | None = None
) -> NDArray[np.uint8]:
    """Read a label image as ids.

    An indexed or greyscale PNG holds ids as its values. One in colours is read through the colours of a table:
    exactly these, transparent pixels and those of the grey value `unlabelled` being unlabelled.

    Returns:
        (height, width) uint8, `unlabelled` where nothing is labelled.

    Raises:
        MaskError: it is no PNG, or of a kind that holds no ids.
        ImageError: it is damaged or too large.
        LabelsError: it holds colours, and no table was given or the table lacks some.
    """
    pixels = open_label_png(data, where, MAX_PIXELS)
    if pixels.ndim == 2:
        return pixels
    if table is None:
        raise LabelsError(
            where,
            ["it is in colours, from which ids do not follow"],
            "Save it as an indexed or greyscale PNG whose values are ids, or give a table of classes with its colours.",
        )
    return _ids_of_colours(pixels, where, unlabelled, table)


def label_image_pixels(
    ids: NDArray[np.uint8], shape: tuple[int, int], table: ClassTable, where: str, *, unlabelled: int = UNLABELLED
) -> LabelledPixels:
    """Make labelled pixels of a label image; pixels of one class that touch, also at corners, are one stroke.

    Args:
        ids: (height, width) uint8.
        shape: height and width of the image that is labelled.
        table: the classes.
        where: what the label image is called.
        unlabelled: the value that says nothing.

    Raises:
        MaskSizeError: the label image is of another size than the image.
        NoLabelsError: all of it is unlabelled.
        UnknownClassError: it has values that the table lacks.
    """
    if ids.shape != shape:
        raise MaskSizeError(where, (ids.shape[0], ids.shape[1]), "the image", shape)
    rows, columns = np.nonzero(ids != unlabelled)
    if not len(rows):
        raise NoLabelsError(where, f"every value is {unlabelled}, which stands for unlabelled")
    classes = table.index_of(ids[rows, columns], where)
    at = rows.astype(np.int32), columns.astype(np.int32)
    return LabelledPixels(*at, classes, connected_pixels(*at, classes), table, shape)


def _ids_of_colours(pixels: NDArray[np.uint8], where: str, unlabelled: int, table: ClassTable) -> NDArray[np.uint8]:
    packed = pixels[..., :3].astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours = np.array([one.colour for one in table.classes], np.uint32) @ np.array([65536, 256, 1], np.uint32)
    if len(np.unique(colours)) < len(colours):
        raise LabelsError(where, ["classes of the table share a colour, so colours do not tell them apart"])
    ids = np.full(packed.shape, unlabelled, np.uint8)
    open_pixels = (pixels[..., 3] != 0) & (packed != unlabelled * 0x010101)
    found = np.zeros(packed.shape, np.bool_)
    for one, colour in zip(table.classes, colours, strict=True):
        here = (packed == colour) & (pixels[..., 3] != 0)
        ids[here] = one.id
        found |= here
    strange = np.unique(packed[open_pixels & ~found])
    if len(strange):
        shown = ", ".join(f"#{colour:06x}" for colour in strange[:5])
        raise LabelsError(
            where,
            [f"it has {len(strange):,} colours that no class of the table has: {shown}"],
            "Draw without smoothed edges, and save as PNG, not JPEG.",
        )
    return ids
