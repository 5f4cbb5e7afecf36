"""One picture that is given several times: its copies are known by their pixels, and are one picture to every score.

A score on pixels of a copy of what was learnt from is a score on what was learnt from. A picture that was cropped, or
saved anew with loss, has other pixels and is not known again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facies.indexer.segmentation.labelled_pixels import LabelledPixels, collect_pixels

if TYPE_CHECKING:
    from facies.core.images import RgbImage


def hash_pixels(pixels: RgbImage) -> str:
    """SHA-256 of a picture's size and pixels, the same for all files that show it: 64 hexadecimal digits."""
    found = hashlib.sha256(repr(pixels.shape).encode())
    found.update(np.ascontiguousarray(pixels).data)
    return found.hexdigest()


def find_copies(contents: Sequence[str]) -> list[list[int]]:
    """Find pictures that are there more than once.

    Args:
        contents: of each picture what `hash_pixels` says.

    Returns:
        the numbers of the pictures that show the same, two or more together.

    Example:
        >>> find_copies(["a", "b", "a", "c"])
        [[0, 2]]
    """
    members: dict[str, list[int]] = {}
    for number, content in enumerate(contents):
        members.setdefault(content, []).append(number)
    return [numbers for numbers in members.values() if len(numbers) > 1]


def have_same_labels(first: LabelledPixels, second: LabelledPixels) -> bool:
    """Whether the same pixels have the same classes."""
    pairs = ((first.rows, second.rows), (first.columns, second.columns), (first.classes, second.classes))
    return all(np.array_equal(one, other) for one, other in pairs)


def merge_labels(first: LabelledPixels, second: LabelledPixels, *, where: str) -> LabelledPixels:
    """Take two labellings of one picture together, as though all strokes stood in one file.

    Each pixel is there once, so none stands on both sides of a score, and strokes that touch are one group.

    Args:
        first: of the picture.
        second: of the same picture, by the same table.
        where: what the files are called.

    Raises:
        NoLabelsError: every pixel has two classes.
    """
    width = first.shape[1]
    both = (first, second)
    places = np.concatenate([one.rows.astype(np.int64) * width + one.columns for one in both])
    strokes = np.concatenate([first.strokes, second.strokes + int(first.strokes.max(initial=-1)) + 1])
    classes = np.concatenate([one.classes for one in both])
    merged = collect_pixels(places, classes, strokes, first.table, first.shape, where=where)
    torn = len(np.unique(places)) - len(merged)
    notes = [*first.notes, *second.notes, f"{where} label the same picture and were taken together"]
    if torn:
        notes.append(f"{torn:,} pixels have different classes in {where} and were left unlabelled")
    return replace(merged, notes=tuple(notes))
