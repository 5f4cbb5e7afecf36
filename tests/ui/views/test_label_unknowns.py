"""Groups of unknown images: named, renamed, merged, grown."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.answers import id_of
from tests.ui.views.test_labels import button, shown

GROUP = f"unknown-{id_of(0)}"


@pytest.fixture
def unknowns(label_page: AppTest) -> AppTest:
    label_page.query_params["work"] = "unknowns"
    return label_page


def named(api: Any) -> None:
    """Let the groups have their provisional names already."""
    labels = {"azolla": 2, "Unknown A": 2, "Unknown B": 2}
    api.collections[:] = [api.collection_out(images=8, labels=labels)]


def test_groups_are_told_with_what_they_are_nearest_to(api: Any, unknowns: AppTest) -> None:
    unknowns.run()
    assert not unknowns.exception
    told = shown(unknowns)
    assert "**6** of 30 images without a person's name are unknown: 4 of them in 2 groups, 0 apart." in told
    assert "**Unknown A** :gray[\u00b7 2 images, nearest to **azolla** (distance 0.30)]" in told
    unknowns.number_input(key="unknown-fewest").set_value(3).run()
    assert api.bodies("/review/unknowns")[-1]["fewest"] == 3


def test_they_get_provisional_names_as_one_batch(api: Any, unknowns: AppTest) -> None:
    unknowns.run()
    button(unknowns, "unknown-name").click().run()
    assert not unknowns.exception
    assert api.asked_for("POST", "/review/unknowns/name")
    assert "**4** images got the provisional name of their group." in shown(unknowns)
    unknowns.button(key="naming-undo").click().run()
    assert api.asked_for("POST", "/labels/batches/12/undo")


def test_a_second_click_gives_no_further_names(api: Any, unknowns: AppTest) -> None:
    unknowns.run()
    for _ in range(2):  # the labels of the fake do not change, so the second click is by what was shown
        button(unknowns, "unknown-name").click().run()
    assert not unknowns.exception
    assert len([one for one in api.asked if one.url.path.endswith("/review/unknowns/name")]) == 1
    assert "**4** images got the provisional name of their group." in shown(unknowns)


def test_a_named_group_becomes_a_taxon(api: Any, unknowns: AppTest) -> None:
    named(api)
    unknowns.run()
    unknowns.selectbox(key=f"{GROUP}-to").set_value("azolla").run()
    unknowns.checkbox(key=f"{GROUP}-to-seen").check().run()
    unknowns.button(key=f"{GROUP}-to-now").click().run()
    assert api.bodies("/review/rename") == [{"names": ["Unknown A"], "to": "azolla", "validate_images": True}]
    assert "are now azolla" in shown(unknowns)


def test_groups_are_merged(api: Any, unknowns: AppTest) -> None:
    named(api)
    unknowns.run()
    assert unknowns.button(key="unknown-merge-to-now").disabled
    unknowns.multiselect(key="unknown-merged").set_value(["Unknown A", "Unknown B"])
    unknowns.selectbox(key="unknown-merge-to").set_value("azolla").run()
    unknowns.button(key="unknown-merge-to-now").click().run()
    assert api.bodies("/review/rename") == [{"names": ["Unknown A", "Unknown B"], "to": "azolla"}]


def test_a_group_is_grown_from_its_images(api: Any, unknowns: AppTest) -> None:
    unknowns.run()
    unknowns.button(key=f"{GROUP}-grow").click().run()
    assert not unknowns.exception
    assert dict(unknowns.query_params)["like"] == [id_of(0), id_of(1)]
    unknowns.button(key="grow-begin").click().run()
    assert api.bodies("/growth")[0]["label"] == "Unknown A"


def test_with_no_group_the_page_says_what_to_change(api: Any, unknowns: AppTest) -> None:
    api.images.clear()
    unknowns.run()
    assert "No group of unknown images" in shown(unknowns)
    assert button(unknowns, "unknown-name").disabled
