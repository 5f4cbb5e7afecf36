from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ImageTooLargeError, MaskError, StorageError, UnreadableImageError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.mask_file import read_mask, write_ids

IDS = np.array([[0, 1, 49], [67, 91, 255]], np.uint8)


def test_a_mask_is_read_as_it_was_written_and_shows_the_colours_of_its_classes(tmp_path: Path) -> None:
    table = ClassTable.of_ids([0, 1, 49, 67, 91])
    write_ids(tmp_path / "m.png", IDS, table, unlabelled=255)
    assert np.array_equal(read_mask(tmp_path / "m.png"), IDS)
    with Image.open(tmp_path / "m.png") as image:
        shown = np.asarray(image.convert("RGB"))
    assert tuple(shown[0, 2]) == table.classes[2].colour
    assert shown[1, 2].tolist() == [255, 255, 255]


def test_a_palette_of_colours_that_differ_from_the_indices_changes_nothing(tmp_path: Path) -> None:
    image = Image.fromarray(IDS)
    image.putpalette(bytes(range(255, -1, -1)) * 3)
    image.save(tmp_path / "m.png")
    assert np.array_equal(read_mask(tmp_path / "m.png"), IDS)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_packed_values_are_ids_and_not_stretched(tmp_path: Path, bits: int) -> None:
    ids = (np.arange(40).reshape(5, 8) % 2**bits).astype(np.uint8)
    indexed = Image.fromarray(ids)
    indexed.putpalette(bytes(768))
    indexed.save(tmp_path / "p.png", bits=bits)
    assert np.array_equal(read_mask(tmp_path / "p.png"), ids)
    (tmp_path / "g.png").write_bytes(as_grey((tmp_path / "p.png").read_bytes()))
    assert np.array_equal(read_mask(tmp_path / "g.png"), ids)


def as_grey(png: bytes) -> bytes:
    """Say of an indexed PNG file that it is a greyscale one of the same values."""
    import struct
    import zlib

    head = png[12:25] + b"\0" + png[26:29]
    palette = png.index(b"PLTE") - 4
    data = png.index(b"IDAT") - 4
    return png[:12] + head + struct.pack(">I", zlib.crc32(head)) + png[33:palette] + png[data:]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.bool_])
def test_whole_numbers_of_any_kind_are_read_from_npy(tmp_path: Path, dtype: type[np.generic]) -> None:
    ids = np.array([[0, 1], [1, 0]]).astype(dtype)
    np.save(tmp_path / "m.npy", ids)
    assert np.array_equal(read_mask(tmp_path / "m.npy"), ids.astype(int))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((2, 2)), "float64"),
        (np.zeros((2, 2, 1), int), "shape"),
        (np.array([[-1, 0]]), "from -1 to 0"),
        (np.array([[2**40, 0]]), "ids are 0 or more"),
        (np.array([[{}, 1]], object), "object"),
    ],
)
def test_other_arrays_are_no_masks(tmp_path: Path, array: np.ndarray, said: str) -> None:
    np.save(tmp_path / "m.npy", array)
    with pytest.raises(MaskError, match=said):
        read_mask(tmp_path / "m.npy")


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY\x01\x00", b"not numbers"])
def test_damaged_npy_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.npy").write_bytes(data)
    with pytest.raises(MaskError, match=r"no \.npy file"):
        read_mask(tmp_path / "m.npy")


@pytest.mark.parametrize(
    ("mode", "suffix", "said"),
    [
        ("RGB", "png", "colours"),
        ("LA", "png", "LA"),
        ("I;16", "png", "16 bits"),
        ("L", "jpg", "JPEG, which changes ids"),
        ("L", "tif", "TIFF"),
    ],
)
def test_files_from_which_ids_do_not_follow_are_refused(tmp_path: Path, mode: str, suffix: str, said: str) -> None:
    Image.new(mode, (4, 4)).save(tmp_path / f"m.{suffix}")
    with pytest.raises(MaskError, match=said):
        read_mask(tmp_path / f"m.{suffix}")


def test_a_damaged_or_huge_png_is_refused(tmp_path: Path) -> None:
    write_ids(tmp_path / "m.png", np.tile(IDS, (50, 50)), ClassTable.of_ids([0]))
    with pytest.raises(ImageTooLargeError):
        read_mask(tmp_path / "m.png", max_pixels=100)
    data = (tmp_path / "m.png").read_bytes()
    (tmp_path / "m.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableImageError):
        read_mask(tmp_path / "m.png")


def test_a_file_that_is_not_there_or_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match=r"m\.png .*No such file"):
        read_mask(tmp_path / "m.png")
    with pytest.raises(StorageError):
        write_ids(tmp_path / "no" / "m.png", IDS, ClassTable.of_ids([0]))
