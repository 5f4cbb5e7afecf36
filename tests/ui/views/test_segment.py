from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire_jobs import JobFileOut
from facies.ui.components.scribble import Go, Place, to_data
from facies.ui.markup import plain
from facies.ui.views.segment_result import find_named, find_places
from tests.ui.test_depth_log import BY_DEPTH
from tests.ui.views.test_collections import job_out

FRACTIONS = JobFileOut(
    name="fractions_by_depth.csv",
    role="result",
    bytes=900,
    sha256="1" * 64,
    path="/v1/jobs/j1/files/fractions_by_depth.csv",
)
REPORT = {
    "classes": [{"id": 0, "name": "sand", "colour": "#e6413e"}, {"id": 1, "name": "shale", "colour": "#1429fb"}],
    "sections": [
        {
            "image": "p1.png",
            "sha256": "p1-sha",
            "folder": ".",
            "drift": {"is_drifting": True, "sentence": "It differs from those of training."},
        }
    ],
    "failed": [{"image": "core_p9.png", "reason": "it is no image"}],
    "notes": ["a note"],
    "training": {"grouped_cv_f1": 0.77, "poster_f1": 1.0, "notes": []},
    "suggestions": [
        {
            "sha256": "p1-sha",
            "suggestions": [{"row": 5, "column": 6, "radius_px": 16, "reason": "row 5: sand or shale?"}],
        }
    ],
}
MACERALS = {
    "um_per_px": 0.5,
    "images": [{"image": "p1.png", "sha256": "p1-sha", "folder": ".", "drift": None}],
    "macerals": [
        {"name": "vitrinite", "regions": 3, "area_um2": 12.5, "percent_of_foreground": 60.0, "percent_of_image": 20.0}
    ],
}


def _script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import segment

    st.session_state["pages"] = {}
    app.guarded(segment.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def page(api: Any) -> AppTest:
    return AppTest.from_function(_script, default_timeout=30)


@pytest.fixture
def drawn(api: Any, page: AppTest) -> AppTest:
    api.drawings.append(api.drawing_out())
    page.query_params["drawing"] = "0123456789ab"
    return page


def done(api: Any, **more: Any) -> None:
    """A run of the drawing that is over."""
    api.drawings[0] = api.drawing_out(runs=[{"job": "j1", "revisions": {"p1": 2}}], **more.pop("drawing", {}))
    values = {
        "id": "j1",
        "kind": "segment",
        "state": "done",
        "collection": None,
        "files": [FRACTIONS],
        "result": REPORT,
    }
    api.jobs[:] = [job_out(**(values | more))]
    api.job_files["fractions_by_depth.csv"] = BY_DEPTH.encode()


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.caption, *page.text, *page.info, *page.warning])


