"""One section: its pictures and its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.mask_file import read_mask
from facies.indexer.segmentation.pictures import Picture, read_picture
from facies.indexer.segmentation.section_run import name_section, overlay_name
from facies.models.segmentation.model_file import load_model
from facies.models.segmentation.segmentation_model import SegmentationModel


@pytest.fixture
def picture(core_folder: Path, bench: Bench) -> Picture:
    return read_picture(core_folder / "image.png", bench.limits)


@pytest.fixture
def model(core_model: Path) -> SegmentationModel:
    return load_model(core_model)


def test_pictures_and_counts_tell_the_same(
    bench: Bench, model: SegmentationModel, picture: Picture, tmp_path: Path
) -> None:
    named = name_section(bench, model, picture, finds_rock=False, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(named.files)
    ids = read_mask(tmp_path / "mask.png")
    assert np.array_equal(ids, model.classes.ids_of(named.classes))
    counted = np.stack([(named.classes == index).sum(axis=1) for index in range(3)], axis=1)
    assert np.array_equal(named.rows.counts, counted)
    assert (read_mask(tmp_path / "rock.png") == 1).all()
    grey = read_mask(tmp_path / "uncertainty.png") / 255
    np.testing.assert_allclose(grey.mean(axis=1), named.rows.uncertainty, atol=1 / 255)
    with Image.open(tmp_path / "overlay.jpg") as overlay:
        assert overlay.size == (picture.shape[1], picture.shape[0])


def test_what_is_no_rock_is_in_the_mask_and_not_in_the_counts(
    bench: Bench, model: SegmentationModel, picture: Picture, tmp_path: Path
) -> None:
    named = name_section(bench, model, picture, finds_rock=False, not_rock=(1,), folder=tmp_path)
    assert not named.rows.counts[:, 1].any()
    assert (named.classes == 1).any()
    assert named.rows.counts.sum() == (named.classes != 1).sum()


def test_the_tray_is_found_and_left_out_of_the_counts(
    bench: Bench, model: SegmentationModel, picture: Picture, tmp_path: Path
) -> None:
    laid = np.full((picture.shape[0], picture.shape[1] + 32, 3), (40, 70, 160), np.uint8)
    laid[:, 16:-16] = picture.pixels
    named = name_section(bench, model, Picture("laid.png", "1" * 64, laid), folder=tmp_path)
    share = picture.shape[1] / laid.shape[1]
    assert named.rows.rock_share.mean() == pytest.approx(share, abs=0.05)


def test_nothing_is_written_of_a_section_that_is_broken_off(
    bench: Bench, model: SegmentationModel, picture: Picture, tmp_path: Path
) -> None:
    def stop(_rows: int, _height: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        name_section(bench, model, picture, folder=tmp_path, on_rows=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_too_tall_for_jpeg_has_its_overlay_as_png() -> None:
    tall = Picture("tall.png", "0" * 64, np.zeros((65_501, 1, 3), np.uint8))
    assert overlay_name(tall) == "overlay.png"
