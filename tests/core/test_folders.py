from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, StorageError
from facies.core.folders import check_no_file, make_folder, no_empty_folder_left


def test_a_folder_is_made_with_its_parents_and_may_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    (folder / "kept").write_text("")
    make_folder(folder)
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_a_file_in_the_way_is_a_storage_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match="a"):
        make_folder(tmp_path / "a" / "b")


def test_a_file_is_no_place_for_a_folder_and_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(ConfigurationError, match=r"a is a file; give --out a folder"):
        check_no_file(tmp_path / "a")
    check_no_file(tmp_path)
    check_no_file(tmp_path / "b")


def _fail_in(folder: Path, *names: str) -> None:
    with no_empty_folder_left(folder):
        make_folder(folder / "sections" / "a")
        for name in names:
            (folder / name).write_text("")
        raise KeyboardInterrupt


def test_a_folder_that_failed_work_has_made_goes_as_far_as_it_is_empty(tmp_path: Path) -> None:
    for names, left in (((), []), (("kept",), ["kept"])):
        with pytest.raises(KeyboardInterrupt):
            _fail_in(tmp_path / "new" / "out", *names)
        assert (tmp_path / "new").exists() == bool(left)
        assert [path.name for path in (tmp_path / "new" / "out").glob("*")] == left


def test_an_empty_folder_that_was_there_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _fail_in(tmp_path)
    assert tmp_path.is_dir()


def test_a_folder_of_work_that_did_not_fail_stays(tmp_path: Path) -> None:
    with no_empty_folder_left(tmp_path / "out"):
        make_folder(tmp_path / "out")
    assert (tmp_path / "out").is_dir()