def test_without_a_drawing_it_says_how_to_begin(api: Any, page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "What you draw is kept on the service" in shown(page)
    assert page.button(key="segment-begin-now").disabled
    assert not api.bodies("/drawings")


def test_drawings_are_listed_and_opened(api: Any, page: AppTest) -> None:
    api.drawings.append(api.drawing_out())
    page.run()
    assert "Core by depth \u00b7 1 picture \u00b7 4 strokes" in shown(page)
    page.button(key="open-drawing-0123456789ab").click().run()
    assert page.query_params["drawing"] == "0123456789ab"
    assert page.text_input(key="segment-title-0123456789ab").value == "Well A-1"


def test_a_title_is_no_markdown_and_damaged_strokes_are_told(api: Any, page: AppTest) -> None:
    damaged = api.picture_out("p_2", strokes=0, by_class={}, problem="cannot write strokes.json")
    api.drawings.append(api.drawing_out(title="*A*_1_", pictures=[api.picture_out(), damaged]))
    page.run()
    assert page.button(key="open-drawing-0123456789ab").label == plain("*A*_1_")
    assert f"The strokes of {plain('p_2.png')} cannot be read" in shown(page)


def test_a_link_to_a_run_of_another_drawing_is_left_alone(api: Any, drawn: AppTest) -> None:
    done(api, state="running", result=None, files=[])
    api.drawings[0] = api.drawing_out(runs=[])
    drawn.query_params["job"] = "j1"
    drawn.run()
    assert not drawn.exception
    assert not drawn.button(key="segment-run").disabled


def test_a_link_to_an_image_begins_with_it(api: Any, page: AppTest) -> None:
    image = api.images[2]
    page.query_params["collection"] = "fossils"
    page.query_params["image"] = image.id
    page.run()
    assert page.selectbox(key="segment-image-begin").value == image.id
    page.segmented_control(key="segment-task").set_value("macerals").run()
    page.button(key="segment-begin-now").click().run()
    assert not page.exception
    assert api.bodies("/drawings")[0]["task"] == "macerals"
    assert api.bodies("/pictures") == [{"collection": "fossils", "image": image.id}]
    assert page.query_params["drawing"] == "0123456789ab"


def test_a_picture_that_is_refused_leaves_no_empty_drawing(api: Any, page: AppTest) -> None:
    api.instead["POST /v1/drawings/0123456789ab/pictures"] = api.problem(403, "AccessError", "outside the folders")
    page.run()
    page.segmented_control(key="segment-way-begin").set_value("From the service's disk").run()
    page.text_input(key="segment-path-begin").set_value("/etc/core.png").run()
    page.button(key="segment-begin-now").click().run()
    assert "Outside the folders" in shown(page)
    assert api.drawings == []


def test_a_drawing_that_is_gone_is_told(page: AppTest) -> None:
    page.query_params["drawing"] = "ffffffffffff"
    page.run()
    assert "There is no drawing" in shown(page)


def test_the_whole_is_ordered_as_the_settings_say(api: Any, drawn: AppTest) -> None:
    api.jobs[:] = [job_out(id="j1", kind="segment", collection=None)]
    drawn.run()
    assert not drawn.exception
    drawn.text_input(key="segment-well").set_value("A-1").run()
    drawn.multiselect(key="segment-not-rock").set_value(["shale"]).run()
    drawn.button(key="segment-run").click().run()
    (body,) = api.bodies("/runs")
    assert (body["well"], body["not_rock"], body["step_m"], body["kind"]) == ("A-1", [1], 0.01, "extra-trees")


def test_what_an_order_is_refused_for_is_told(api: Any, drawn: AppTest) -> None:
    detail = "no depth is known"
    api.instead["POST /v1/drawings/0123456789ab/runs"] = api.problem(422, "DrawingError", detail)
    drawn.run()
    drawn.button(key="segment-run").click().run()
    assert "No depth is known" in shown(drawn)


def test_with_one_class_nothing_can_be_named(api: Any, drawn: AppTest) -> None:
    api.drawings[0] = api.drawing_out(pictures=[api.picture_out(by_class={0: 4})])
    drawn.run()
    assert drawn.button(key="segment-run").disabled


def test_a_result_is_shown_by_depth(api: Any, drawn: AppTest) -> None:
    done(api)
    drawn.run()
    assert not drawn.exception
    words = shown(drawn)
    assert "Strokes have changed since" in words
    assert plain("core_p9.png was left out: it is no image") in words, "a name is no Markdown"
    assert plain("p1.png: It differs from those of training.") in words
    assert "row 5: sand or shale?" in words
    drawn.button(key="segment-go-0").click().run()
    assert drawn.session_state["segment-go"] == Go(0, 1)


def test_a_result_without_depths_goes_by_rows(api: Any, drawn: AppTest) -> None:
    rows = FRACTIONS.model_copy(update={"name": "fractions.csv", "path": "/v1/jobs/j1/files/fractions.csv"})
    done(api, files=[rows])
    api.job_files["fractions.csv"] = b"section,row,depth_m,rock_share,uncertainty,fraction_sand\np1.png,0,,1,0.1,1\n"
    drawn.run()
    assert "No depth is known" in shown(drawn)


def test_macerals_have_areas(api: Any, drawn: AppTest) -> None:
    done(api, result=MACERALS, files=[], drawing={"task": "macerals"})
    drawn.run()
    assert not drawn.exception
    table = drawn.dataframe[0].value
    assert table["maceral"].tolist() == ["vitrinite"]
    assert table["area (\u00b5m\u00b2)"].tolist() == [12.5]


def test_a_failed_job_is_told_and_tried_again(api: Any, drawn: AppTest) -> None:
    done(api, state="failed", result=None, files=[], error={"code": "StorageError", "message": "the disk is full"})
    drawn.run()
    assert "the disk is full" in shown(drawn)
    assert "Your strokes are kept" in shown(drawn)
    drawn.button(key="segment-retry").click().run()
    assert api.asked_for("POST", "/jobs/j1/retry")


def test_a_running_job_shows_how_far_it_is(api: Any, drawn: AppTest) -> None:
    done(api, state="running", result=None, files=[], stage="naming p1.png", done=30, total=90)
    drawn.run()
    assert "draw on meanwhile" in shown(drawn)
    assert drawn.button(key="segment-run").disabled
    drawn.button(key="segment-stop").click().run()
    assert api.asked_for("POST", "/jobs/j1/cancel")


def test_one_of_several_pictures_is_chosen(api: Any, drawn: AppTest) -> None:
    api.drawings[0] = api.drawing_out(pictures=[api.picture_out("p1", top_m=10.0), api.picture_out("p2")])
    drawn.run()
    drawn.selectbox(key="segment-picture").set_value("p2").run()
    assert drawn.query_params["picture"] == "p2"
    drawn.button(key="segment-remove").click().run()
    assert api.asked_for("DELETE", "/pictures/p2")


def test_what_is_drawn_on_goes_to_the_browser_by_address(api: Any) -> None:
    drawing = api.drawing_out()
    place = Place(5, 6, 16, "here")
    data = to_data(
        drawing, drawing.pictures[0], "http://h{}".format, named_by="j1", places=[place], go=Go(0, 2), loaded=1
    )
    assert data["picture"]["tiles"]["path"] == "http://h/v1/drawings/0123456789ab/pictures/p1/tiles"
    assert data["result"] == "http://h/v1/drawings/0123456789ab/pictures/p1/masks/j1"
    assert data["places"] == [{"row": 5, "column": 6, "radius_px": 16, "reason": "here"}]
    same = to_data(
        drawing, drawing.pictures[0], "http://h{}".format, named_by="j1", places=[place], go=Go(0, 2), loaded=1
    )
    assert same["version"] == data["version"]


def test_a_report_is_asked_for_this_picture_alone(api: Any) -> None:
    job = job_out(id="j1", state="done", result=REPORT)
    assert find_named(job, api.picture_out("p1")) is not None
    assert find_named(job, api.picture_out("p2")) is None
    assert find_places(job, api.picture_out("p2")) == []
