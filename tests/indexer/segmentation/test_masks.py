"""Masks as pictures, read back pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, MaskSizeError
from facies.core.segmentation.class_table import ClassTable, SegmentationClass
from facies.indexer.segmentation.masks import (
    MaskCanvas,
    to_grey,
    write_mask,
    write_overlay,
    write_rock,
    write_uncertainty,
)
from facies.indexer.segmentation.rock import all_rock

TABLE = ClassTable(
    (
        SegmentationClass(49, "sand", (250, 200, 10)),
        SegmentationClass(1, "Ton, grün", (20, 90, 30)),
        SegmentationClass(255, "tray", (0, 0, 0)),
    )
)
CLASSES = np.random.default_rng(1).integers(0, 3, (70, 41), dtype=np.uint8)


def test_a_mask_holds_ids_and_shows_the_colours_of_the_table(tmp_path: Path) -> None:
    write_mask(tmp_path / "mask.png", CLASSES, TABLE)
    with Image.open(tmp_path / "mask.png") as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), np.array([49, 1, 255])[CLASSES])
        colours = np.array([one.colour for one in TABLE.classes])
        np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), colours[CLASSES])
        assert picture.text["facies:class 1"] == "Ton, grün"  # type: ignore[attr-defined]  # of PNG files alone


def test_bands_in_any_order_make_the_canvas_of_the_whole(tmp_path: Path) -> None:
    uncertainty = np.random.default_rng(2).random(CLASSES.shape).astype(np.float32)
    canvas = MaskCanvas((70, 41))
    for top in (32, 0, 64, 16, 48):
        canvas.add(top, CLASSES[top : top + 16], uncertainty[top : top + 16])
    np.testing.assert_array_equal(canvas.classes, CLASSES)
    np.testing.assert_allclose(canvas.uncertainty / 255, uncertainty, atol=0.5 / 255 + 1e-6)
    write_uncertainty(tmp_path / "u.png", canvas.uncertainty)
    with Image.open(tmp_path / "u.png") as picture:
        assert picture.mode == "L"
        np.testing.assert_array_equal(np.asarray(picture), canvas.uncertainty)
        assert "255 is undecided" in picture.text["facies:uncertainty"]  # type: ignore[attr-defined]  # of PNG files


def test_uncertainty_outside_of_its_range_is_cut_off() -> None:
    assert to_grey(np.array([-0.1, 0.0, 0.5, 1.0, 1.1])).tolist() == [0, 0, 128, 255, 255]


def test_an_overlay_blends_photograph_and_colours(tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, (*CLASSES.shape, 3), dtype=np.uint8)
    colours = np.array([one.colour for one in TABLE.classes])[CLASSES]
    for opacity in (0.0, 0.25, 1.0):
        write_overlay(tmp_path / "o.png", image, CLASSES, TABLE, opacity=opacity)
        with Image.open(tmp_path / "o.png") as picture:
            expected = (1 - opacity) * image + opacity * colours
            np.testing.assert_allclose(np.asarray(picture), expected, atol=0.51)
    write_overlay(tmp_path / "o.jpg", image, CLASSES, TABLE)
    with Image.open(tmp_path / "o.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (41, 70))


def test_the_rock_is_white(tmp_path: Path) -> None:
    write_rock(tmp_path / "rock.png", all_rock(7, 5))
    with Image.open(tmp_path / "rock.png") as picture:
        assert picture.size == (5, 7)
        assert np.asarray(picture.convert("L")).min() == 255
        assert "all of the picture" in picture.text["facies:rock"]  # type: ignore[attr-defined]  # of PNG files alone


def test_an_overlay_of_unlike_sizes_or_opacity_is_refused(tmp_path: Path) -> None:
    image = np.zeros((70, 40, 3), dtype=np.uint8)
    with pytest.raises(MaskSizeError, match="41 x 70"):
        write_overlay(tmp_path / "o.png", image, CLASSES, TABLE)
    with pytest.raises(ConfigurationError, match="opacity"):
        write_overlay(tmp_path / "o.png", image, CLASSES[:, :40], TABLE, opacity=1.5)
    with pytest.raises(ConfigurationError, match="must end in"):
        write_overlay(tmp_path / "o.gif", image, CLASSES[:, :40], TABLE)
    with pytest.raises(ConfigurationError, match="JPEG takes"):
        write_overlay(tmp_path / "o.jpg", np.zeros((65_501, 1, 3), np.uint8), np.zeros((65_501, 1), np.uint8), TABLE)


@pytest.mark.parametrize("name", ["mask.jpg", "mask"])
def test_masks_are_png_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"must end in \.png"):
        write_mask(tmp_path / name, CLASSES, TABLE)
    assert list(tmp_path.iterdir()) == []
