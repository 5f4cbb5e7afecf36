import pytest

from facies.core.errors import LabelsError, NoLabelsError, UnknownClassError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.label_points import mark_points, parse_points

TABLE = ClassTable.of_names(["sand", "shale"])


def test_rows_and_columns_or_x_and_y_name_the_same_pixels() -> None:
    one = mark_points(parse_points(b"row,column,class\n2,5,sand\n1,7,1\n", "p.csv"), (4, 9), TABLE, "p.csv")
    other = mark_points(parse_points(b"class;x;y\nsand;5.4;1.6\nshale;7;1\n", "p.csv"), (4, 9), TABLE, "p.csv")
    for labels in (one, other):
        assert (labels.rows.tolist(), labels.columns.tolist()) == ([1, 2], [7, 5])
        assert (labels.classes.tolist(), labels.strokes.tolist()) == ([1, 0], [1, 0])


def test_points_of_a_stroke_keep_its_number() -> None:
    file = parse_points(b"x,y,class,stroke\n0,0,sand,8\n4,0,sand,8\n8,3,shale,2\n", "p.csv")
    assert mark_points(file, (4, 9), TABLE, "p.csv").strokes.tolist() == [8, 8, 2]


def test_points_on_the_edge_are_inside() -> None:
    labels = mark_points(parse_points(b"x,y,class\n-0.5,-0.5,sand\n9,4,shale\n", "p.csv"), (4, 9), TABLE, "p.csv")
    assert (labels.rows.tolist(), labels.columns.tolist()) == ([0, 3], [0, 8])


def test_all_points_outside_are_listed() -> None:
    file = parse_points(b"row,column,class\n9,1,sand\n1,1,sand\n1,-3,shale\n", "p.csv")
    with pytest.raises(LabelsError) as caught:
        mark_points(file, (4, 9), TABLE, "p.csv")
    assert "line 2 is outside the image: row 9, column 1, the image has 4 rows and 9 columns" in caught.value.message
    assert "line 4 is outside the image: row 1, column -3" in caught.value.message


def test_unknown_classes_are_named() -> None:
    with pytest.raises(UnknownClassError, match=r"p\.csv has '9', 'chalk'"):
        mark_points(parse_points(b"x,y,class\n1,1,chalk\n2,2,9\n", "p.csv"), (4, 9), TABLE, "p.csv")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"x,y\n1,1\n", "no column 'class'"),
        (b"x,y,class,label\n1,1,a,b\n", "the column 'label' means nothing"),
        (b"x,y,row,column,class\n1,1,1,1,a\n", "expected one of the pairs"),
        (b"x,y,class\n1,,a\n", "line 2 has y None and x '1'"),
        (b"x,y,class\nnan,1,a\n", "x 'nan'"),
        (b"x,y,class\ninf,1,a\n", "x 'inf'"),
        (b"x,y,class\n1,1,\n", "line 2 has no class"),
        (b"x,y,class,stroke\n1,1,a,b\n", "the stroke 'b'"),
        (b"x,y,class,stroke\n1,1,a,1\n2,2,a,\n", "some points have a stroke and some have none"),
        (b"x,y,class\n1,1,a,5\n", "4 cells for 3 columns"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_files_that_are_no_points_are_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(LabelsError) as caught:
        parse_points(data, "p.csv")
    assert said in caught.value.message


def test_a_header_alone_labels_nothing() -> None:
    with pytest.raises(NoLabelsError):
        parse_points(b"x,y,class\n", "p.csv")
