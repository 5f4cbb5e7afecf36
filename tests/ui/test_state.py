"""The address and the session, driven through the search page."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.errors import QueryError, StorageError
from facies.core.wire_growth import GrowBody
from facies.ui import state
from facies.ui.query import example_of_upload
from tests.ui.conftest import GoBack

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


def test_the_back_button_brings_the_old_query(page: AppTest, go_back: GoBack) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.query_params["id"] = TWO
    go_back(page)
    assert keys(page) == [(f"id:{TWO}", True)]


def test_an_event_that_brings_the_address_of_before_takes_nothing_back(page: AppTest) -> None:
    """The browser had sent it before it heard of the address that the event before it led to."""
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    page.text_input(key="id-field").set_value(TWO).run()
    page.query_params["id"] = ONE
    page.run()
    assert keys(page) == [(f"id:{ONE}", True), (f"id:{TWO}", True)]


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


def test_an_upload_that_a_lost_session_took_along_is_told(page: AppTest) -> None:
    """A restart of the interface, a reload, or a link that somebody sent."""
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.query_params["uploads"] = "2"
    page.run()
    assert keys(page) == [(f"id:{ONE}", True)]
    assert any("2 uploaded images are not here" in one.value for one in page.markdown)
    assert "uploads" not in page.query_params
    page.text_input(key="id-field").set_value(TWO).run()
    assert not any("not here any more" in one.value for one in page.markdown)


def test_an_upload_is_counted_in_the_address_beside_the_ids(page: AppTest, go_back: GoBack) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["id"] = ONE
    page.run()
    state_query = page.session_state["query"]
    page.session_state["query"] = state_query.add([example_of_upload("a.png", b"bytes")])
    page.run()
    assert (page.query_params["id"], page.query_params["uploads"]) == (ONE, "1")
    page.query_params["id"] = TWO  # another query with the same upload
    go_back(page)
    assert [key.partition(":")[0] for key, _ in keys(page)] == ["upload", "id"]
    assert not any("not here any more" in one.value for one in page.markdown)


@pytest.mark.parametrize("told", ["-1", "many", "²", "99999"])
def test_a_number_of_uploads_that_is_none_is_passed_over(page: AppTest, told: str) -> None:
    page.query_params["collection"] = "fossils"
    page.query_params["uploads"] = told
    page.run()
    assert not page.exception
    assert not any("not here any more" in one.value for one in page.markdown)


def _remember() -> None:
    from functools import partial

    import streamlit as st

    from facies.ui import state

    asked = st.session_state.setdefault("asked", [])
    for key in st.session_state["wanted"]:
        state.remembered(key, partial(asked.append, key), most=3)


def test_what_was_not_asked_for_for_the_longest_time_is_forgotten() -> None:
    page = AppTest.from_function(_remember)
    page.session_state["wanted"] = [1, 2, 3, 1, 4, 1, 2]
    page.run()
    assert not page.exception
    assert page.session_state["asked"] == [1, 2, 3, 4, 2]


def test_a_body_that_cannot_be_is_handed_back_as_a_query_that_makes_no_sense() -> None:
    refused = state.attempt(lambda: GrowBody(label="azolla", examples=["foo"]))
    assert isinstance(refused, QueryError)
    assert refused.message.startswith("examples.0: ")
