"""Labelling by itself: what is foretold, and what is given by it."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from facies.core.wire_labels import AutoLabelBody
from facies.ui.label_state import PRECISIONS
from facies.ui.views.label_curve import to_spec
from tests.ui.views.test_labels import button, drawn, shown

AUTO = "POST /v1/collections/fossils/labels/auto"


def test_the_slider_is_moved_without_naming_the_images_again(api: Any, label_page: AppTest) -> None:
    label_page.run()
    assert not label_page.exception
    assert "<dd>10</dd>" in drawn(label_page)
    (asked,) = api.bodies("/labels/auto")
    assert asked["curve"] == list(PRECISIONS)
    label_page.select_slider(key="auto-precision").set_value(0.8).run()
    assert "<dd>40</dd>" in drawn(label_page)
    assert button(label_page, "auto-apply-now").label == "Label 40 images"
    further = api.bodies("/labels/auto")[1:]
    assert [(one["precision"], "curve" in one) for one in further] == [(0.8, False)]
    label_page.select_slider(key="auto-precision").set_value(0.95).run()
    assert len(api.bodies("/labels/auto")) == 2
    assert dict(label_page.query_params)["precision"] in ("0.95", ["0.95"])


def test_it_says_what_it_learnt_from_and_what_to_know(label_page: AppTest) -> None:
    label_page.run()
    assert "3 validated images of 2 classes by votes of the nearest and a linear head" in shown(label_page)
    assert "Only 3 validated images" in shown(label_page)
    assert list(label_page.dataframe[0].value["label"]) == ["azolla"]


def test_labels_are_given_as_foretold_and_taken_back(api: Any, label_page: AppTest) -> None:
    label_page.query_params["precision"] = "0.9"
    label_page.query_params["gate"] = "0"
    label_page.run()
    button(label_page, "auto-apply-now").click().run()
    assert not label_page.exception
    order = next(one for one in api.bodies("/labels/auto") if one.get("apply"))
    assert (order["precision"], order["gate"], order["version"], order["examples"]) == (0.9, False, [9, 2], 0)
    assert "**20** images are labelled, batch 8." in shown(label_page)
    label_page.button(key="naming-undo").click().run()
    assert api.asked_for("POST", "/labels/batches/8/undo")


def test_a_double_click_gives_labels_once(api: Any, label_page: AppTest) -> None:
    label_page.run()
    apply = button(label_page, "auto-apply-now")
    apply.click().run()
    (order,) = [one for one in api.bodies("/labels/auto") if one.get("apply")]
    again = AutoLabelBody.model_validate(order)
    label_page.session_state["label-auto-order"] = ("fossils", again)  # the second click, by the preview that was shown
    label_page.run()
    assert not label_page.exception
    assert len([one for one in api.bodies("/labels/auto") if one.get("apply")]) == 1
    assert "images are labelled, batch 8." in shown(label_page)


def test_what_was_wished_in_another_section_is_not_given(api: Any, label_page: AppTest) -> None:
    label_page.run()
    button(label_page, "auto-apply-now").click()
    label_page.segmented_control(key="label-section").set_value("batches").run()
    label_page.segmented_control(key="label-section").set_value("automatic").run()
    assert not [one for one in api.bodies("/labels/auto") if one.get("apply")]


def test_labels_that_changed_meanwhile_are_told_and_nothing_is_given(api: Any, label_page: AppTest) -> None:
    label_page.run()
    usual = len(api.asked)
    api.instead[AUTO] = api.problem(409, "StalePreviewError", "labels have changed since the preview")
    button(label_page, "auto-apply-now").click().run()
    assert "Labels have changed since the preview" in shown(label_page)
    assert len(api.asked) > usual
    assert not any(one.key == "naming-undo" for one in label_page.button)


def test_where_no_probability_suffices_nothing_can_be_given(api: Any, label_page: AppTest) -> None:
    label_page.query_params["precision"] = "0.995"
    label_page.run()
    assert button(label_page, "auto-apply-now").disabled
    assert "No probability reaches this share" in shown(label_page)


def test_what_the_service_refuses_is_told(api: Any, label_page: AppTest) -> None:
    label_page.run()
    api.instead[AUTO] = api.problem(422, "QueryError", "collection 'fossils' has no field 'well'")
    label_page.checkbox(key="auto-classwise").check().run()
    assert "Collection 'fossils' has no field 'well'" in shown(label_page)


def test_single_images_of_each_outcome_are_shown(label_page: AppTest) -> None:
    label_page.run()
    label_page.segmented_control(key="auto-details").set_value("labelled").run()
    assert not label_page.exception
    assert "8 of them, the least sure first" in shown(label_page)
    label_page.segmented_control(key="auto-details").set_value("unknown").run()
    assert "No image." in shown(label_page)


def test_a_chart_marks_the_chosen_share() -> None:
    spec = to_spec("errors", 0.9)
    assert spec["layer"][0]["mark"]["type"] == "area"
    assert "0.9" in spec["layer"][-1]["transform"][0]["filter"]
    assert to_spec("coverage", 0.9)["layer"][0]["mark"]["type"] == "line"
