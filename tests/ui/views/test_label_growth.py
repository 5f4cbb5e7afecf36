"""Growing a label: from its examples over pages and an audit to one batch."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire_growth import GrownOut, GrowOut
from facies.ui.growth_state import Growing
from facies.ui.views.label_growth import grown_words
from tests.ui.answers import id_of, image_out
from tests.ui.label_answers import answer_growth, batch_out
from tests.ui.views.test_labels import button, shown

GROWTH = "/v1/collections/fossils/review/growth"


@pytest.fixture
def grow(label_page: AppTest) -> AppTest:
    label_page.query_params["work"] = "grow"
    label_page.query_params["label"] = "azolla"
    return label_page


def test_a_label_is_grown_to_its_audit_and_given(api: Any, grow: AppTest) -> None:
    grow.run()
    assert not grow.exception
    grow.button(key="grow-begin").click().run()
    assert grow.subheader[0].value == "azolla"
    assert "40 candidates · 0 pages judged · at most 2 pages are left" in shown(grow).replace("\u00b7", "·")
    grow.session_state["label-growth"].take_out([id_of(1)])
    grow.run()
    assert button(grow, "grow-right").label == "The other 2 are right"
    button(grow, "grow-right").click().run()
    (page,) = api.bodies("/growth/page")
    assert (page["verdict"], page["wrong"]) == ("right", [id_of(1)])
    assert "4 images would be accepted that nobody has looked at" in shown(grow)
    button(grow, "grow-draw").click().run()
    assert "drawn by chance (seed 0)" in shown(grow)
    button(grow, "grow-audited").click().run()
    assert button(grow, "grow-accept").label == "Label 8 images"
    button(grow, "grow-accept").click().run()
    assert not grow.exception
    assert "**azolla**: 5 validated, 3 predicted." in shown(grow)
    assert grow.button(key="grow-begin")
    grow.button(key="naming-undo").click().run()
    assert api.asked_for("POST", "/labels/batches/11/undo")


def test_an_audit_that_falls_short_can_be_shortened(api: Any, grow: AppTest) -> None:
    grow.run()
    grow.button(key="grow-begin").click().run()
    button(grow, "grow-wrong").click().run()
    assert api.bodies("/growth/page")[0]["verdict"] == "wrong"
    button(grow, "grow-draw").click().run()
    grow.session_state["label-growth"].take_out([id_of(0)])
    button(grow, "grow-audited").click().run()
    assert "Less than the 95% that is wanted" in shown(grow)
    button(grow, "grow-shorten").click().run()
    assert not grow.exception
    assert button(grow, "grow-accept").label == "Label 2 images"


def test_a_new_label_takes_examples(api: Any, grow: AppTest) -> None:
    grow.query_params["label"] = "Õpik\u2019s spore №7"
    grow.run()
    assert grow.button(key="grow-begin").disabled
    assert "give images that show it" in shown(grow)
    grow.text_area(key="grow-ids").set_value(f"{id_of(1)}\n{id_of(2)} {id_of(1)}").run()
    assert not grow.button(key="grow-begin").disabled
    assert dict(grow.query_params)["like"] == [id_of(1), id_of(2)]
    grow.button(key="grow-begin").click().run()
    assert api.bodies("/growth") == [{"label": "Õpik\u2019s spore №7", "examples": [id_of(1), id_of(2)]}]


def test_a_key_that_is_pressed_twice_judges_what_was_shown_once(api: Any, grow: AppTest) -> None:
    grow.run()
    grow.button(key="grow-begin").click().run()
    growing, asked = grow.session_state["label-growth"], []
    button(grow, "grow-right").click().run()
    growing.ask_for(0, lambda: asked.append("the page that was shown before"))  # the second press, heard late
    grow.run()
    assert asked == []
    assert len(api.bodies("/growth/page")) == 1


def test_what_was_said_before_the_verdict_counts_though_it_is_heard_with_it(api: Any, grow: AppTest) -> None:
    """Streamlit hears the button first where both came at once."""
    grow.run()
    grow.button(key="grow-begin").click().run()
    growing = grow.session_state["label-growth"]
    verdict = button(grow, "grow-right").click()
    growing.take_out([id_of(1)])
    verdict.run()
    assert api.bodies("/growth/page")[0]["wrong"] == [id_of(1)]


def test_a_label_is_given_once(api: Any, grow: AppTest) -> None:
    grow.run()
    for key in ("grow-begin", "grow-right", "grow-draw", "grow-audited"):
        button(grow, key).click().run()
    growing = grow.session_state["label-growth"]
    button(grow, "grow-accept").click().run()
    growing.ask_for(growing.turn, lambda: pytest.fail("the label is given already"))
    growing.carry_out()
    grow.run()
    assert not grow.exception
    assert len(api.bodies("/growth/accept")) == 1
    assert grow.button(key="grow-begin")


@pytest.mark.parametrize("like", ["foo", [id_of(place) for place in range(65)]])
def test_an_address_that_makes_no_sense_is_told_in_words(grow: AppTest, like: Any) -> None:
    grow.query_params["like"] = like
    grow.run()
    grow.button(key="grow-begin").click().run()
    assert not grow.exception
    assert "This query makes no sense to the service" in shown(grow)
    assert "examples" in shown(grow)


def test_what_the_service_refuses_is_told_and_the_session_stays(api: Any, grow: AppTest) -> None:
    grow.run()
    grow.button(key="grow-begin").click().run()
    api.instead[f"POST {GROWTH}/page"] = api.problem(422, "QueryError", "the vector is made in another way; start anew")
    button(grow, "grow-right").click().run()
    assert "The vector is made in another way" in shown(grow)
    assert button(grow, "grow-right")
    grow.button(key="grow-stop").click().run()
    assert grow.button(key="grow-begin")


def test_labels_given_meanwhile_are_told(api: Any, grow: AppTest) -> None:
    grow.run()
    for key in ("grow-begin", "grow-right", "grow-draw", "grow-audited"):
        button(grow, key).click().run()
    api.instead[f"POST {GROWTH}/accept"] = api.problem(409, "StaleLabelError", "the label of image 4 has changed")
    button(grow, "grow-accept").click().run()
    assert "The label of image 4 has changed" in shown(grow)
    assert button(grow, "grow-accept")


def test_what_was_given_is_said_with_what_was_not_looked_at() -> None:
    told = answer_growth("growth", {"label": "a_b"}, [image_out(1)])
    assert isinstance(told, GrowOut)
    given = GrownOut(batch=batch_out(), validated=5, predicted=0, rejected=2, confidence=None, notes=["9 stay"])
    assert grown_words(told, given) == "**a\\_b**: 5 validated, 2 rejected. 9 stay."


def _hear() -> None:
    import streamlit as st

    from facies.ui.service import load_collections, open_service
    from facies.ui.views import label_growth

    service = open_service("http://127.0.0.1:9", None)
    growing, said = st.session_state["label-growth"], st.session_state["said"]
    if said:
        label_growth.hear(service, load_collections(service)[0], growing, said)
    else:
        label_growth.take_back(service, load_collections(service)[0], growing)


@pytest.mark.parametrize(
    ("label", "state", "out", "given"),
    [
        ("azolla", "rejected", {2}, False),
        ("azolla", "dubious", {2}, False),
        ("azolla", "validated", set(), False),
        ("wrong from here on", "validated", {1, 2}, False),
        ("deflandrea", "validated", {2}, True),
    ],
)
def test_what_is_said_of_an_image_takes_it_out_or_leaves_it_in(
    api: Any, label: str, state: str, out: set[int], *, given: bool
) -> None:
    told = answer_growth("growth", {"label": "azolla"}, [image_out(place, None) for place in range(3)])
    assert isinstance(told, GrowOut)
    page = AppTest.from_function(_hear, default_timeout=30)
    page.session_state["label-growth"] = growing = Growing("fossils", told, 20)
    place = 1 if label == "wrong from here on" else 2
    page.session_state["said"] = [{"id": id_of(place), "label": label, "state": state, "seen": None}]
    page.run()
    assert not page.exception
    assert growing.out == {id_of(one) for one in out}
    assert [one["labels"][0]["label"] for one in api.bodies("/labels")] == (["deflandrea"] if given else [])
    page.session_state["said"] = []
    page.run()
    assert not page.exception
    assert growing.out == set()
    assert api.asked_for("POST", "/undo") == given
    page.run()
    assert page.session_state["naming"].outcome[1].startswith("Nothing to undo")
