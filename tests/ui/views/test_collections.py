from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire import FailureOut, IndexReport
from facies.core.wire_jobs import JobOut
from facies.ui import markup
from facies.ui.views.indexing import progress_words
from facies.ui.words import duration


def job_out(**more: Any) -> JobOut:
    values: dict[str, Any] = {
        "id": "j1",
        "kind": "index",
        "state": "running",
        "collection": "fossils",
        "parameters": {"path": "/data/new", "collection": "fossils"},
        "priority": 0,
        "needs": "any",
        "device": None,
        "actor": "ann",
        "stage": "indexing",
        "done": 3,
        "total": 10,
        "rate_per_s": 4.2,
        "seconds_left": 75.0,
        "attempt": 1,
        "max_attempts": 3,
        "worker": "host:1",
        "cancel_requested": False,
        "created_at": datetime(2026, 3, 4, tzinfo=UTC),
        "started_at": None,
        "finished_at": None,
        "heartbeat_at": None,
        "error": None,
        "version": 1,
    }
    return JobOut.model_validate(values | more)


def words(page: AppTest) -> str:
    return " ".join([*(m.value for m in page.markdown), *(c.value for c in page.caption)])


def test_without_a_collection_the_page_says_what_to_do(api: Any, collections_page: AppTest) -> None:
    api.collections.clear()
    page = collections_page.run()
    assert not page.exception
    assert "No collection yet" in words(page)


def test_a_collection_is_shown_with_its_model(collections_page: AppTest) -> None:
    collections_page.query_params["tab"] = "models"
    page = collections_page.run()
    assert not page.exception
    assert page.subheader[0].value == "fossils"
    assert "Title of lite0" in words(page)


def test_a_vector_that_is_computed_says_of_what(api: Any, collections_page: AppTest) -> None:
    raw = api.collections[0].vectors[0]
    derived = raw.model_copy(update={"name": "lite0-whitened-1", "source": "lite0", "projection": "00ff" * 4})
    api.collections[0] = api.collections[0].model_copy(update={"vectors": [derived, raw]})
    collections_page.query_params["tab"] = "models"
    page = collections_page.run()
    assert not page.exception
    assert "lite0\\-whitened\\-1" in words(page)
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
    result = report.model_dump(mode="json")
    api.jobs = [job_out(state="queued"), job_out(), job_out(state="done", done=10, result=result)]
    collections_page.query_params["tab"] = "index-a-folder"
    page = collections_page.run()
    page.text_input(key="index-path-fossils").set_value(" /data/new ")
    page.button[_place(page, "Start indexing")].click().run()
    assert not page.exception
    assert api.bodies("/index") == [{"path": "/data/new"}]
    assert page.session_state["job"] == "j1"
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
    collections_page.query_params["tab"] = "index-a-folder"
    page = collections_page.run()
    page.text_input(key="index-path-fossils").set_value("/etc")
    page.button[_place(page, "Start indexing")].click().run()
    assert not page.exception
    assert "/etc is not allowed" in page.text[0].value


def test_a_run_that_failed_says_why_and_goes_on_when_asked(api: Any, collections_page: AppTest) -> None:
    error = {"code": "StorageError", "message": "disk full. Free space."}
    api.jobs = [job_out(state="failed", error=error)]
    collections_page.query_params["job"] = "j1"
    page = collections_page.run()
    page.run()
    assert not page.exception
    assert "disk full. Free space." in [t.value for t in page.text]
    api.jobs = [job_out(state="queued")]
    page.button(key="retry-run").click().run()
    assert not page.exception
    assert "/v1/jobs/j1/retry" in [request.url.path for request in api.asked]
    assert "disk full. Free space." not in [t.value for t in page.text]


def test_a_run_can_be_stopped(api: Any, collections_page: AppTest) -> None:
    api.jobs = [job_out()]
    collections_page.query_params["job"] = "j1"
    page = collections_page.run()
    page.button(key="stop-run").click().run()
    assert not page.exception
    assert "/v1/jobs/j1/cancel" in [request.url.path for request in api.asked]


def test_a_job_that_is_no_more_is_let_go(api: Any, collections_page: AppTest) -> None:
    api.instead["GET /v1/jobs/j1"] = api.problem(404, "JobNotFoundError", "no job 'j1'")
    collections_page.query_params["job"] = "j1"
    page = collections_page.run()
    assert not page.exception
    assert page.session_state["job"] is None
    assert "job" not in page.query_params


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (job_out(), "3 of 10 images \u00b7 4 a second \u00b7 about 1 min 15 s left"),
        (job_out(rate_per_s=0.25, seconds_left=None), "3 of 10 images \u00b7 0.2 a second"),
        (job_out(done=0, total=None), "Looking for images"),
        (job_out(done=7, total=None), "7 images so far"),
        (job_out(state="queued", done=0, total=None), "Waiting for its turn"),
        (job_out(cancel_requested=True), "Stopping after the current batch"),
    ],
)
def test_progress_in_words(job: JobOut, expected: str) -> None:
    assert progress_words(job) == expected


def test_durations_in_words() -> None:
    assert [duration(s) for s in (0.4, 59.6, 3599, 7300)] == ["0 s", "1 min 0 s", "59 min 59 s", "2 h 1 min"]


@pytest.mark.parametrize("text", ["/data", "a `b` c", "```", "` ``"])
def test_a_path_stays_a_path_in_markdown(text: str) -> None:
    code = markup.code(text)
    fence = code.split(" ")[0]
    assert set(fence) == {"`"}
    assert fence not in text
    assert code == f"{fence} {text} {fence}"


def _place(page: AppTest, label: str) -> int:
    return [b.label for b in page.button].index(label)
