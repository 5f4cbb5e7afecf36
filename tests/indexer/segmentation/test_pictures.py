"""Photographs read whole."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ImageTooLargeError, UnreadableImageError
from facies.core.settings import Settings
from facies.indexer.limits import limits_of
from facies.indexer.segmentation.pictures import read_picture

LIMITS = limits_of(Settings())


def draw(path: Path, height: int = 20, width: int = 30) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def test_a_picture_has_the_pixels_and_the_hash_of_its_file(tmp_path: Path) -> None:
    pixels = draw(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png", LIMITS)
    assert np.array_equal(picture.pixels, pixels)
    assert picture.shape == (20, 30)
    assert picture.name == "a.png"
    assert picture.sha256 == hashlib.sha256((tmp_path / "a.png").read_bytes()).hexdigest()


def test_a_file_that_is_missing_cut_off_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"none\.png .*no such file\. Correct the path, or the list"):
        read_picture(tmp_path / "none.png", LIMITS)
    draw(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableImageError):
        read_picture(tmp_path / "cut.png", LIMITS)
    with pytest.raises(ImageTooLargeError):
        read_picture(tmp_path / "a.png", replace(LIMITS, max_pixels=100))


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
def test_what_a_file_leaves_transparent_is_told(tmp_path: Path, name: str) -> None:
    rgba = np.full((20, 30, 4), 255, np.uint8)
    rgba[:7, :, 3], rgba[7:9, :, 3] = 0, 100
    Image.fromarray(rgba).save(tmp_path / name)
    clear = read_picture(tmp_path / name, LIMITS).clear
    assert clear is not None
    assert clear.shape == (20, 30)
    assert clear[:7].all()
    assert not clear[7:].any()
    Image.fromarray(rgba[7:]).save(tmp_path / name)
    assert read_picture(tmp_path / name, LIMITS).clear is None


def test_what_is_transparent_is_turned_upright_with_the_picture(tmp_path: Path) -> None:
    rgba = np.full((20, 30, 4), 255, np.uint8)
    rgba[:7, :, 3] = 0
    turned = Image.Exif()
    turned[274] = 3
    Image.fromarray(rgba).save(tmp_path / "a.png", exif=turned)
    clear = read_picture(tmp_path / "a.png", LIMITS).clear
    assert clear is not None
    assert clear[13:].all()
    assert not clear[:13].any()
