"""The list of batches: each can be undone at any later time, and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.ui.naming import Kept
from tests.ui.label_answers import batch_out
from tests.ui.views.test_labels import shown


@pytest.fixture
def batches(api: Any, label_page: AppTest) -> AppTest:
    api.batches[:] = [
        batch_out(9, source="undo", undoes=3),
        batch_out(7),
        batch_out(3, in_effect=False, source="both", provenance={"precision": 0.95, "label": "a_b", "held_out": {}}),
    ]
    label_page.query_params["work"] = "batches"
    return label_page


def test_each_batch_is_told_with_whom_and_what(batches: AppTest) -> None:
    batches.run()
    assert not batches.exception
    told = shown(batches)
    assert "**7** · given by a person · 4 images" in told
    assert "**3** · labelled by itself · 4 images :gray-badge[undone]" in told
    assert "**9** undid 3 · Ann · 04 Mar 2026" in told
    assert "label a\\_b · precision 0\\.95" in told


def _ask() -> None:
    import streamlit as st

    from facies.ui import naming
    from facies.ui.service import load_collections, open_service
    from facies.ui.views import label_batches
    from tests.ui.label_answers import batch_out

    service = open_service("http://127.0.0.1:9", None)
    one = batch_out(7)
    taken = batch_out(9, source="undo", undoes=7) if st.session_state["back"] else one
    if not naming.kept().outcome[1]:
        label_batches.ask_undo(service, load_collections(service)[0], one, taken)


@pytest.mark.parametrize(
    ("back", "asked", "number", "said"),
    [
        (False, "Undo batch 7 (given by a person, 4 images)?", 7, "Batch 7 is undone."),
        (True, "Bring batch 7 (given by a person, 4 images) back?", 9, "Batch 7 is in effect again."),
    ],
)
def test_a_batch_is_undone_or_brought_back_only_when_that_is_confirmed(
    api: Any, back: bool, asked: str, number: int, said: str
) -> None:
    dialog = AppTest.from_function(_ask, default_timeout=30)
    dialog.session_state["back"] = back
    dialog.session_state["naming"] = kept = Kept({"fossils": [5, 7]})
    dialog.run()
    assert asked in shown(dialog)
    assert not api.asked_for("POST", "/undo")
    dialog.button(key="batch-now").click().run()
    assert not dialog.exception
    assert api.asked_for("POST", f"/labels/batches/{number}/undo")
    assert kept.outcome[1] == said
    assert kept.given == {"fossils": [5]}


def test_what_cannot_be_undone_says_why(api: Any) -> None:
    api.instead["POST /v1/collections/fossils/labels/batches/7/undo"] = api.problem(
        409, "LabelBatchUndoneError", "batch 7 is undone already"
    )
    dialog = AppTest.from_function(_ask, default_timeout=30)
    dialog.session_state["back"] = False
    dialog.run()
    dialog.button(key="batch-now").click().run()
    assert "Batch 7 is undone already" in shown(dialog)


def test_the_buttons_are_those_of_what_can_be_done(batches: AppTest) -> None:
    batches.run()
    assert {one.key for one in batches.button} == {"undo-7", "redo-3"}


def test_older_batches_are_shown_when_wanted(api: Any, batches: AppTest) -> None:
    api.batches[:] = [batch_out(number) for number in range(60, 0, -1)]
    batches.run()
    assert any(one.key == "undo-36" for one in batches.button)
    assert not any(one.key == "undo-35" for one in batches.button)
    batches.button(key="batches-more").click().run()
    assert any(one.key == "undo-35" for one in batches.button)


def test_with_no_batch_the_page_says_so(api: Any, batches: AppTest) -> None:
    api.batches.clear()
    batches.run()
    assert "No label was ever given here" in shown(batches)
