"""Lists of mask files with their classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facies.core.errors import LabelsError, MaskError
from facies.indexer.segmentation.maceral_list import ListedLayer, read_file_list
from facies.models.macerals import MACERALS


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_and_both_forms_of_json_say_the_same(tmp_path: Path) -> None:
    rows = [{"file": "a_1.png", "class": "Vitrinite"}, {"file": "a_2.png", "class": "3"}]
    expected = (ListedLayer("a_1.png", 2), ListedLayer("a_2.png", 3))
    lists = [
        _write(tmp_path / "l.csv", "file,class\na_1.png,Vitrinite\na_2.png,3\n"),
        _write(tmp_path / "l.tsv", "file\tclass\na_1.png\tVitrinite\na_2.png\t3\n"),
        _write(tmp_path / "l.json", json.dumps(rows)),
        _write(tmp_path / "o.json", json.dumps({row["file"]: row["class"] for row in rows})),
        _write(tmp_path / "n.json", json.dumps([rows[0], {"file": "a_2.png", "class": 3}])),
    ]
    for path in lists:
        assert read_file_list(path, MACERALS) == expected, path.name


def test_the_image_is_kept_where_it_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path / "l.csv", "file,class,image\nx.png,1,slide 7\n")
    assert read_file_list(path, MACERALS) == (ListedLayer("x.png", 1, "slide 7"),)


def test_macerals_and_older_names_mean_their_group(tmp_path: Path) -> None:
    path = _write(tmp_path / "l.csv", "file,class\na.png,sporinite\nb.png,Huminite\nc.png,semifusinite\n")
    assert [layer.class_index for layer in read_file_list(path, MACERALS)] == [3, 2, 1]


def test_everything_that_is_wrong_is_listed_at_once(tmp_path: Path) -> None:
    rows = [
        {"file": "a.png", "class": "quartz"},
        {"file": "b.png"},
        {"file": "../c.png", "class": "1"},
        {"file": "d.png", "class": "1"},
        {"file": "d.png", "class": "2"},
        {"file": "e.png", "class": "1", "colour": "red"},
    ]
    with pytest.raises(LabelsError) as caught:
        read_file_list(_write(tmp_path / "l.json", json.dumps(rows)), MACERALS)
    message = caught.value.message
    for part in (
        "5 faults",
        "entry 1 has the class 'quartz'",
        "entry 2 has no class",
        "entry 3 names '../c.png'",
        "entry 5 names 'd.png' again, as entry 4",
        "entry 6 has 'colour'",
        "3 (liptinite)",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("name", "text"), [("l.json", "{"), ("l.json", "3"), ("l.json", "[]"), ("l.csv", "x,y\n1,2\n")]
)
def test_what_is_no_list_is_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(LabelsError):
        read_file_list(_write(tmp_path / name, text), MACERALS)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="cannot be read"):
        read_file_list(tmp_path / "none.csv", MACERALS)


def test_strokes_in_place_of_a_list_are_not_repeated_whole(tmp_path: Path) -> None:
    strokes = {"image": "a.png", "strokes": [{"class": "sand", "width": 3, "points": [[1, 2]] * 5000}]}
    path = _write(tmp_path / "s.json", json.dumps(strokes))
    with pytest.raises(LabelsError, match=r"entry 2 has the class '\[\{.*\.\.\.") as caught:
        read_file_list(path, MACERALS)
    assert len(caught.value.message) < 1000
