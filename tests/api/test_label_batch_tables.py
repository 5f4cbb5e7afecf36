from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console

from facies.api.label_batch_tables import print_batch, print_batches, print_check, print_history
from facies.core.wire_labels import LabelBatchOut, LabelBatchPage, LabelCheckOut, LabelEventOut, LabelHistoryOut

BATCH = LabelBatchOut(
    number=7,
    collection="g",
    source="both",
    actor="ann",
    verified=True,
    created_at=datetime(2026, 5, 4, 3, 2, tzinfo=UTC),
    provenance={"precision": 0.95, "file": "x" * 100},
    undoes=None,
    in_effect=True,
    images=1234,
)


def shown(call: Callable[..., None], *arguments: object) -> str:
    out = io.StringIO()
    call(*arguments, Console(file=out, width=200))
    return out.getvalue()


def test_a_batch_says_who_when_and_by_what_and_cuts_what_is_long() -> None:
    text = shown(print_batches, LabelBatchPage(batches=[BATCH], next_before=7))
    for wanted in ("2026-05-04 03:02", "1,234", "precision 0.95", "x" * 57 + "...", "--before 7"):
        assert wanted in text
    assert "unverified" not in text
    assert "There is no batch" in shown(print_batches, LabelBatchPage(batches=[], next_before=None))


def test_a_prediction_says_what_it_rests_on() -> None:
    event = LabelEventOut(
        event=3,
        label="[azolla]",
        state="predicted",
        confidence=0.9876,
        novelty=0.1,
        neighbours=["one", "two"],
        note=None,
        current=True,
        batch=BATCH,
    )
    text = shown(print_history, LabelHistoryOut(id="i", label="[azolla]", state="predicted", events=[event]))
    assert "[azolla] (predicted)" in text
    assert "probability 0.988; from 2 neighbours, one first; batch 7" in text
    assert "Nobody has said anything" in shown(
        print_history, LabelHistoryOut(id="i", label=None, state=None, events=[])
    )


def test_a_check_names_what_to_do() -> None:
    text = shown(print_check, LabelCheckOut(collection="g", images=9, drifted=2, lacking=1, strange=3, mended=2))
    assert "9 images compared: 2 differed, 2 mended" in text
    assert "`facies index`" in text
    assert "3 vectors belong to no image" in text


def test_one_batch_says_all_that_is_known() -> None:
    text = shown(print_batch, BATCH.model_copy(update={"undoes": 3, "provenance": {"held_out": {"right": 7}, "k": 15}}))
    for wanted in ("batch 3", '{"right": 7}', "15", "1,234"):
        assert wanted in text
