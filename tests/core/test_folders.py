from pathlib import Path

import pytest

from facies.core.errors import StorageError
from facies.core.folders import make_folder


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
