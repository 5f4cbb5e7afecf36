"""The two commands as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from facies.core.errors import ConfigurationError
from facies.core.workspace import Workspace
from facies.indexer.cli_backup import backup_app, restore_app

from .conftest import Draw, Index


@pytest.fixture
def data(tmp_path: Path, draw: Draw, index: Index, workspace: Workspace) -> Path:
    """A closed data folder with three images."""
    for i in range(3):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    workspace.close()
    return tmp_path / "data"


def call(app: typer.Typer, *arguments: str, data: Path) -> Result:
    result = CliRunner(env={"FACIES_DATA_DIR": str(data)}).invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result


def last_object(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


def test_the_commands_report_as_json(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.zst"
    made = last_object(call(backup_app, str(file), "--json", data=data))
    assert (made["file"], made["collections"], made["images"]) == (str(file), 1, 3)
    assert made["file_bytes"] == file.stat().st_size
    restored = last_object(call(restore_app, str(file), "--json", data=tmp_path / "new"))
    assert restored["collections"] == [{"name": "c", "images": 3, "points": 3}]


def test_they_tell_a_person_what_is_there(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    assert "collections 1, images 3, files" in call(backup_app, str(file), data=data).stdout
    assert "c: 3 images, 3 points" in call(restore_app, str(file), data=tmp_path / "new").stdout


def test_a_restore_over_data_is_refused(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    call(backup_app, str(file), data=data)
    with pytest.raises(ConfigurationError, match="holds data already"):
        call(restore_app, str(file), data=data)
