from __future__ import annotations

import pytest

from facies.core.settings import Settings, load_settings
from facies.indexer.limits import Limits, limits_of


def test_the_defaults_are_those_of_the_settings() -> None:
    assert limits_of(Settings()) == Limits()


def test_settings_reach_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_INDEXER__MAX_FILE_BYTES", "5")
    monkeypatch.setenv("FACIES_INDEXER__MEMORY_BYTES", "6")
    monkeypatch.setenv("FACIES_IMAGES__MAX_PIXELS", "7")
    limits = limits_of(load_settings())
    assert (limits.max_file_bytes, limits.memory_bytes, limits.max_pixels) == (5, 6, 7)
