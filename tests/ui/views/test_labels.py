"""The frame of the label page: which collection, which section, how far the labelling has come."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from tests.ui.conftest import GoBack


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.subheader, *page.caption, *page.text])


def button(page: AppTest, start: str) -> Button:
    """The button whose key begins so: it ends with what the button was drawn for."""
    (found,) = [one for one in page.button if str(one.key).startswith(start)]
    return found


def drawn(page: AppTest) -> str:
    return " ".join(one.proto.body for one in page.get("html"))


def test_without_a_collection_the_page_says_how_to_make_one(api: Any, label_page: AppTest) -> None:
    api.collections.clear()
    label_page.run()
    assert label_page.header[0].value == "No collection yet"


def test_an_empty_collection_says_how_to_fill_it(api: Any, label_page: AppTest) -> None:
    api.collections[:] = [api.collection_out("fossils", images=0)]
    label_page.run()
    assert "holds no images yet" in shown(label_page)


def test_progress_is_told_by_state(api: Any, label_page: AppTest) -> None:
    api.images[4] = api.image_out(4, "azolla", state="predicted")
    label_page.run()
    assert not label_page.exception
    assert "<b>4</b> validated <span>50%</span>" in drawn(label_page)
    assert "<b>1</b> predicted" in drawn(label_page)
    assert "<b>3</b> without a label" in drawn(label_page)
    assert "dubious" not in drawn(label_page)


@pytest.mark.parametrize("work", ["automatic", "queue", "grow", "unknowns", "batches"])
def test_each_section_has_an_address(label_page: AppTest, work: str) -> None:
    label_page.query_params["collection"] = "fossils"
    label_page.query_params["work"] = work
    label_page.run()
    assert not label_page.exception
    assert label_page.segmented_control(key="label-section").value == work
    other = "batches" if work != "batches" else "queue"
    label_page.segmented_control(key="label-section").set_value(other).run()
    assert not label_page.exception
    assert dict(label_page.query_params)["work"] in (other, [other])


@pytest.mark.parametrize(("validated", "words"), [(0, "Nothing is validated yet"), (1, "of one class, azolla")])
def test_with_nothing_to_learn_from_the_page_says_how_to_begin(
    api: Any, label_page: AppTest, validated: int, words: str
) -> None:
    api.images = [api.image_out(place, "azolla" if place < validated else None) for place in range(5)]
    label_page.run()
    assert words in shown(label_page)
    label_page.button(key="begin-queue").click().run()
    assert not label_page.exception
    assert api.bodies("/review/queue")[0]["by"] == "diverse"


def test_a_narrower_choice_of_images_is_in_the_address_and_in_every_question(api: Any, label_page: AppTest) -> None:
    label_page.query_params["only"] = ["well=6407/6-5", "depth_m=1200.."]
    label_page.query_params["group"] = "slide"
    label_page.run()
    where = {"all": [{"field": "well", "any_of": ["6407/6-5"]}, {"field": "depth_m", "range": {"gte": 1200.0}}]}
    asked = api.bodies("/labels/auto")[0]
    assert (asked["where"], asked["group"]) == (where, "slide")
    label_page.multiselect(key="scope-well").set_value([]).run()
    assert api.bodies("/labels/auto")[-1]["where"] == where["all"][1]
    label_page.number_input(key="scope-slide-low").set_value(3.0).run()
    assert {"field": "slide", "range": {"gte": 3}} in api.bodies("/labels/auto")[-1]["where"]["all"]
    label_page.button(key="scope-clear").click().run()
    assert "where" not in api.bodies("/labels/auto")[-1]
    assert "only" not in dict(label_page.query_params)


def test_back_to_another_collection_brings_its_link_back(api: Any, label_page: AppTest, go_back: GoBack) -> None:
    api.collections[:] = [api.collection_out(name, images=8, labelled=4) for name in ("fossils", "figures")]
    first = {"collection": "fossils", "work": "grow", "label": "azolla", "like": [api.image_out(1).id]}
    for name, value in first.items():
        label_page.query_params[name] = value
    label_page.run()
    label_page.selectbox(key="collection-choice").set_value("figures").run()
    assert "label" not in dict(label_page.query_params), "another collection has other images"
    label_page.query_params.clear()
    for name, value in first.items():
        label_page.query_params[name] = value
    go_back(label_page)
    assert not label_page.exception
    assert label_page.selectbox(key="grow-label").value == "azolla"
    assert dict(label_page.query_params)["like"] in (first["like"], first["like"][0])


def test_back_to_another_collection_keeps_a_filter_that_both_have(
    api: Any, label_page: AppTest, go_back: GoBack
) -> None:
    api.collections[:] = [api.collection_out(name, images=8, labelled=4) for name in ("fossils", "figures")]
    for name in ("fossils", "figures"):
        label_page.query_params["collection"] = name
        label_page.query_params["work"] = "queue"
        label_page.query_params["only"] = "label=azolla"
        go_back(label_page)
        assert api.bodies("/review/queue")[-1]["where"] == {"field": "label", "any_of": ["azolla"]}
