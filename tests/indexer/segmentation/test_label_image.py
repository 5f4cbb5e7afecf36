import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import LabelsError, MaskError, MaskSizeError, NoLabelsError, UnknownClassError
from facies.core.segmentation import ClassTable, SegmentationClass
from facies.indexer.segmentation.label_image import label_image_pixels, read_label_ids

TABLE = ClassTable((SegmentationClass(4, "sand", (250, 200, 10)), SegmentationClass(9, "shale", (9, 9, 10))))
IDS = np.array([[255, 4, 4, 255], [255, 255, 255, 9], [4, 255, 9, 255]], np.uint8)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def test_pieces_of_a_class_are_strokes() -> None:
    labels = label_image_pixels(read_label_ids(png(IDS), "l.png"), (3, 4), TABLE, "l.png")
    assert list(zip(labels.rows, labels.columns, labels.classes, labels.strokes, strict=True)) == [
        (0, 1, 0, 0),
        (0, 2, 0, 0),
        (1, 3, 1, 1),
        (2, 0, 0, 2),
        (2, 2, 1, 1),
    ]
    assert np.array_equal(labels.image(), IDS)


def test_another_value_may_stand_for_unlabelled() -> None:
    ids = np.where(IDS == 255, 0, IDS).astype(np.uint8)
    labels = label_image_pixels(ids, (3, 4), TABLE, "l.png", unlabelled=0)
    assert np.array_equal(labels.image(0), ids)
    with pytest.raises(UnknownClassError, match=r"l\.png has 0, which"):
        label_image_pixels(ids, (3, 4), TABLE, "l.png")


def test_another_size_is_refused() -> None:
    with pytest.raises(MaskSizeError, match=r"l\.png has 4 x 3 pixels, the image has 8 x 6"):
        label_image_pixels(IDS, (6, 8), TABLE, "l.png")


def test_an_image_that_labels_nothing_is_refused() -> None:
    with pytest.raises(NoLabelsError, match="every value is 255"):
        label_image_pixels(np.full_like(IDS, 255), (3, 4), TABLE, "l.png")


def test_colours_are_read_through_the_table() -> None:
    colours = np.full((3, 4, 3), 255, np.uint8)
    colours[IDS == 4] = (250, 200, 10)
    colours[IDS == 9] = (9, 9, 10)
    assert np.array_equal(read_label_ids(png(colours), "l.png", table=TABLE), IDS)
    opaque = np.where(IDS == 255, 0, 255).astype(np.uint8)
    veiled = np.dstack([np.where(IDS[..., None] == 255, 77, colours), opaque]).astype(np.uint8)
    assert np.array_equal(read_label_ids(png(veiled), "l.png", table=TABLE), IDS)


def test_colours_without_a_table_or_of_no_class_are_refused() -> None:
    colours = np.full((3, 4, 3), 255, np.uint8)
    colours[0, 0] = (250, 201, 10)
    with pytest.raises(LabelsError, match="in colours, from which ids do not follow"):
        read_label_ids(png(colours), "l.png")
    with pytest.raises(LabelsError, match="1 colours that no class of the table has: #fac90a"):
        read_label_ids(png(colours), "l.png", table=TABLE)


def test_classes_of_one_colour_are_not_told_apart_by_colours() -> None:
    table = ClassTable((SegmentationClass(1, "a", (1, 1, 1)), SegmentationClass(2, "b", (1, 1, 1))))
    with pytest.raises(LabelsError, match="share a colour"):
        read_label_ids(png(np.zeros((2, 2, 3), np.uint8)), "l.png", table=table)


def test_a_photograph_is_no_label_image() -> None:
    buffer = io.BytesIO()
    Image.new("L", (4, 4)).save(buffer, "JPEG")
    with pytest.raises(MaskError, match="JPEG"):
        read_label_ids(buffer.getvalue(), "l.png")


def test_scribbles_of_another_tool_are_read_by_their_ids(test_data: Callable[[str], Path]) -> None:
    path = test_data("scribble-test") / "0000_scribbles_all_01500_w3.png"
    ids = read_label_ids(path.read_bytes(), path.name)
    labels = label_image_pixels(ids, (384, 512), ClassTable.of_ids([1, 49, 67, 91]), path.name, unlabelled=0)
    assert np.array_equal(labels.image(0), ids)
    assert labels.present.tolist() == [0, 1, 2, 3]
