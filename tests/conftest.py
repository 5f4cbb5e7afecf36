"""Fixtures that every layer's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the settings, the data or the hub of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("FACIES_") and not name.startswith("FACIES_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def test_data() -> Callable[[str], Path]:
    """Find a folder of the real images (FACIES_TEST_DATA, default ../shared/data), or skip naming what is missing."""
    root = Path(os.environ.get("FACIES_TEST_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        path = root / name
        if not path.exists():
            pytest.skip(f"needs the real images at {path}: set FACIES_TEST_DATA to the folder that holds {name}")
        return path

    return find
