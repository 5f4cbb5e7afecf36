"""The dialogs by themselves: here a run of the page is a whole one, in a browser it is the dialog's alone."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def _ask_new() -> None:
    from facies.ui import state
    from facies.ui.service import open_service
    from facies.ui.views import collection_dialogs

    if state.current_collection() is None:
        collection_dialogs.ask_new(open_service("http://127.0.0.1:9", None))


def _ask_delete() -> None:
    from facies.ui.service import load_collections, open_service
    from facies.ui.views import collection_dialogs

    service = open_service("http://127.0.0.1:9", None)
    for collection in load_collections(service):
        collection_dialogs.ask_delete(service, collection)


def test_a_collection_is_made_and_the_notes_are_kept_to_be_said(api: Any) -> None:
    page = AppTest.from_function(_ask_new, default_timeout=30).run()
    assert page.button(key="make-collection").disabled
    page.text_input(key="new-name").set_value(" cores ")
    page.radio(key="new-preset").set_value("scenes")
    page.selectbox(key="new-model").set_value("lite0").run()
    page.button(key="make-collection").click().run()
    assert not page.exception
    body = next(json.loads(r.content) for r in api.asked if r.method == "POST")
    assert body == {"name": "cores", "preset": "scenes", "model": "lite0"}
    assert page.session_state["collection"] == "cores"
    assert page.session_state["notes"] == {"cores": ("lite0 is used instead",)}


def test_a_model_without_weights_at_hand_says_so(api: Any) -> None:
    page = AppTest.from_function(_ask_new, default_timeout=30).run()
    assert page.selectbox(key="new-model").options == ["lite0", "vits (weights to be fetched)"]


def test_a_refusal_is_told_in_the_dialog(api: Any) -> None:
    api.instead["POST /v1/collections"] = api.problem(409, "CollectionExistsError", "collection 'x' exists already.")
    page = AppTest.from_function(_ask_new, default_timeout=30).run()
    page.text_input(key="new-name").set_value("x").run()
    page.button(key="make-collection").click().run()
    assert not page.exception
    assert [t.value for t in page.text] == ["Collection 'x' exists already."]


def test_deleting_asks_for_the_name(api: Any) -> None:
    page = AppTest.from_function(_ask_delete, default_timeout=30).run()
    assert page.button(key="delete-now").disabled
    page.text_input(key="delete-name").set_value("fossil").run()
    assert page.button(key="delete-now").disabled
    page.text_input(key="delete-name").set_value("fossils").run()
    page.button(key="delete-now").click().run()
    assert not page.exception
    assert api.collections == []
