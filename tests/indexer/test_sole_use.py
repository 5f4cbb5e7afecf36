"""Work that needs the data folder to itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import StoreLockedError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.sole_use import open_alone


def test_whoever_holds_the_folder_is_named_and_no_service_is_offered(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with open_workspace(settings), pytest.raises(StoreLockedError) as caught:
        open_alone(settings, "a backup")
    said = caught.value.message
    assert "process" in said.partition(";")[0]
    assert "a backup needs the data to itself" in said
    assert "--api" not in said
    with open_alone(settings, "a backup") as workspace:
        assert workspace.catalog.collections() == []
