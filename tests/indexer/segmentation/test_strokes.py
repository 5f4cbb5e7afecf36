import json
from typing import Any

import numpy as np
import pytest

from facies.core.errors import ClassTableError, LabelsError, NoLabelsError, UnknownClassError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.strokes import MAX_STROKES, StrokeFile, draw_strokes, parse_strokes, write_strokes

TABLE = ClassTable.of_names(["sand", "shale"])
SHAPE = (30, 40)


def encode(*strokes: Any, **more: Any) -> bytes:
    return json.dumps({"image": "core.png", "strokes": list(strokes), **more}).encode()


def stroke(word: Any = "sand", points: Any = ((3, 4), (20, 4)), width: Any = 3, **more: Any) -> dict[str, Any]:
    return {"class": word, "width": width, "points": points, **more}


def test_strokes_become_sorted_pixels_with_their_class_and_stroke() -> None:
    file = parse_strokes(encode(stroke("shale", [[5, 20]], 1), stroke(0, [[3, 4], [6, 4]], 1, id=12)), "s.json")
    labels = draw_strokes(file, SHAPE, TABLE, "s.json")
    assert list(zip(labels.rows, labels.columns, labels.classes, labels.strokes, strict=True)) == [
        (4, 3, 0, 12),
        (4, 4, 0, 12),
        (4, 5, 0, 12),
        (4, 6, 0, 12),
        (20, 5, 1, 0),
    ]
    assert labels.shape == SHAPE
    assert labels.notes == ()
    assert {array.dtype for array in (labels.rows, labels.columns, labels.classes, labels.strokes)} == {
        np.dtype(np.int32)
    }


def test_what_was_written_is_read_again() -> None:
    points = np.array([[1.25, 2.5], [30, 7]])
    file = parse_strokes(encode(stroke("Grün", points.tolist(), 2.5, id=7), stroke(4), classes=[{"id": 4}]), "s.json")
    again = parse_strokes(write_strokes(file).encode(), "s.json")
    assert (again.image, again.table) == ("core.png", ClassTable.of_ids([4]))
    assert [(one.id, one.word, one.width) for one in again.strokes] == [(7, "Grün", 2.5), (1, 4, 3.0)]
    assert np.array_equal(again.strokes[0].points, points)


def test_pixels_under_two_classes_are_left_unlabelled_and_counted() -> None:
    crossing = encode(stroke("sand", [[3, 4], [20, 4]], 1), stroke("shale", [[10, 0], [10, 10]], 1))
    labels = draw_strokes(parse_strokes(crossing, "s.json"), SHAPE, TABLE, "s.json")
    assert not ((labels.rows == 4) & (labels.columns == 10)).any()
    assert len(labels) == 17 + 10
    assert labels.notes == (
        "1 pixels of s.json are under strokes of different classes (strokes 0, 1) and were left unlabelled",
    )


def test_the_order_of_strokes_changes_no_class() -> None:
    strokes = [stroke("sand", [[3, 4], [20, 9]], 5), stroke("shale", [[10, 0], [10, 10]], 4), stroke("sand", [[12, 6]])]
    one, other = (
        draw_strokes(parse_strokes(encode(*order), "s"), SHAPE, TABLE, "s").image()
        for order in (strokes, strokes[::-1])
    )
    assert np.array_equal(one, other)


def test_strokes_that_cover_each_other_wholly_label_nothing() -> None:
    file = parse_strokes(encode(stroke("sand"), stroke("shale")), "s.json")
    with pytest.raises(NoLabelsError, match="every pixel is under strokes of different classes"):
        draw_strokes(file, SHAPE, TABLE, "s.json")


def test_all_strokes_that_leave_the_image_are_listed_with_their_bounds() -> None:
    file = parse_strokes(
        encode(stroke(points=[[3, 4], [45, 4]]), stroke(points=[[-30, -9], [-20, 3]]), stroke(), stroke(width=50)),
        "s.json",
    )
    with pytest.raises(LabelsError) as caught:
        draw_strokes(file, SHAPE, TABLE, "s.json")
    assert "has 3 faults" in caught.value.message
    assert "stroke 0 lies partly outside the image: x 3 to 45, y 4 to 4, the image has 40 x 30" in caught.value.message
    assert "stroke 1 lies outside the image: x -30 to -20" in caught.value.message
    assert "stroke 3 is 50 pixels wide" in caught.value.message


