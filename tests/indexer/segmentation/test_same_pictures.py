"""Copies of one picture."""

from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import NoLabelsError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.labelled_pixels import LabelledPixels, collect_pixels
from facies.indexer.segmentation.same_pictures import find_copies, hash_pixels, have_same_labels, merge_labels

TABLE = ClassTable.of_names(["shale", "sand"])
SHAPE = (10, 10)


def stroke(*strokes: tuple[int, range, int]) -> LabelledPixels:
    """Strokes along rows: row, columns, class."""
    places = [row * SHAPE[1] + column for row, columns, _ in strokes for column in columns]
    classes = [kind for _, columns, kind in strokes for _ in columns]
    numbers = [number for number, (_, columns, _) in enumerate(strokes) for _ in columns]
    arrays = np.array(places), np.array(classes, np.int32), np.array(numbers, np.int32)
    return collect_pixels(*arrays, TABLE, SHAPE, where="strokes.json")


def test_pictures_are_the_same_where_size_and_pixels_are() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert hash_pixels(pixels) == hash_pixels(np.asfortranarray(pixels))
    assert len({hash_pixels(one) for one in (pixels, pixels.reshape(4, 2, 3), pixels + 1)}) == 3
    assert find_copies([hash_pixels(one) for one in (pixels, pixels + 1, pixels)]) == [[0, 2]]


def test_labels_are_the_same_where_pixels_and_classes_are() -> None:
    first = stroke((1, range(5), 0))
    assert have_same_labels(first, stroke((1, range(3), 0), (1, range(3, 5), 0)))
    assert not have_same_labels(first, stroke((1, range(5), 1)))
    assert not have_same_labels(first, stroke((1, range(6), 0)))


def test_merged_labels_hold_each_pixel_once_and_strokes_that_share_one_are_a_group() -> None:
    first = stroke((1, range(5), 0), (8, range(5), 0))
    second = stroke((1, range(3, 8), 0), (5, range(5), 1))
    merged = merge_labels(first, second, where="a.json and b.json")
    places = list(zip(merged.rows.tolist(), merged.columns.tolist(), strict=True))
    assert len(places) == len(set(places)) == 8 + 5 + 5
    groups = merged.groups()
    assert len(set(groups.tolist())) == 3
    assert len(set(groups[merged.rows == 1].tolist())) == 1
    assert "a.json and b.json label the same picture" in merged.notes[-1]


def test_pixels_that_two_files_name_differently_are_left_out() -> None:
    first, second = stroke((1, range(5), 0)), stroke((1, range(3, 8), 1))
    merged = merge_labels(first, second, where="a.json and b.json")
    assert merged.columns.tolist() == [0, 1, 2, 5, 6, 7]
    assert merged.notes[-1].startswith("2 pixels have different classes")
    with pytest.raises(NoLabelsError):
        merge_labels(first, stroke((1, range(5), 1)), where="a.json and b.json")
