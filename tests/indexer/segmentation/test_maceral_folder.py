"""Folders of images and masks, paired and checked before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from facies.core.errors import LabelsError, SourceError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.maceral_folder import MaceralFolder, open_maceral_folder
from facies.indexer.segmentation.maceral_list import ListedLayer

MAX_PIXELS = 10**7
SHAPE = (6, 5)


def _save(path: Path, array: NDArray[Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        Image.fromarray(array).save(path)


def _image(number: int = 0) -> NDArray[np.uint8]:
    return np.full((*SHAPE, 3), number, np.uint8)


def _mask(number: int) -> NDArray[np.uint8]:
    return np.full(SHAPE, number, np.uint8)


def _open(root: Path, **how: Any) -> MaceralFolder:
    return open_maceral_folder(root / "images", root / "masks", max_pixels=MAX_PIXELS, **how)


def test_images_and_masks_are_paired_by_name(tmp_path: Path) -> None:
    for number, mask in enumerate(("b.png", "a_gt.npy", "c_mask.png")):
        _save(tmp_path / "images" / f"{mask[0]}.png", _image(ord(mask[0])))
        _save(tmp_path / "masks" / mask, _mask(number + 1))
    folder = _open(tmp_path)
    assert [one.name for one in folder.images] == ["a", "b", "c"]
    for at, (name, index) in enumerate([("a", 2), ("b", 1), ("c", 3)]):
        assert (folder.read_image(at) == ord(name)).all()
        assert (folder.read_mask(at, SHAPE).indices == index).all()
    assert folder.notes == ()


def test_images_and_masks_may_lie_in_one_folder(tmp_path: Path) -> None:
    _save(tmp_path / "one.png", _image())
    _save(tmp_path / "one_gt.png", _mask(1))
    folder = open_maceral_folder(tmp_path, tmp_path, max_pixels=MAX_PIXELS)
    assert [one.name for one in folder.images] == ["one"]
    _save(tmp_path / "one_gt.png", _mask(200))
    folder = open_maceral_folder(tmp_path, tmp_path, layers=[ListedLayer("one_gt.png", 2)], max_pixels=MAX_PIXELS)
    assert (folder.read_mask(0, SHAPE).indices == 2).all()


def test_an_image_whose_own_name_ends_like_a_mask_keeps_it(tmp_path: Path) -> None:
    for name in ("a", "a_mask"):
        _save(tmp_path / "images" / f"{name}.png", _image())
        _save(tmp_path / "masks" / f"{name}.png", _mask(1))
    assert [one.name for one in _open(tmp_path).images] == ["a", "a_mask"]


def test_layers_go_to_the_image_that_the_list_names_or_whose_name_they_begin_with(tmp_path: Path) -> None:
    for name in ("s1", "s10"):
        _save(tmp_path / "images" / f"{name}.png", _image())
    covered = np.zeros(SHAPE, np.uint8)
    covered[:3] = 255
    _save(tmp_path / "masks" / "s10_a.png", covered)
    _save(tmp_path / "masks" / "s10-b.png", covered[::-1].copy())
    _save(tmp_path / "masks" / "other.npy", covered)
    layers = [ListedLayer("s10_a.png", 1), ListedLayer("s10-b.png", 3), ListedLayer("other.npy", 2, "s1.png")]
    folder = _open(tmp_path, layers=layers)
    np.testing.assert_array_equal(folder.read_mask(0, SHAPE).indices[:, 0], [2, 2, 2, 0, 0, 0])
    np.testing.assert_array_equal(folder.read_mask(1, SHAPE).indices[:, 0], [1, 1, 1, 3, 3, 3])


def test_what_a_person_should_know_about_the_masks_is_kept(tmp_path: Path) -> None:
    _save(tmp_path / "images" / "a.png", _image())
    for name in ("a_1.png", "a_2.png"):
        _save(tmp_path / "masks" / name, _mask(255))
    folder = _open(tmp_path, layers=[ListedLayer("a_1.png", 1), ListedLayer("a_2.png", 2)])
    assert folder.notes[0].startswith("a: 30 pixels are covered by several of a_1.png, a_2.png")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    for name in ("lonely.png", "small.png", "odd.png", "twice.png", "fine.png", "same.png", "same.bmp"):
        _save(tmp_path / "images" / name, _image())
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    for name, mask in {
        "small.png": _mask(1)[:-1],
        "odd.png": _mask(9),
        "twice.png": _mask(1),
        "twice_gt.npy": _mask(1),
        "fine.png": _mask(1),
        "same.png": _mask(1),
        "broken.png": _mask(1),
        "stray.png": _mask(1),
    }.items():
        _save(tmp_path / "masks" / name, mask)
    with pytest.raises(LabelsError) as caught:
        _open(tmp_path)
    message = caught.value.message
    for part in (
        "7 faults",
        "image lonely.png has no mask",
        "mask stray.png has no image",
        "small.png has 5 x 5 pixels, the image has 5 x 6",
        "odd.png has 9, which the table of classes lacks",
        "masks twice.png and twice_gt.npy belong to one image",
        "images same.bmp and same.png have the same name",
        "broken.png is not a readable image",
    ):
        assert part in message, part
    assert "fine" not in message


def test_a_list_and_a_folder_that_differ_are_refused(tmp_path: Path) -> None:
    _save(tmp_path / "images" / "a.png", _image())
    _save(tmp_path / "masks" / "a_1.png", _mask(255))
    _save(tmp_path / "masks" / "a_9.png", _mask(255))
    layers = [ListedLayer("a_1.png", 1), ListedLayer("gone.png", 2), ListedLayer("gone.png", 2, "zz")]
    with pytest.raises(LabelsError) as caught:
        _open(tmp_path, layers=layers)
    assert "mask gone.png is listed, but not in the folder" in caught.value.message
    assert "mask a_9.png is not in the list of files" in caught.value.message


def test_a_layer_without_an_image_is_refused(tmp_path: Path) -> None:
    _save(tmp_path / "images" / "a.png", _image())
    for name in ("a.png", "ab_1.png", "c.png"):
        _save(tmp_path / "masks" / name, _mask(255))
    layers = [ListedLayer("a.png", 1), ListedLayer("ab_1.png", 1), ListedLayer("c.png", 1, "zz")]
    with pytest.raises(LabelsError) as caught:
        _open(tmp_path, layers=layers)
    assert "mask ab_1.png has no image" in caught.value.message
    assert "mask c.png has no image zz" in caught.value.message


def test_a_folder_that_is_missing_or_has_no_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read as a folder"):
        _open(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(SourceError, match="has no images"):
        _open(tmp_path)


def test_an_image_that_goes_away_later_is_named(tmp_path: Path) -> None:
    _save(tmp_path / "images" / "a.png", _image())
    _save(tmp_path / "masks" / "a.png", _mask(1))
    folder = _open(tmp_path)
    (tmp_path / "images" / "a.png").unlink()
    with pytest.raises(SourceError, match=r"a\.png cannot be read"):
        folder.read_image(0)


def test_real_thin_sections_are_read_through_a_table_of_their_ids(test_data: Callable[[str], Path]) -> None:
    root = test_data("thin-sections")
    folder = _open(root, table=ClassTable.of_ids(range(1, 6)))
    assert len(folder.images) == 12
    pixels = folder.read_image(0)
    mask = folder.read_mask(0, (pixels.shape[0], pixels.shape[1]))
    assert set(np.unique(mask.indices)) <= set(range(5))
