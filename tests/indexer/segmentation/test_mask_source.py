"""Folders as a command line names them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import LabelsError, SegmentationError
from facies.indexer.segmentation.mask_source import MaskSource
from facies.models.macerals import MACERALS

MAX_PIXELS = 1000


def _write(root: Path, ids: list[int], name: str = "a") -> MaskSource:
    for room, values in (("images", np.zeros((2, len(ids), 3), np.uint8)), ("masks", np.array([ids, ids], np.uint8))):
        (root / room).mkdir(exist_ok=True)
        Image.fromarray(values).save(root / room / f"{name}.png")
    return MaskSource(root / "images", root / "masks")


def test_masks_of_macerals_need_no_more_than_their_folder(tmp_path: Path) -> None:
    folder = _write(tmp_path, [0, 1, 3]).open(MAX_PIXELS)
    assert (folder.table, folder.background, folder.notes) == (MACERALS, 0, ())


def test_other_ids_need_a_background_and_are_told_of(tmp_path: Path) -> None:
    source = _write(tmp_path, [1, 2, 5])
    with pytest.raises(SegmentationError, match="--background ID"):
        source.open(MAX_PIXELS)
    folder = MaskSource(source.images, source.masks, background="2").open(MAX_PIXELS)
    assert folder.table.ids.tolist() == [1, 2, 5]
    assert folder.background == 1
    assert "called by their ids" in folder.notes[0]


def test_a_table_of_classes_counts_before_what_masks_hold(tmp_path: Path) -> None:
    source = _write(tmp_path, [1, 2])
    (tmp_path / "classes.csv").write_text("id,name\n1,resin\n2,vitrinite\n9,pyrite\n")
    folder = MaskSource(source.images, source.masks, classes=tmp_path / "classes.csv").open(MAX_PIXELS)
    assert folder.table.names == ("resin", "vitrinite", "pyrite")
    assert folder.background == 0
    assert folder.notes == ()


def test_a_damaged_mask_is_told_of_beside_everything_else(tmp_path: Path) -> None:
    source = _write(tmp_path, [0, 1])
    _write(tmp_path, [0, 1], "b")
    (tmp_path / "masks" / "a.png").write_bytes(b"no png")
    (tmp_path / "masks" / "b.png").unlink()
    with pytest.raises(LabelsError, match=r"(?s)b\.png has no mask.*a\.png"):
        source.open(MAX_PIXELS)


def test_a_list_of_layers_is_read_with_the_table(tmp_path: Path) -> None:
    source = _write(tmp_path, [0, 255])
    (tmp_path / "layers.csv").write_text("file,class\na.png,fusinite\n")
    folder = MaskSource(source.images, source.masks, layers=tmp_path / "layers.csv").open(MAX_PIXELS)
    assert folder.read_mask(0, (2, 2)).indices.tolist() == [[0, 1], [0, 1]]
