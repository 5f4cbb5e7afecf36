"""Which addresses a page follows."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from facies.ui import address


@pytest.mark.parametrize(
    ("said", "told", "back", "new"),
    [
        ("a", None, False, True),
        ("a", "a", False, False),
        ("a", "b", False, False),
        ("a", "b", True, True),
        ("a", "a", True, False),
    ],
)
def test_within_a_session_only_going_back_says_something_new(
    said: str, told: str | None, back: bool, new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address, "went_back", lambda: back)
    assert address.says_new(said, told) is new


def _script() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from facies.ui import address

    context = get_script_run_ctx()
    assert context is not None
    context.is_history_navigation = bool(st.session_state["back"])
    st.session_state["said"] = address.went_back()


@pytest.mark.parametrize("back", [True, False])
def test_streamlit_says_whether_a_run_comes_of_going_back(back: bool) -> None:
    page = AppTest.from_function(_script)
    page.session_state["back"] = back
    page.run()
    assert not page.exception
    assert page.session_state["said"] is back


def test_outside_a_run_nobody_went_back() -> None:
    assert not address.went_back()
