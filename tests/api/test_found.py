"""An image found says nothing of shaping that it did not go through."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from facies.api.found import Found


def test_an_image_found_is_by_default_neither_grouped_nor_folded() -> None:
    found = Found("a", 0.5)
    assert (found.group, found.folded, found.folded_ids, dict(found.similarities)) == (None, 0, (), {})


def test_it_does_not_change_on_its_way() -> None:
    found: Any = Found("a", 0.5)
    with pytest.raises(FrozenInstanceError):
        found.similarity = 1.0
