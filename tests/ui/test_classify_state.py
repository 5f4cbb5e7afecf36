"""The address of the page of batches, as a session reads and writes it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from facies.ui.batch import BatchOptions
from tests.ui.conftest import GoBack


def _script() -> None:
    from facies.ui import classify_state

    classify_state.read_address()
    classify_state.write_address()


@pytest.mark.parametrize(
    ("params", "options"),
    [
        ({}, BatchOptions()),
        ({"precision": "none", "vector": "v"}, BatchOptions(vector="v", precision=None)),
        ({"precision": "0.9", "only": "azolla"}, BatchOptions(precision=0.9, only=("azolla",))),
        (
            {"precision": "0.9", "age": "10..", "depth": "..50"},
            BatchOptions(None, 0.9, age=(10, None), depth=(None, 50)),
        ),
        ({"precision": "7", "roll_up": "x", "age": "a..b"}, BatchOptions(precision=None)),
        ({"precision": "1", "roll_up": "1"}, BatchOptions(precision=None, roll_up=1.0)),
        ({"precision": "0.1", "roll_up": "nan"}, BatchOptions(precision=None)),
    ],
)
def test_options_go_through_the_address_and_back(params: dict[str, str], options: BatchOptions) -> None:
    page = AppTest.from_function(_script)
    for name, value in params.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    assert page.session_state["batch_options"] == options if params else "batch_options" not in page.session_state
    again = AppTest.from_function(_script)
    for name, value in page.query_params.items():
        again.query_params[name] = value
    again.run()
    assert again.session_state["batch_options"] == options


def test_where_labels_come_from_is_one_of_the_ways_that_there_are(go_back: GoBack) -> None:
    page = AppTest.from_function(_script)
    page.query_params["labels"] = "folder"
    page.run()
    assert page.session_state["batch_truth"] == "folder"
    assert page.query_params["labels"] == "folder"
    page.query_params["labels"] = "guess"
    go_back(page)
    assert page.session_state["batch_truth"] == "none"
