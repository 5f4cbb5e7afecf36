from __future__ import annotations

from facies.core.errors import LabelBatchUndoneError, StaleLabelError


def test_a_stale_label_names_both_versions() -> None:
    message = StaleLabelError("fossils", "0b9a1a4e", seen=None, now=7).message
    assert "seen was no label, now it is event 7. Nothing was changed" in message


def test_a_batch_that_was_undone_says_how_it_comes_back() -> None:
    assert LabelBatchUndoneError("fossils", 3, 5).message.endswith("To bring its labels back, undo batch 5.")
