from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.api.targets import Target, expand_targets, make_examples, parse_crop, read_target
from facies.core.errors import QueryError, UnreadableImageError
from facies.core.wire_search import Crop

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


def test_a_file_that_exists_wins_over_an_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_target(ID).path is None
    Path(ID).touch()
    assert read_target(ID).path == Path(ID)


def test_an_id_is_brought_to_its_usual_form() -> None:
    assert read_target(ID.upper()).text == ID


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(QueryError, match="neither a file that exists nor the id"):
        read_target("missing.png")


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.png", ".hidden/3.png", "b/.4.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(one.text, getattr(one, "named", None)) for one in expand_targets([str(tmp_path), ID, "missing.png"])]
    inside = [(str(tmp_path / "a/1.png"), False), (str(tmp_path / "b/2.png"), False)]
    assert found == [*inside, (ID, True), ("missing.png", None)]


def test_files_are_named_by_position(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    crop = Crop(x=0, y=0, width=1, height=2)
    targets = [read_target(text) for text in (str(tmp_path / "a"), ID, str(tmp_path / "b"))]
    examples, files = make_examples(targets, crop)
    assert [(e.upload, e.id, e.crop) for e in examples] == [(0, None, crop), (None, ID, crop), (1, None, crop)]
    assert files == [("a", b"a"), ("b", b"b")]


def test_a_file_that_cannot_be_read_is_an_image_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="directory"):
        read_target(str(tmp_path)).read()


def test_a_crop_stands_behind_its_image(tmp_path: Path) -> None:
    file = tmp_path / "grain@2.jpg"
    file.write_bytes(b"x")
    box = Crop(x=1, y=2, width=3, height=4)
    assert read_target(f"{file}@1,2,3,4") == Target(str(file), file, box)
    assert read_target(f"{ID.upper()}@1,2,3,4") == Target(ID, None, box)
    assert read_target(str(file)).crop is None
    odd = tmp_path / "grain@2.jpg@1,2,3,4"
    odd.write_bytes(b"y")
    assert read_target(str(odd)) == Target(str(odd), odd)  # a file that exists wins
    for text in (f"{file}@", f"{file}@1,2,3", f"{ID}@x"):
        with pytest.raises(QueryError, match="x,y,width,height"):
            read_target(text)
    with pytest.raises(QueryError, match="nor either of them with a crop"):
        read_target("missing.png@1,2,3,4")


def test_a_folder_has_no_crop(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="is a folder"):
        list(expand_targets([f"{tmp_path}@1,2,3,4"]))


def test_crops_go_to_their_own_examples_and_a_file_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "slide.tif"
    file.write_bytes(b"pixels")
    targets = [read_target(text) for text in (f"{file}@0,0,1,1", str(file), f"{ID}@2,2,1,1", f"{file}@1,1,1,1")]
    examples, files = make_examples(targets)
    assert [e.upload for e in examples] == [0, 0, None, 0]
    assert [e.crop and (e.crop.x, e.crop.y) for e in examples] == [(0, 0), None, (2, 2), (1, 1)]
    assert files == [("slide.tif", b"pixels")]


@given(st.tuples(st.integers(0), st.integers(0), st.integers(1), st.integers(1)))
def test_a_crop_is_four_numbers(box: tuple[int, int, int, int]) -> None:
    crop = parse_crop(",".join(map(str, box)))
    assert (crop.x, crop.y, crop.width, crop.height) == box


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "-1,0,5,5", "0,0,0,5", "1.5,0,5,5"])
def test_anything_else_is_no_crop(text: str) -> None:
    with pytest.raises(QueryError, match="x,y,width,height"):
        parse_crop(text)
