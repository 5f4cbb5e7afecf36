"""The tabs of a collection: models, copies, bad files, health, backup, labels out and the range chart."""

from __future__ import annotations

import csv
import json
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from facies.core.wire import StoredOut
from facies.core.wire_jobs import JobFileOut
from facies.core.wire_upkeep import BadFileOut
from facies.ui.service import forget_counts
from facies.ui.views import bad_files
from tests.ui.conftest import GoBack
from tests.ui.fake_upkeep import AT
from tests.ui.views.test_collections import job_out, words


def show(page: AppTest, tab: str) -> AppTest:
    page.query_params["tab"] = tab
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> None:
    next(one for one in page.button if one.label == label).click().run()
    assert not page.exception


def of_kind(kind: str, **more: Any) -> Any:
    return job_out(kind=kind, **{"state": "done", "parameters": {}, "result": {}, **more})


def rows(page: AppTest, column: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = next(one.value for one in page.dataframe if column in one.value).to_dict("records")
    return found


def test_the_tab_stands_in_the_address(collections_page: AppTest) -> None:
    page = show(collections_page, "health")
    assert page.query_params == {"collection": "fossils", "tab": "health"}
    page.query_params["tab"] = "no such tab"
    assert show(page, "no such tab").query_params["tab"] in ("health", "labels")


def test_vectors_stand_side_by_side_and_are_measured_on_demand(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "models")
    (row,) = rows(page, "vector")
    assert (row["searched by"], row["dimensions"], row["images without it"]) == ("the default", 4, 0)
    assert not api.asked_for("GET", "/confusion")
    page.button(key="measure-vectors").click().run()
    (row,) = rows(page, "vector")
    assert row["right"] == pytest.approx(0.8)
    assert row["sure at 0.95"] == pytest.approx(0.8)
    assert row["probabilities off by"] == pytest.approx(0.031)


def test_a_model_is_ordered_and_followed(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "models")
    job = of_kind("add-model", state="running", result=None, parameters={"model": "vits"})
    api.instead["POST /v1/jobs"] = httpx.Response(202, json=job.model_dump(mode="json"))
    page.selectbox(key="add-model-card-fossils").set_value("vits")
    page.checkbox(key="add-model-default-fossils").check()
    press(page, "Add it")
    assert api.bodies("/jobs")[0]["parameters"] == {"collection": "fossils", "model": "vits", "default": True}
    api.jobs = [job]
    page.run()
    assert any("Add a model" in one.value for one in page.markdown)
    page.button(key="follow-stop-add-model").click().run()
    assert api.asked_for("POST", "/jobs/j1/cancel")


def test_a_model_that_images_lack_says_which(api: Any, collections_page: AppTest) -> None:
    failures = [{"path": "/in/gone.png", "reason": "it is gone"}]
    result = {"vector": "vits", "lacking": 1, "failures": failures, "notes": ["vits was not made the default"]}
    api.jobs = [of_kind("add-model", result=result)]
    page = show(collections_page, "models")
    assert "vits was not made the default" in words(page)
    assert rows(page, "reason")[0]["file"] == "/in/gone.png"


def test_another_vector_is_made_the_default_or_dropped(api: Any, collections_page: AppTest) -> None:
    second = api.collections[0].vectors[0].model_copy(update={"name": "second"})
    api.collections[0] = api.collection_out(vectors=[api.collections[0].vectors[0], second])
    states = [{"name": name, "is_default": name == "lite0", "lacking": 0} for name in ("lite0", "second")]
    api.instead["GET /v1/collections/fossils/vectors"] = httpx.Response(200, json=states)
    page = show(collections_page, "models")
    page.button(key="default-second").click().run()
    assert json.loads(next(r for r in api.asked if r.method == "PUT").content) == {"vector": "second"}
    api.instead["DELETE /v1/collections/fossils/vectors/second"] = api.problem(422, "QueryError", "cannot do without")
    page.button(key="drop-second").click().run()
    assert any("annot do without" in one.value for one in page.text)


def test_a_failed_job_says_why_and_may_go_on(api: Any, collections_page: AppTest) -> None:
    error = {"code": "StorageError", "message": "the disk is full"}
    api.jobs = [of_kind("backup", state="failed", result=None, error=error)]
    page = show(collections_page, "backup")
    assert any("the disk is full" in one.value for one in page.text)
    page.button(key="follow-retry-backup").click().run()
    assert api.asked_for("POST", "/jobs/j1/retry")


def test_a_backup_is_ordered_and_its_restore_shown(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "backup")
    assert "No backup was made here yet" in words(page)
    result = {"file": "b 1.tar.zst", "collections": 1, "images": 5, "file_bytes": 2048, "notes": ["a note"]}
    file = JobFileOut(name="b 1.tar.zst", role="result", bytes=2048, sha256="0" * 64, path="/v1/jobs/j1/files/b")
    api.jobs = [of_kind("backup", result=result, files=[file], started_at=AT, finished_at=AT)]
    page.text_input(key="backup-folder").set_value("/safe")
    press(page, "Back up")
    assert api.bodies("/jobs")[0] == {
        "kind": "backup",
        "parameters": {"weights": False, "folder": "/safe"},
        "priority": 0,
    }
    assert any("facies restore 'b 1.tar.zst'" in one.value for one in page.code)
    assert "2 kB" in words(page)


def test_a_refused_backup_is_told(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "backup")
    api.instead["POST /v1/jobs"] = api.problem(403, "AccessError", "/etc lies outside")
    press(page, "Back up")
    assert any("/etc lies outside" in one.value for one in page.text)


def test_health_shows_what_is_known_and_looks_on_demand(api: Any, collections_page: AppTest) -> None:
    stored = StoredOut(
        points=4, graphed=2, quantization="int8", disk_bytes=5_000_000, optimizing=False, error="no memory", job=None
    )
    api.collections[0] = api.collection_out(stored=stored)
    page = show(collections_page, "health")
    facts = " ".join(one.proto.body for one in page.get("html"))
    assert "edge: here" in facts
    assert "5 MB" in facts
    warned = " ".join(one.value for one in page.warning)
    assert "5 images and 4 points" in warned
    assert "no memory" in warned
    for key in ("check-labels", "check-originals", "check-disk"):
        page.button(key=key).click().run()
    warned = " ".join(one.value for one in page.warning)
    assert "2 images have another label there" in warned
    assert "1 of 5 are gone" in warned
    assert rows(page, "file")[0]["file"] == "/in/gone.png"
    assert rows(page, "part")[0]["size"] == "2 MB"
    page.button(key="mend-labels").click().run()
    assert any("2 were mended" in one.value for one in page.success)
    asked = [r.url.params["mend"] for r in api.asked if r.url.path.endswith("/labels/check")]
    assert asked == ["false", "true"]


def test_the_graph_is_ordered(api: Any, collections_page: AppTest) -> None:
    stored = StoredOut(
        points=5, graphed=0, quantization="none", disk_bytes=None, optimizing=False, error=None, job=None
    )
    api.collections[0] = api.collection_out(stored=stored)
    page = show(collections_page, "health")
    api.jobs = [of_kind("optimise", state="running", result=None)]
    page.button(key="optimise").click().run()
    assert api.bodies("/jobs")[0]["parameters"] == {"collection": "fossils"}


def test_bad_files_are_listed_and_written(collections_page: AppTest) -> None:
    page = show(collections_page, "bad-files")
    assert rows(page, "reason")[0]["file"] == "/in/\u043a.png"
    bad = BadFileOut(path="/in/\u043a, 1.png", reason='no "image"', job="j1", kind="index", at=AT)
    (row,) = csv.DictReader(bad_files.write_table([bad]).splitlines())
    assert (row["file"], row["reason"], row["at"]) == ("/in/\u043a, 1.png", 'no "image"', AT.isoformat())


def copies(api: Any) -> None:
    result = {"compared": 5, "groups": 2, "notes": ["one image has no vector yet"]}
    files = [
        JobFileOut(name=name, role="result", bytes=1, sha256="0" * 64, path=f"/v1/jobs/j1/files/{name}")
        for name in ("near-copies.csv", "near-copies.json")
    ]
    api.jobs = [of_kind("near-copies", result=result, files=files)]
    api.images[1] = api.image_out(1, "areoligera", event=3)


def test_near_copies_stand_side_by_side(api: Any, collections_page: AppTest) -> None:
    copies(api)
    page = show(collections_page, "duplicates")
    assert "**2 groups**" in words(page)
    assert "one image has no vector yet" in words(page)
    assert "labels differ" in words(page)
    page.toggle(key="copies-differing").set_value(True).run()
    assert "**1 group**" in words(page)


def test_a_copy_is_deleted_after_a_question(api: Any, collections_page: AppTest) -> None:
    copies(api)
    page = show(collections_page, "duplicates")
    first, second = api.images[2].id, api.images[3].id
    assert page.button(key=f"copies-delete-{first}").disabled
    page.checkbox(key=f"delete-{second}").check().run()
    page.button(key=f"copies-delete-{first}").click().run()
    page.button(key="copies-delete-now").click().run()
    assert api.asked_for("DELETE", second)
    assert not api.asked_for("DELETE", first)
    assert "**1 group**" in words(page)


def test_a_group_gets_one_label_or_is_left(api: Any, collections_page: AppTest) -> None:
    copies(api)
    page = show(collections_page, "duplicates")
    group = api.images[0].id
    page.button(key=f"copies-label-{group}-azolla").click().run()
    (given,) = api.bodies("/labels")
    assert [(one["label"], one["state"]) for one in given["labels"]] == [("azolla", "validated")] * 2
    assert given["labels"][1]["seen"] == 3
    page.button(key=f"copies-keep-{group}").click().run()
    assert "**1 group**" in words(page)
    api.jobs = [api.jobs[0].model_copy(update={"id": "j2"})]
    page.run()
    assert "**2 groups**" in words(page), "what was left of one job is asked again by the next"


def test_what_is_put_aside_in_one_collection_is_not_in_another(
    api: Any, collections_page: AppTest, go_back: GoBack
) -> None:
    copies(api)
    api.collections.append(api.collection_out("zoo"))
    page = show(collections_page, "duplicates")
    page.button(key=f"copies-keep-{api.images[0].id}").click().run()
    page.query_params["collection"] = "zoo"
    go_back(page)
    assert "**2 groups**" in words(page)


def test_labels_out_are_links_to_the_service(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "labels-out")
    page.radio(key="export-format").set_value("darwin-core").run()
    page.button_group(key="export-states").set_value(["validated"]).run()
    (link,) = [one.proto.url for one in page.get("link_button")]
    assert link.endswith("/labels/export?format=darwin-core&state=validated&depth=depth_m")
    api.collections[0] = api.collection_out(labelled=0, labels={})
    forget_counts()
    assert "nothing to take out" in words(show(collections_page, "labels-out"))


def test_the_range_chart_is_drawn_or_says_what_it_takes(api: Any, collections_page: AppTest) -> None:
    page = show(collections_page, "range-chart")
    assert "1 image has no depth" in words(page)
    links = [one.proto.url for one in page.get("link_button")]
    assert [link.rpartition("format=")[2] for link in links] == ["csv", "svg", "json"]
    api.instead["GET /v1/collections/fossils/range-chart"] = api.problem(422, "QueryError", "no depths there")
    page.number_input(key="chart-bin-fossils").set_value(10).run()
    assert any("o depths there" in one.value for one in page.text)
    api.collections[0] = api.collection_out(fields={"well": "keyword"})
    forget_counts()
    assert "takes labels, and a column of numbers" in words(show(collections_page, "range-chart"))
