"""The map page against the service in a function; the component itself is tested in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire_maps import Shown
from facies.ui.map_state import Colours, Lasso
from facies.ui.views.map_job import progress_words
from tests.ui.views.test_collections import job_out

LASSO = Lasso(3, ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), Shown(values=["azolla", None]))


def _script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import maps

    st.session_state["pages"] = {}
    app.guarded(maps.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def map_page(api: Any) -> AppTest:
    return AppTest.from_function(_script, default_timeout=30)


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.subheader, *page.caption])


def test_without_a_map_the_page_offers_to_make_one_and_follows_the_job(api: Any, map_page: AppTest) -> None:
    map_page.run()
    assert not map_page.exception
    assert "fossils has no map yet" in shown(map_page)
    api.jobs[:] = [job_out(kind="map", stage="laying out", done=40, total=200)]
    map_page.button(key="make-map").click().run()
    assert api.bodies("/v1/jobs") == [{"kind": "map", "parameters": {"collection": "fossils"}, "priority": 0}]
    assert "Making the map of fossils" in shown(map_page)


def test_a_job_that_failed_says_why(api: Any, map_page: AppTest) -> None:
    error = {"code": "TooFewImagesError", "message": "2 images of 'fossils' have a vector"}
    api.jobs[:] = [job_out(kind="map", state="failed", error=error)]
    map_page.run()
    map_page.button(key="make-map").click().run()
    assert "The making of the map failed" in shown(map_page)
    assert "2 images of 'fossils'" in map_page.text[0].value


def test_a_map_is_described_and_coloured(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    api.taxonomy = "drawn"
    map_page.run()
    assert not map_page.exception
    assert "**5** images" in shown(map_page)
    assert "1 of them placed later" in shown(map_page)
    colours = map_page.selectbox(key="map-colours")
    assert colours.options == ["Label", "State of the label", "Label, by class", "depth_m", "slide", "well"]
    colours.set_value(Colours("label", "class")).run()
    assert dict(api.asked[-1].url.params) == {"by": "label", "rank": "class"}
    assert dict(map_page.query_params)["rank"] in ("class", ["class"])


def test_a_link_opens_its_map(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out(5), api.map_out(3, "pca")]
    for name, value in (("collection", "fossils"), ("map", "3"), ("by", "well")):
        map_page.query_params[name] = value
    map_page.run()
    assert map_page.selectbox(key="map-choice").value == 3
    assert "principal plane, while the layout is computed" in shown(map_page)
    assert api.asked[-1].url.path.endswith("/maps/3/legend")
    assert api.asked[-1].url.params["by"] == "well"
    map_page.selectbox(key="map-choice").set_value(5).run()
    assert api.asked[-1].url.path.endswith("/maps/5/legend")


def test_what_a_lasso_encloses_is_shown_and_labelled_and_taken_back(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    map_page.session_state["lasso"] = LASSO
    map_page.run()
    assert not map_page.exception
    assert "4 images enclosed" in shown(map_page)
    assert map_page.button(key="lasso-apply").disabled
    map_page.selectbox(key="lasso-label").set_value("azolla").run()
    map_page.button(key="lasso-apply").click().run()
    (order,) = api.bodies("/lasso/labels")
    assert (order["label"], order["expected"]) == ("azolla", 4)
    assert "3 images are now **azolla**. 1 stay as somebody has validated them." in shown(map_page)
    assert map_page.session_state["lasso"] is None
    map_page.button(key="naming-undo").click().run()
    assert api.asked_for("POST", "/labels/batches/7/undo")
    assert "images are now" not in shown(map_page)


def test_a_label_that_is_refused_is_told_and_the_lasso_stays(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    api.instead["POST /v1/collections/fossils/maps/3/lasso/labels"] = api.problem(
        422, "UnknownTaxonError", "'azola' is no taxon. Did you mean 'azolla'?"
    )
    map_page.session_state["lasso"] = LASSO
    map_page.run()
    map_page.selectbox(key="lasso-label").set_value("azolla").run()
    map_page.button(key="lasso-apply").click().run()
    assert "Did you mean 'azolla'?" in map_page.text[0].value
    assert map_page.session_state["lasso"] == LASSO


def test_the_image_of_a_point_is_shown(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    map_page.session_state["point"] = (3, 2)
    map_page.run()
    assert not map_page.exception
    assert api.asked_for("GET", "/maps/3/points/2")


def test_a_map_that_went_meanwhile_is_told(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    api.instead["GET /v1/collections/fossils/maps/3/legend"] = api.problem(
        404, "MapNotFoundError", "no map 3. It has 4."
    )
    map_page.run()
    assert "No map 3. It has 4." in map_page.text[0].value


def test_an_empty_collection_says_how_to_fill_it(api: Any, map_page: AppTest) -> None:
    api.collections[:] = [api.collection_out("fossils", images=0)]
    map_page.run()
    assert "holds no images yet" in shown(map_page)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"state": "queued"}, "Waiting for its turn"),
        ({"cancel_requested": True}, "Stopping"),
        ({"stage": "laying out", "total": None}, "Laying out, preparing"),
        ({"stage": "finding neighbours", "done": 3, "total": 10}, "Finding neighbours: 3 of 10"),
        ({"stage": "", "total": None}, "Starting"),
    ],
)
def test_progress_is_said_in_words(more: dict[str, Any], words: str) -> None:
    assert progress_words(job_out(**{"kind": "map", **more})).startswith(words)


def test_a_label_that_is_too_long_is_told_in_words_and_the_lasso_stays(api: Any, map_page: AppTest) -> None:
    api.collections[:] = [api.collection_out(labels={"a" * 256: 3})]
    api.maps[:] = [api.map_out()]
    map_page.session_state["lasso"] = LASSO
    map_page.run()
    map_page.selectbox(key="lasso-label").set_value("a" * 256).run()
    assert not map_page.exception
    map_page.button(key="lasso-apply").click().run()
    assert not map_page.exception
    assert any("at most 255 characters" in one.value for one in map_page.text)
    assert map_page.session_state["lasso"] == LASSO
    assert not api.bodies("/lasso/labels")


def test_more_of_a_lasso_is_asked_for_page_by_page(api: Any, map_page: AppTest) -> None:
    api.maps[:] = [api.map_out()]
    map_page.session_state["lasso"] = LASSO
    map_page.run()
    map_page.session_state["lasso_pages"] = 2
    map_page.run()
    assert not map_page.exception
    assert [(one.get("offset", 0), one.get("limit", 200)) for one in api.bodies("/lasso")] == [(0, 200), (200, 200)]
