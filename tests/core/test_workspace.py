import os
import subprocess
import sys
from pathlib import Path

import pytest

from facies.core.errors import StorageError, StoreLockedError
from facies.core.settings import load_settings
from facies.core.workspace import open_workspace


def test_everything_lies_under_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "a" / "b"))
    with open_workspace(load_settings()) as workspace:
        assert workspace.store.health().ok
        assert workspace.catalog.collections() == []
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_file_in_place_of_the_folder_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(StorageError, match="FACIES_DATA_DIR"):
        open_workspace(load_settings())


def test_a_second_process_is_told_who_holds_the_store() -> None:
    code = (
        "from facies.core.settings import load_settings\n"
        "from facies.core.workspace import open_workspace\n"
        "from facies.core.errors import StoreLockedError\n"
        "try: open_workspace(load_settings())\n"
        "except StoreLockedError as error: print(error)\n"
    )
    with open_workspace(load_settings()):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{os.getpid()}" in run.stdout
    assert "--api" in run.stdout


def test_it_opens_again_after_closing() -> None:
    for _ in range(2):
        with open_workspace(load_settings()):
            pass
    with open_workspace(load_settings()), pytest.raises(StoreLockedError):
        open_workspace(load_settings())
