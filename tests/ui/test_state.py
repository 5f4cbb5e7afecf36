"""The address and the session, driven through the search page."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.errors import QueryError, StorageError
from facies.ui import state

ONE, TWO, THREE = (f"00000000-0000-5000-8000-{place:012d}" for place in (1, 2, 3))
LETTERED = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"


def keys(page: AppTest) -> list[tuple[str, bool]]:
    return [(e.key, e.positive) for e in page.session_state["query"].examples]


def test_a_link_opens_its_search(page: AppTest) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = [ONE, TWO]
    page.query_params["not"] = THREE
    page.run()
    assert keys(page) == [(f"id:{ONE}", True), (f"id:{TWO}", True), (f"id:{THREE}", False)]


def test_an_id_pasted_in_capitals_is_the_same_id(page: AppTest) -> None:
    page.run()
    page.text_input(key="id-field").set_value(f" {LETTERED.upper()} ").run()
    assert keys(page) == [(f"id:{LETTERED}", True)]


def test_the_address_follows_the_page(page: AppTest) -> None:
    page.run()
    assert page.query_params["collection"] == "fossils"
    page.text_input(key="id-field").set_value(TWO).run()
    assert page.query_params["id"] == TWO
    page.button(key="start-over").click().run()
    assert "id" not in page.query_params


def test_the_back_button_brings_the_old_query(page: AppTest) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.query_params["id"] = TWO  # what the browser does on Back: another address, then a run
    page.run()
    assert keys(page) == [(f"id:{TWO}", True)]


def test_an_empty_address_keeps_the_query(page: AppTest) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.query_params.clear()  # what the links of the head do
    page.run()
    assert keys(page) == [(f"id:{ONE}", True)]
    assert page.query_params["id"] == ONE


def test_another_collection_drops_the_examples_of_the_old_one(api: Any, page: AppTest) -> None:
    api.collections.append(api.collection_out("figures", images=2))
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.selectbox(key="collection-choice").set_value("figures").run()
    assert keys(page) == []
    assert page.query_params["collection"] == "figures"


def test_the_same_question_is_asked_once(api: Any, page: AppTest) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.run()
    assert len(api.bodies("/search")) == 1


def test_an_attempt_hands_errors_of_facies_back_and_lets_bugs_through() -> None:
    def refuse() -> int:
        raise StorageError("/data", "disk full")

    def bug() -> int:
        raise KeyError("x")

    assert isinstance(state.attempt(refuse), StorageError)
    assert not isinstance(state.attempt(lambda: 3), QueryError)
    with pytest.raises(KeyError):
        state.attempt(bug)
