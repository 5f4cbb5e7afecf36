"""The page of batches, with a service that lives in a function."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.errors import QueryError
from facies.core.wire_taxonomy import TaxonomySummaryOut


def _script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import classify

    st.session_state["pages"] = {}
    app.guarded(classify.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def classify_page(api: Any) -> AppTest:
    return AppTest.from_function(_script, default_timeout=30)


def words(page: AppTest) -> str:
    return " ".join([*(m.value for m in page.markdown), *(c.value for c in page.caption)])


def upload(page: AppTest, *names: str) -> AppTest:
    files = [(name, name.encode(), "image/png") for name in names]
    return page.file_uploader(key="batch-upload-Files").set_value(files).run()


def named(page: AppTest, *names: str) -> AppTest:
    upload(page, *names)
    return page.button(key="batch-start").click().run()


def table(page: AppTest) -> list[dict[str, Any]]:
    found = next(one.value for one in page.dataframe if "verdict" in one.value)
    rows: list[dict[str, Any]] = found.to_dict("records")
    return rows


def asked_files(api: Any) -> int:
    return sum(r.content.count(b'name="files"') for r in api.asked if r.url.path.endswith("/classify/upload"))


def test_the_page_says_what_to_do(api: Any, classify_page: AppTest) -> None:
    page = classify_page.run()
    assert not page.exception
    assert "Drop images or a folder above" in words(page)
    assert page.query_params == {"collection": "fossils", "precision": "0.95"}


def test_without_labels_it_says_where_they_come_from(api: Any, classify_page: AppTest) -> None:
    api.collections[0] = api.collection_out(labelled=0, labels={})
    page = classify_page.run()
    assert "No image of fossils has a label yet" in words(page)
    assert not page.file_uploader


def test_files_are_named_and_the_unreadable_listed(api: Any, classify_page: AppTest) -> None:
    page = named(classify_page.run(), "a1.png", "b2.png", "bad \u2116 3.png")
    assert not page.exception
    rows = table(page)
    assert [row["file"] for row in rows] == ["a1.png", "b2.png", "bad \u2116 3.png"]
    assert [row["verdict"] for row in rows] == ["a label", "unknown", "unreadable"]
    assert rows[2]["then"] == "it is no image"
    assert "learnt from 5 validated images" in words(page)
    assert "Naming" not in words(page)
    assert any("1 label is out of the question" in e.label for e in page.expander)
    page.run()
    assert asked_files(api) == 3, "what was named is not asked about again"


def test_more_files_are_named_without_those_that_were(api: Any, classify_page: AppTest) -> None:
    page = named(classify_page.run(), "a1.png", "b2.png")
    upload(page, "a1.png", "b2.png", "a3.png")
    assert page.button(key="batch-start").label == "Go on with 3 images"  # a fresh upload is a fresh file
    page.button(key="batch-start").click().run()
    assert {row["file"] for row in table(page)} >= {"a3.png"}


def test_the_verdict_filters(classify_page: AppTest) -> None:
    page = named(classify_page.run(), "a1.png", "b2.png", "bad.png")
    page.button_group(key="batch-verdicts").set_value(["unknown", "unreadable"]).run()
    assert [row["file"] for row in table(page)] == ["b2.png", "bad.png"]


def test_options_are_sent_and_stand_in_the_address(api: Any, classify_page: AppTest) -> None:
    page = classify_page.run()
    page.number_input(key="batch-precision").set_value(None).run()
    page.selectbox(key="batch-group").set_value("well").run()
    assert page.query_params == {"collection": "fossils", "precision": "none", "group": "well"}
    named(page, "a1.png")
    sent = next(r.content for r in api.asked if r.url.path.endswith("/classify/upload"))
    assert b'"group":"well"' in sent
    assert b"precision" not in sent
    assert table(page)[0]["verdict"] == "named"
    page.number_input(key="batch-precision").set_value(0.9).run()
    assert "The options have changed since" in words(page)
    page.button(key="batch-start").click().run()
    assert table(page)[0]["verdict"] == "a label"
    assert asked_files(api) == 2


def test_an_address_brings_its_options_along(api: Any, classify_page: AppTest) -> None:
    api.taxonomy = "drawn"
    api.collections[0] = api.collection_out(taxonomy="drawn")
    classify_page.query_params["precision"] = "0.8"
    classify_page.query_params["age"] = "10..20"
    classify_page.query_params["depth"] = "..1200"
    classify_page.query_params["only"] = "azolla"
    classify_page.query_params["roll_up"] = "0.7"
    classify_page.query_params["labels"] = "name"
    page = classify_page.run()
    assert not page.exception
    assert page.number_input(key="batch-age-high").value == 20
    assert page.multiselect(key="batch-only").value == ["azolla"]
    named(page, "a1.png")
    sent = next(r.content for r in api.asked if r.url.path.endswith("/classify/upload"))
    for part in (b'"precision":0.8', b'"age":[10.0,20.0]', b'"depth":[null,1200.0]', b'"only":["azolla"]'):
        assert part in sent
    assert b'"roll_up":0.7' in sent
    assert page.query_params["age"] == "10..20"


def test_what_another_collection_had_is_left_out(api: Any, classify_page: AppTest) -> None:
    classify_page.query_params["vector"] = "gone"
    classify_page.query_params["group"] = "gone"
    classify_page.query_params["roll_up"] = "0.7"
    page = classify_page.run()
    assert not page.exception
    assert "group" not in page.query_params
    assert "roll_up" not in page.query_params


def test_labels_from_file_names_are_held_against_the_names_given(classify_page: AppTest) -> None:
    classify_page.query_params["labels"] = "name"
    classify_page.query_params["precision"] = "none"
    page = classify_page.run()
    named(page, "azolla_1.png", "azolla_2.png", "strange_3.png", "bad_4.png")
    assert "No image of fossils is labelled bad, strange" in words(page)
    figures = next(one.proto.body for one in page.get("html") if "of these right" in one.proto.body)
    assert "<dd>3</dd>" in figures
    assert "66.7%" in figures
    classes = page.dataframe[-1].value.to_dict("records")
    assert [(row["label"], row["recall"]) for row in classes if row["label"] != "areoligera"] == [
        ("azolla", 1.0),
        ("strange", 0.0),
    ]


def test_a_refusal_of_the_service_stops_the_batch_and_is_shown(api: Any, classify_page: AppTest) -> None:
    page = classify_page.run()
    path = "POST /v1/collections/fossils/classify/upload"
    api.instead[path] = api.problem(422, QueryError.__name__, "the validated images are of 1 class")
    named(page, "a1.png")
    assert not page.exception
    assert any("of 1 class" in one.value for one in page.text)
    del api.instead[path]
    page.button(key="batch-start").click().run()
    assert table(page)[0]["verdict"] == "a label"


def test_the_collection_itself_is_confused(api: Any, classify_page: AppTest) -> None:
    page = classify_page.run()
    page.session_state["classify-tabs"] = "The collection itself"
    page.run()
    assert not page.exception
    figures = next(one.proto.body for one in page.get("html") if "of these right" in one.proto.body)
    assert "80.0%" in figures
    assert "100.0%" in figures
    assert "of 9 validated images 5 were learnt from" in words(page)
    request = next(r for r in api.asked if r.url.path.endswith("/confusion"))
    assert request.url.params["precision"] == "0.95"


def test_too_few_labels_for_a_confusion_are_told(api: Any, classify_page: AppTest) -> None:
    api.instead["GET /v1/collections/fossils/confusion"] = api.problem(422, "QueryError", "naming takes at least 2")
    page = classify_page.run()
    page.session_state["classify-tabs"] = "The collection itself"
    page.run()
    assert any("Naming takes" in one.value or "naming takes" in one.value for one in page.text)


def test_a_taxonomy_offers_to_narrow_and_to_roll_up(api: Any, classify_page: AppTest) -> None:
    api.collections[0] = api.collection_out(taxonomy="drawn")
    assert isinstance(api.taxonomies[0], TaxonomySummaryOut)
    page = classify_page.run()
    assert page.multiselect(key="batch-only").options == ["Dinophyceae", "azolla"]
    assert page.number_input(key="batch-roll_up").value is None
