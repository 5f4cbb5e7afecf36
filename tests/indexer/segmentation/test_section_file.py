"""What is kept of a finished section."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facies.indexer.segmentation.fractions import RowCounts
from facies.indexer.segmentation.section_file import NAME, DoneSection, load_section, save_section

RNG = np.random.default_rng(2)
DONE = DoneSection(
    rows=RowCounts(RNG.integers(0, 9, (7, 3)), 30, RNG.random(7)),
    image=RNG.integers(0, 256, (5, 4, 3), dtype=np.uint8),
    classes=RNG.integers(0, 3, (5, 4), dtype=np.uint8),
    about={"image": "Bohrkern 7 \u2013 oben.png", "rock_share": 0.5, "files": ["mask.png"]},
)


def test_a_section_comes_back_as_it_was(tmp_path: Path) -> None:
    save_section(tmp_path, DONE, "f")
    back = load_section(tmp_path, "f")
    assert back is not None
    assert np.array_equal(back.rows.counts, DONE.rows.counts)
    assert np.array_equal(back.rows.uncertainty, DONE.rows.uncertainty)
    assert back.rows.width == DONE.rows.width
    assert np.array_equal(back.image, DONE.image)
    assert np.array_equal(back.classes, DONE.classes)
    assert back.about == DONE.about


def test_a_section_of_another_order_is_none(tmp_path: Path) -> None:
    save_section(tmp_path, DONE, "f")
    assert load_section(tmp_path, "g") is None
    assert load_section(tmp_path / "elsewhere", "f") is None


def test_a_file_that_was_cut_off_or_damaged_anywhere_is_none(tmp_path: Path) -> None:
    save_section(tmp_path, DONE, "f")
    whole = (tmp_path / NAME).read_bytes()
    for size in range(0, len(whole), 97):
        (tmp_path / NAME).write_bytes(whole[:size])
        assert load_section(tmp_path, "f") is None
    middle = whole.index(b"NUMPY") + 200  # in the values of the first array
    (tmp_path / NAME).write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert load_section(tmp_path, "f") is None
