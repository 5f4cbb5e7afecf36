from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire import FailureOut, IndexReport, IndexRunOut
from facies.ui.views.indexing import _code, duration, progress_words


def run_out(**more: Any) -> IndexRunOut:
    values: dict[str, Any] = {
        "id": "r1",
        "collection": "fossils",
        "state": "running",
        "path": "/data/new",
        "done": 3,
        "total": 10,
        "images_per_s": 4.2,
        "seconds_left": 75.0,
        "error": None,
        "report": None,
    }
    return IndexRunOut.model_validate(values | more)


def words(page: AppTest) -> str:
    return " ".join([*(m.value for m in page.markdown), *(c.value for c in page.caption)])


def test_without_a_collection_the_page_says_what_to_do(api: Any, collections_page: AppTest) -> None:
    api.collections.clear()
    page = collections_page.run()
    assert not page.exception
    assert "No collection yet" in words(page)


def test_a_collection_is_shown_with_its_model(collections_page: AppTest) -> None:
    page = collections_page.run()
    assert not page.exception
    assert page.subheader[0].value == "fossils"
    assert "Title of lite0" in words(page)


def test_a_vector_that_is_computed_says_of_what(api: Any, collections_page: AppTest) -> None:
    raw = api.collections[0].vectors[0]
    derived = raw.model_copy(update={"name": "lite0-whitened-1", "source": "lite0", "projection": "00ff" * 4})
    api.collections[0] = api.collections[0].model_copy(update={"vectors": [derived, raw]})
    page = collections_page.run()
    assert not page.exception
    assert "lite0-whitened-1" in words(page)
    facts = [fact for one in page.get("html") if "computed from" in (fact := one.proto.body)]
    assert len(facts) == 1
    assert "00ff00ff00ff00ff" in facts[0]


def test_another_collection_can_be_opened(api: Any, collections_page: AppTest) -> None:
    api.collections.append(api.collection_out("figures", images=2))
    page = collections_page.run()
    page.button(key="open-figures").click().run()
    assert page.subheader[0].value == "figures"
    assert page.query_params["collection"] == "figures"


def test_a_folder_is_indexed_followed_and_reported(api: Any, collections_page: AppTest) -> None:
    report = IndexReport(indexed=9, failed=1, failures=[FailureOut(path="a.tif", reason="truncated")], notes=["a note"])
    api.runs = [run_out(done=0, total=None), run_out(), run_out(state="done", done=10, report=report)]
    page = collections_page.run()
    page.text_input(key="index-path-fossils").set_value(" /data/new ")
    page.button[_place(page, "Start indexing")].click().run()
    assert not page.exception
    assert api.bodies("/index") == [{"path": "/data/new"}]
    assert page.session_state["run"] == "r1"
    page.run()  # the clock of the fragment does not tick here
    page.run()
    assert "a note" in words(page)
    assert page.dataframe[0].value.to_dict("records") == [{"file": "a.tif", "reason": "truncated"}]
    page.button(key="dismiss-run").click().run()
    assert "a note" not in words(page)


def test_a_refused_path_is_told(api: Any, collections_page: AppTest) -> None:
    api.instead["POST /v1/collections/fossils/index"] = api.problem(
        403, "AccessError", "/etc is not allowed. Allowed: /data."
    )
    page = collections_page.run()
    page.text_input(key="index-path-fossils").set_value("/etc")
    page.button[_place(page, "Start indexing")].click().run()
    assert not page.exception
    assert "/etc is not allowed" in page.text[0].value


def test_a_run_that_failed_says_why(api: Any, collections_page: AppTest) -> None:
    api.runs = [run_out(state="failed", error="disk full. Free space.")]
    collections_page.query_params["run"] = "r1"
    page = collections_page.run()
    page.run()
    assert not page.exception
    assert "disk full. Free space." in [t.value for t in page.text]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (run_out(), "3 of 10 images \u00b7 4 a second \u00b7 about 1 min 15 s left"),
        (run_out(images_per_s=0.25, seconds_left=None), "3 of 10 images \u00b7 0.2 a second"),
        (run_out(done=0, total=None), "Looking for images"),
        (run_out(done=7, total=None), "7 images so far"),
    ],
)
def test_progress_in_words(run: IndexRunOut, expected: str) -> None:
    assert progress_words(run) == expected


def test_durations_in_words() -> None:
    assert [duration(s) for s in (0.4, 59.6, 3599, 7300)] == ["0 s", "1 min 0 s", "59 min 59 s", "2 h 1 min"]


@pytest.mark.parametrize("text", ["/data", "a `b` c", "```", "` ``"])
def test_a_path_stays_a_path_in_markdown(text: str) -> None:
    code = _code(text)
    fence = code.split(" ")[0]
    assert set(fence) == {"`"}
    assert fence not in text
    assert code == f"{fence} {text} {fence}"


def _place(page: AppTest, label: str) -> int:
    return [b.label for b in page.button].index(label)