def test_points_on_the_edge_by_either_convention_are_inside() -> None:
    file = parse_strokes(encode(stroke(points=[[-0.5, -0.5], [40, 30]])), "s.json")
    assert len(draw_strokes(file, SHAPE, TABLE, "s.json")) > 40


def test_all_unknown_classes_are_named() -> None:
    file = parse_strokes(encode(stroke("sandd"), stroke("chalk"), stroke(9), stroke("1")), "s.json")
    with pytest.raises(UnknownClassError, match=r"s\.json has 9, 'chalk', 'sandd', .*Did you mean .*'sand'"):
        draw_strokes(file, SHAPE, TABLE, "s.json")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no list `strokes`"),
        (b'{"strokes": {}}', "no list `strokes`"),
        (encode(3), "stroke 0 is no object"),
        (encode(stroke(colour="red")), "stroke 0 has the key 'colour'"),
        (encode(stroke(), more=1), "the key 'more' means nothing"),
        (encode({"class": 1, "width": 1}), "stroke 0 has no points"),
        (encode(stroke(points=[])), "stroke 0 has no points"),
        (encode(stroke(points=[[1, 2, 3]])), "the point [1, 2, 3], expected [x, y]"),
        (encode(stroke(points=[["1", 2]])), "expected two numbers"),
        (encode(stroke(points=[[True, 2]])), "expected two numbers"),
        (encode(stroke(points=[[float("nan"), 2]])), "lies nowhere"),
        (encode(stroke(points=[[float("inf"), 2]])), "lies nowhere"),
        (encode(stroke(points=[[10**400, 2]])), "lies nowhere"),
        (encode(stroke(width=0)), "the width 0, expected more than 0 and less than 1,000,000,000 pixels"),
        (encode(stroke(width=-2)), "the width -2"),
        (encode(stroke(width=1e18)), "the width 1e+18, expected more than 0 and less than 1,000,000,000 pixels"),
        (encode(stroke(width="3")), "the width '3'"),
        (encode(stroke(width=True)), "the width True"),
        (encode(stroke(width=float("nan"))), "the width nan"),
        (encode(stroke(word=None)), "the class None"),
        (encode(stroke(word="")), "the class ''"),
        (encode(stroke(word=1.0)), "the class 1.0"),
        (encode(stroke(id=-1)), "the id -1"),
        (encode(stroke(id=1), stroke()), "several strokes have the same id: 1; one without has its place from 0"),
        (encode(stroke(), image=3), "the image is 3"),
        (encode(*[0] * (MAX_STROKES + 1)), "20,001 strokes"),
    ],
)
def test_files_that_are_no_strokes_are_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(LabelsError) as caught:
        parse_strokes(data, "s.json")
    assert said in caught.value.message


def test_all_faults_are_listed_at_once() -> None:
    with pytest.raises(LabelsError) as caught:
        parse_strokes(encode(stroke(width=0, points=[]), stroke(), stroke(word=None)), "s.json")
    assert caught.value.message.count("\n  - ") == 3


def test_a_file_without_strokes_labels_nothing() -> None:
    with pytest.raises(NoLabelsError, match="the list of strokes is empty"):
        parse_strokes(encode(), "s.json")


def test_words_are_those_of_all_strokes() -> None:
    file = parse_strokes(encode(stroke("a"), stroke(3), stroke("a")), "s.json")
    assert isinstance(file, StrokeFile)
    assert file.words == {"a", 3}


def test_a_stroke_is_called_by_its_id_whatever_is_wrong_with_it() -> None:
    for fault in (stroke(id=7, points=[[float("nan"), 2]]), stroke(id=7, width=-1), stroke(id=7, word=None)):
        with pytest.raises(LabelsError, match=r"s\.json: stroke 7 has"):
            parse_strokes(encode(fault), "s.json")
    outside = parse_strokes(encode(stroke(id=7, points=[[50, 2], [60, 2]])), "s.json")
    with pytest.raises(LabelsError, match=r"s\.json: stroke 7 lies outside"):
        draw_strokes(outside, SHAPE, TABLE, "s.json")
    with pytest.raises(LabelsError, match=r"stroke 1 has the id -3"):
        parse_strokes(encode(stroke(), stroke(id=-3)), "s.json")


def test_classes_of_one_colour_are_refused() -> None:
    classes = [{"id": 1, "name": "sand", "colour": "#010203"}, {"id": 2, "name": "shale", "colour": "#010203"}]
    with pytest.raises(ClassTableError, match=r"s\.json, classes: 'sand' and 'shale' have the same colour"):
        parse_strokes(encode(stroke(), classes=classes), "s.json")
