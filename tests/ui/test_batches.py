from __future__ import annotations

from typing import get_args

from facies.core.records import LabelSource
from facies.ui.batches import SOURCES, describe, find_undoings, undoing_words
from tests.ui.label_answers import batch_out


def test_an_undoing_that_was_undone_is_told() -> None:
    found = [
        batch_out(12, source="undo", undoes=9),
        batch_out(9, source="undo", undoes=3, in_effect=False),
        batch_out(3),
    ]
    assert find_undoings(found).get(3) is None
    assert undoing_words(found[0], found) == "undid 9, which had undone 3"
    assert undoing_words(found[1], found) == "undid 3; was undone itself"
    assert describe(batch_out(provenance={"threshold": 0.66245, "file": "x" * 70})).startswith("file xxx")


def test_every_source_has_words() -> None:
    assert set(SOURCES) == set(get_args(LabelSource))
