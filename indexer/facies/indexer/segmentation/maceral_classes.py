"""Which classes masks of macerals have, and which of them is no maceral."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from facies.core.errors import SegmentationError
from facies.core.images import sniff_format
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.mask_file import MAX_PIXELS, open_label_png, read_bounded, read_mask
from facies.models.macerals import MACERALS, find_group

_BACKGROUND_ID = 0
_LAYER = 255
_MOST_IDS = 32
"""More ids than this, or 255 among them, are those of a layer of one class with smoothed edges, and no classes."""


def find_mask_classes(files: Iterable[Path]) -> tuple[ClassTable, str | None]:
    """Find the classes of masks of which each file holds all classes.

    Masks in colours, and ids that all are those of the groups of macerals, are macerals. Few other ids become classes
    that are called by their ids; many are those of layers, which the table of macerals then refuses by name.

    Returns:
        the table, and a sentence for a person where it is not that of macerals.

    Raises:
        MaskError, ImageError: a file cannot be read.
    """
    found: set[int] = set()
    for path in files:
        found |= _ids_of(path)
    if found <= set(MACERALS.ids.tolist()) or len(found) > _MOST_IDS or max(found) >= _LAYER:
        return MACERALS, None
    listed = ", ".join(map(str, sorted(found)))
    note = (
        f"the masks have the ids {listed}, which are not those of macerals ({_list(MACERALS)}), and no table of "
        "classes was given; the classes are called by their ids"
    )
    return ClassTable.of_ids(found), note


def find_background(table: ClassTable, wanted: int | str | None = None) -> int:
    """Find the class that is no maceral.

    Args:
        table: the classes.
        wanted: its id or name; None: the class that is called background, mineral or resin, else the one of id 0
            unless it is called like a maceral.

    Returns:
        its index.

    Raises:
        UnknownClassError: the wanted class is not in the table.
        SegmentationError: none was named, and none is to be recognised.
    """
    if wanted is not None:
        return table.resolve(wanted, "--background")
    named = [index for index, name in enumerate(table.names) if find_group(name) == "background"]
    if named:
        return named[0]
    index = table.find(_BACKGROUND_ID)
    if index is None or find_group(table.names[index]) is not None:
        raise SegmentationError(
            f"none of the classes {_list(table)} is known to be the background, which has no part in areas of macerals "
            "and their scores; say which one is with --background ID"
        )
    return index


def _ids_of(path: Path) -> set[int]:
    if path.suffix.lower() == ".npy":
        return {int(number) for number in np.unique(read_mask(path))}
    data = read_bounded(path)
    if sniff_format(data[:32]) != "PNG":
        return set()  # colours of another format; reading the mask says what is wrong
    pixels = open_label_png(data, path.name, MAX_PIXELS)
    return {int(number) for number in np.unique(pixels)} if pixels.ndim == 2 else set()


def _list(table: ClassTable) -> str:
    return ", ".join(f"{one.id} {one.name}" for one in table.classes)
