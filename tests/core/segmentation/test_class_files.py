from pathlib import Path

import pytest

from facies.core.errors import ClassTableError
from facies.core.segmentation import ClassTable, SegmentationClass
from facies.core.segmentation.class_colours import colour_of
from facies.core.segmentation.class_files import MAX_TABLE_BYTES, parse_class_table, read_class_table, write_class_table

TABLE = ClassTable(
    (SegmentationClass(91, 'sand, "red"', (250, 0, 7)), SegmentationClass(1, "Tonstein, grün", (0, 1, 2)))
)


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_what_was_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"classes{suffix}"
    path.write_text(write_class_table(TABLE, as_csv=suffix == ".csv"), encoding="utf-8")
    assert read_class_table(path) == TABLE


def test_names_and_colours_that_are_missing_follow_from_the_id() -> None:
    expected = ClassTable((SegmentationClass(3, "class 3", colour_of(3)), SegmentationClass(1, "x", colour_of(1))))
    assert parse_class_table(b"id;name;colour\n3;;\n1;x;\n", "c.csv") == expected
    assert parse_class_table(b'[{"id": 3}, {"id": "1", "name": "x"}]', "c.json") == expected


def test_a_colour_may_be_three_numbers_in_json() -> None:
    table = parse_class_table(b'{"classes": [{"id": 3, "name": "x", "colour": [1, 2, 3]}]}', "c.json")
    assert table.classes[0].colour == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("c.json", b"{", "is not JSON"),
        ("c.json", b"[" * 100_000, "is not JSON"),
        ("c.json", b"\xff\xfe", "is not JSON"),
        ("c.json", b"3", "no list of classes"),
        ("c.json", b'{"classes": [3]}', "no list of classes"),
        ("c.json", b"[]", "has no class"),
        ("c.json", b'[{"name": "x"}]', "class 1 has the id None"),
        ("c.json", b'[{"id": true}]', "the id True"),
        ("c.json", b'[{"id": 1.5}]', "the id 1.5"),
        ("c.json", b'[{"id": 300}]', "the id 300, expected a whole number from 0 to 255"),
        ("c.json", b'[{"id": 1, "name": 3}]', "the name 3, expected text"),
        ("c.json", b'[{"id": 1, "color": "#000000"}]', "has 'color'; expected id, name, colour"),
        ("c.json", b'[{"id": 1, "colour": "red"}]', "the colour 'red', expected #rrggbb"),
        ("c.json", b'[{"id": 1, "colour": [1, 2, 300]}]', "expected three values 0 to 255"),
        ("c.json", b'[{"id": 1}, {"id": 1, "name": "x"}]', "c.json: several classes have the same id: 1"),
        (
            "c.json",
            b'[{"id": 1, "name": "a", "colour": "#010203"}, {"id": 2, "name": "b", "colour": [1, 2, 3]}]',
            "c.json: 'a' and 'b' have the same colour #010203, so no picture would tell them apart; give each",
        ),
        ("c.csv", b"name\nx\n", "no column 'id'"),
        ("c.csv", b"id,name\n" + b"9" * 5_000 + b",x\n", "c.csv, line 2 has the id"),
        ("c.csv", b" " * (MAX_TABLE_BYTES + 1), "which no table of 256 classes needs"),
    ],
)
def test_what_is_no_table_is_refused_with_the_place(name: str, data: bytes, said: str) -> None:
    with pytest.raises(ClassTableError) as caught:
        parse_class_table(data, name)
    assert said in caught.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClassTableError, match=r"classes.json cannot be read: No such file"):
        read_class_table(tmp_path / "classes.json")


def test_a_colour_that_is_none_is_placed_once() -> None:
    with pytest.raises(ClassTableError) as caught:
        parse_class_table(b'[{"id": 1}, {"id": 2, "colour": "red"}]', "c.json")
    expected = "c.json, class 2 has the colour 'red', expected #rrggbb or three whole numbers"
    assert caught.value.message == expected
