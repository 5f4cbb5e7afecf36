"""Which classes masks have where nobody says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import SegmentationError, UnknownClassError
from facies.core.segmentation import ClassTable, SegmentationClass
from facies.indexer.segmentation.maceral_classes import find_background, find_mask_classes
from facies.models.macerals import MACERALS


def _save(path: Path, ids: list[int]) -> Path:
    values = np.array([ids], np.uint8)
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        Image.fromarray(values).save(path)
    return path


def test_ids_of_macerals_are_macerals(tmp_path: Path) -> None:
    files = [_save(tmp_path / "a.png", [0, 3]), _save(tmp_path / "b.npy", [2])]
    assert find_mask_classes(files) == (MACERALS, None)


def test_other_ids_over_all_files_become_classes_and_a_person_is_told(tmp_path: Path) -> None:
    table, note = find_mask_classes([_save(tmp_path / "a.png", [1, 5]), _save(tmp_path / "b.npy", [2])])
    assert table == ClassTable.of_ids([1, 2, 5])
    assert note is not None
    assert "1, 2, 5" in note


@pytest.mark.parametrize("ids", [[0, 255], list(range(0, 120, 3))])
def test_layers_of_one_class_are_not_taken_for_classes(tmp_path: Path, ids: list[int]) -> None:
    assert find_mask_classes([_save(tmp_path / "a.png", ids)])[0] == MACERALS


def test_masks_in_colours_are_macerals(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "a.png")
    assert find_mask_classes([tmp_path / "a.png"]) == (MACERALS, None)


def test_the_background_is_the_class_that_is_named() -> None:
    table = ClassTable.of_ids([1, 2, 5])
    assert find_background(table, 2) == find_background(table, "2") == find_background(table, "class 2") == 1
    with pytest.raises(UnknownClassError, match="--background"):
        find_background(table, 7)


def test_without_a_word_it_is_recognised_by_name_then_by_the_id_0() -> None:
    named = ClassTable((SegmentationClass(0, "vitrinite", (1, 1, 1)), SegmentationClass(4, "Resin", (2, 2, 2))))
    assert find_background(named) == 1
    assert find_background(MACERALS) == 0
    assert find_background(ClassTable.of_ids([3, 0])) == 0


@pytest.mark.parametrize("table", [ClassTable.of_ids([1, 2]), ClassTable.of_names(["vitrinite", "liptinite"])])
def test_a_table_without_background_asks_for_one(table: ClassTable) -> None:
    with pytest.raises(SegmentationError, match="--background ID"):
        find_background(table)
