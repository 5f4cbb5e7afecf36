"""Dense masks in every form in which they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from facies.core.errors import LabelsError, MaskError, MaskSizeError, UnknownClassError
from facies.core.segmentation import ClassTable, SegmentationClass
from facies.indexer.segmentation.maceral_masks import COVERED, MaskFile, read_dense_mask
from facies.models.macerals import MACERALS

MASK = np.array([[0, 1, 2, 3], [3, 2, 1, 0], [0, 0, 3, 3]], np.uint8)


def _save(path: Path, array: NDArray[Any], **how: Any) -> Path:
    if path.suffix == ".npy":
        np.save(path, array)
    else:
        Image.fromarray(array).save(path, **how)
    return path


def _indexed(path: Path, ids: NDArray[np.uint8]) -> Path:
    image = Image.fromarray(ids)
    image.putpalette(np.random.default_rng(1).integers(0, 256, 768, dtype=np.uint8).tobytes())
    image.save(path)
    return path


def _read(path: Path, table: ClassTable = MACERALS, shape: tuple[int, int] = (3, 4)) -> NDArray[np.uint8]:
    return read_dense_mask([MaskFile(path)], table, shape).indices


def _colours(ids: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return MACERALS.palette()[ids]


def test_every_form_of_one_mask_is_the_same_mask(tmp_path: Path) -> None:
    paths = [
        _save(tmp_path / "grey.png", MASK),
        _indexed(tmp_path / "indexed.png", MASK),
        _save(tmp_path / "colour.png", _colours(MASK)),
        _save(tmp_path / "a_gt.npy", MASK),
        _save(tmp_path / "wide.npy", MASK.astype(np.int64)),
    ]
    for path in paths:
        indices = _read(path)
        assert indices.dtype == np.uint8
        np.testing.assert_array_equal(indices, MASK, err_msg=path.name)


def test_ids_become_the_indices_of_the_table(tmp_path: Path) -> None:
    table = ClassTable(tuple(SegmentationClass(number, f"c{number}", (number, 0, 0)) for number in (91, 0, 7)))
    path = _save(tmp_path / "m.png", np.array([[7, 91, 0]], np.uint8))
    np.testing.assert_array_equal(_read(path, table, (1, 3)), [[2, 0, 1]])


def test_an_id_that_the_table_lacks_is_refused_by_name(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.png", np.where(MASK == 3, 9, MASK).astype(np.uint8))
    with pytest.raises(UnknownClassError, match=r"m.png has 9.*3 \(liptinite\)"):
        _read(path)


def test_a_smoothed_mask_without_a_list_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.png", np.linspace(0, 255, 12).astype(np.uint8).reshape(3, 4))
    with pytest.raises(UnknownClassError):
        _read(path)


def test_a_colour_that_the_table_lacks_is_refused(tmp_path: Path) -> None:
    colours = _colours(MASK)
    colours[0, 0] = (1, 2, 3)
    with pytest.raises(LabelsError, match="#010203"):
        _read(_save(tmp_path / "m.png", colours))


@pytest.mark.parametrize("name", ["m.png", "m.npy"])
def test_another_size_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MaskSizeError, match="4 x 3 pixels, the image has 3 x 4"):
        _read(_save(tmp_path / name, MASK), shape=(4, 3))


def test_a_mask_as_jpeg_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="JPEG"):
        _read(_save(tmp_path / "m.jpg", MASK))


@settings(deadline=None)
@given(arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 255)))
def test_layers_give_each_pixel_the_class_of_the_highest_value_that_covers_it(
    tmp_path_factory: pytest.TempPathFactory, values: NDArray[np.uint8]
) -> None:
    values[:, 0, 0] = 200  # a layer whose highest value is 1 is one of zeros and ones, see below
    folder = tmp_path_factory.mktemp("layers")
    files = [MaskFile(_save(folder / f"{at}.npy", values[at]), at + 1) for at in range(3)]
    mask = read_dense_mask(files, MACERALS, (4, 5))
    highest = values.max(axis=0)
    expected = np.where(highest >= COVERED, values.argmax(axis=0) + 1, 0)
    np.testing.assert_array_equal(mask.indices, expected)
    shared = np.count_nonzero((values >= COVERED).sum(axis=0) > 1)
    assert mask.notes[0].startswith(f"{shared:,} pixels are covered by several")


@pytest.mark.parametrize("suffix", [".png", ".npy", ".jpg"])
def test_a_smoothed_layer_is_cut_in_the_middle_of_its_edge(tmp_path: Path, suffix: str) -> None:
    layer = np.repeat(np.repeat(np.array([[0, 255], [255, 0]], np.uint8), 16, axis=0), 16, axis=1)
    path = _save(tmp_path / f"a{suffix}", layer, **({"quality": 95} if suffix == ".jpg" else {}))
    mask = read_dense_mask([MaskFile(path, 2)], MACERALS, layer.shape)
    np.testing.assert_array_equal(mask.indices, np.where(layer > 0, 2, 0))
    assert mask.notes == ()


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int32])
def test_a_layer_of_zeros_and_ones_covers_where_it_is_one(tmp_path: Path, dtype: type[Any]) -> None:
    layer = np.array([[0, 1], [1, 0]], dtype)
    mask = read_dense_mask([MaskFile(_save(tmp_path / "a.npy", layer), 3)], MACERALS, (2, 2))
    np.testing.assert_array_equal(mask.indices, [[0, 3], [3, 0]])


def test_of_equal_values_the_first_layer_of_the_list_has_the_pixel(tmp_path: Path) -> None:
    full = np.full((2, 2), 255, np.uint8)
    files = [MaskFile(_save(tmp_path / "b.png", full), 3), MaskFile(_save(tmp_path / "a.png", full), 1)]
    assert (read_dense_mask(files, MACERALS, (2, 2)).indices == 3).all()


def test_a_layer_in_colours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="in colours"):
        read_dense_mask([MaskFile(_save(tmp_path / "a.png", _colours(MASK)), 1)], MACERALS, (3, 4))


def test_a_layer_of_too_high_numbers_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.npy", np.full((3, 4), 300))
    with pytest.raises(MaskError, match="up to 300"):
        read_dense_mask([MaskFile(path, 1)], MACERALS, (3, 4))


def test_a_layer_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskSizeError):
        read_dense_mask([MaskFile(_save(tmp_path / "a.png", MASK * 80), 1)], MACERALS, (4, 4))


@pytest.mark.parametrize("indices", [(), (None, None), (None, 1)])
def test_files_that_make_no_mask_are_refused(tmp_path: Path, indices: tuple[int | None, ...]) -> None:
    path = _save(tmp_path / "a.png", MASK)
    with pytest.raises(MaskError, match="one mask of all classes"):
        read_dense_mask([MaskFile(path, index) for index in indices], MACERALS, (3, 4))


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(MaskError):
        _read(tmp_path / "a.npy", shape=(1, 1))
