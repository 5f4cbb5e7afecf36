"""Lists of sections and of intervals in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facies.core.errors import DepthError, SourceError
from facies.indexer.segmentation.section_list import read_named_intervals, read_sections


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_and_json_of_the_same_sections_read_alike(tmp_path: Path) -> None:
    table = write(tmp_path, "a.csv", "image,top_m,base_m,mm_per_px\nx/1.png,100.5,101.5,\n 2.png ,102,,0.25\n")
    rows = [{"image": "x/1.png", "top_m": 100.5, "base_m": 101.5}, {"image": "2.png", "top_m": 102, "mm_per_px": 0.25}]
    listed = write(tmp_path, "a.json", json.dumps(rows))
    sections = read_sections(table)
    assert sections == read_sections(listed)
    assert [one.image for one in sections] == [tmp_path / "x" / "1.png", tmp_path / "2.png"]
    assert [(one.top_m, one.base_m, one.mm_per_px) for one in sections] == [(100.5, 101.5, None), (102.0, None, 0.25)]


@pytest.mark.parametrize("header", ["image;top_m;base_m", "image\ttop_m\tbase_m"])
def test_other_delimiters_are_understood(tmp_path: Path, header: str) -> None:
    sign = header[5]
    sections = read_sections(write(tmp_path, "a.csv", f"{header}\n1.png{sign}1{sign}2\n"))
    assert (sections[0].top_m, sections[0].base_m) == (1.0, 2.0)


def test_all_faults_of_a_list_are_named_with_their_lines(tmp_path: Path) -> None:
    text = "image,top_m,base_m\n1.png,1,2\n2.png,three,4\n,5,6\n4.png,8,7\n5.png,9,\n"
    with pytest.raises(DepthError) as caught:
        read_sections(write(tmp_path, "a.csv", text))
    said = caught.value.message
    assert "line 3: top_m is 'three', expected a number" in said
    assert "line 4: no image is named" in said
    assert "line 5: section 4.png has its base at 7 m" in said
    assert "line 6: section 5.png has neither" in said
    assert "line 2" not in said


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("a.csv", "", SourceError, "is empty"),
        ("a.csv", "image,top_m,base_m\n", DepthError, "is empty, expected rows"),
        ("a.csv", "picture,top_m,base_m\n1.png,1,2\n", SourceError, "lacks image and has 'picture'"),
        ("a.csv", "image,top_m,base_m\n1.png,1,2,3\n", DepthError, "line 2 .* the row has 4 cells, expected 3"),
        ("a.csv", "image,top_m,base_m\n1.png,1,2\n1.png,2,3\n", DepthError, "names 1.png more than once"),
        ("a.json", "{", SourceError, "is not JSON"),
        ("a.json", "{}", SourceError, "holds no list"),
        ("a.json", "[3]", SourceError, "entry 1 .* is no object"),
        ("a.json", '[{"image": "1.png", "top_m": true, "base_m": 2}]', DepthError, "top_m is 'True'"),
        ("a.json", '[{"image": "1.png", "top": 1}]', SourceError, "lacks top_m"),
        ("a.txt", "image", SourceError, "neither a .csv nor a .json"),
    ],
)
def test_files_that_hold_no_sections_are_refused(
    tmp_path: Path, name: str, text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        read_sections(write(tmp_path, name, text))


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_sections(tmp_path / "a.csv")


def test_intervals_may_overlap_and_need_no_name(tmp_path: Path) -> None:
    found = read_named_intervals(write(tmp_path, "a.csv", "top_m,base_m,name\n10,12,upper\n11,13,\n"))
    assert [(one.top_m, one.base_m, one.name) for one in found] == [(10.0, 12.0, "upper"), (11.0, 13.0, "")]
    assert read_named_intervals(write(tmp_path, "b.csv", "top_m,base_m\n1,2\n"))[0].name == ""


@pytest.mark.parametrize("row", ["2,1,x", "1,1,x", "nan,2,x", "1,1e9,x"])
def test_intervals_without_thickness_or_depth_are_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(DepthError, match="expected a base below the top"):
        read_named_intervals(write(tmp_path, "a.csv", f"top_m,base_m,name\n{row}\n"))
