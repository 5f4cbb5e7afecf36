from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire_jobs import JobFileOut
from tests.ui.views.test_collections import job_out

MASK = JobFileOut(name="a1/mask.png", role="result", bytes=2048, sha256="0" * 64, path="/v1/jobs/j2/files/a1/mask.png")


def _script() -> None:
    import streamlit as st

    from facies.ui import app
    from facies.ui.service import open_service
    from facies.ui.views import jobs

    st.session_state["pages"] = {}
    app.guarded(jobs.show, open_service("http://127.0.0.1:9", None))


@pytest.fixture
def jobs_page(api: Any) -> AppTest:
    api.jobs[:] = [
        job_out(id="j1", kind="map", stage="laying out"),
        job_out(id="j2", kind="segment", state="done", collection=None, files=[MASK], result={"sections": 3}),
        job_out(id="j3", state="failed", error={"code": "StorageError", "message": "the disk is full"}),
    ]
    return AppTest.from_function(_script, default_timeout=30)


def shown(page: AppTest) -> str:
    return " ".join(one.value for one in [*page.markdown, *page.caption, *page.text])


def test_jobs_are_listed_with_what_they_are_at(jobs_page: AppTest) -> None:
    jobs_page.run()
    assert not jobs_page.exception
    words = shown(jobs_page)
    assert "**Make the map**" in words
    assert "**Segment**" in words
    assert "the disk is full" in words
    assert {one.key for one in jobs_page.button} == {"stop-j1", "open-j1", "open-j2", "retry-j3", "open-j3"}


def test_one_is_stopped_and_one_is_tried_again(api: Any, jobs_page: AppTest) -> None:
    jobs_page.run()
    jobs_page.button(key="stop-j1").click().run()
    assert api.asked_for("POST", "/jobs/j1/cancel")
    jobs_page.button(key="retry-j3").click().run()
    assert api.asked_for("POST", "/jobs/j3/retry")


def test_what_is_refused_is_told(api: Any, jobs_page: AppTest) -> None:
    api.instead["POST /v1/jobs/j3/retry"] = api.problem(409, "JobStateError", "job j3 is running")
    jobs_page.run()
    jobs_page.button(key="retry-j3").click().run()
    assert "Job j3 is running" in shown(jobs_page)


def test_one_is_opened_with_its_log_and_files(jobs_page: AppTest) -> None:
    jobs_page.run()
    jobs_page.button(key="open-j2").click().run()
    assert not jobs_page.exception
    assert "begun" in jobs_page.code[0].value
    table = jobs_page.dataframe[0].value
    assert table["download"].tolist() == ["http://127.0.0.1:9/v1/jobs/j2/files/a1/mask.png"]
    assert table["size"].tolist() == ["2 kB"]
    assert jobs_page.query_params["job"] in ("j2", ["j2"])
    jobs_page.button(key="open-j2").click().run()
    assert not jobs_page.code


def test_a_link_opens_its_list_and_its_job(jobs_page: AppTest) -> None:
    jobs_page.query_params["state"] = "done"
    jobs_page.query_params["job"] = "j2"
    jobs_page.run()
    assert "**Segment**" in shown(jobs_page)
    assert "**Make the map**" not in shown(jobs_page)
    assert jobs_page.code
    jobs_page.selectbox(key="jobs-state").set_value("cancelled").run()
    assert "No such job" in shown(jobs_page)


def test_without_jobs_the_page_says_what_starts_one(api: Any, jobs_page: AppTest) -> None:
    api.jobs.clear()
    jobs_page.run()
    assert "Nothing was ever ordered here" in shown(jobs_page)
