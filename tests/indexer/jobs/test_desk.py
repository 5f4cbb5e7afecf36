"""Ordering jobs."""

from __future__ import annotations

import io

import pytest

from facies.core.errors import CatalogError, JobFileError, JobNotFoundError, JobParametersError, UnknownJobKindError
from tests.indexer.jobs.conftest import House


def test_an_order_is_checked_filled_in_and_kept_with_its_inputs(small_house: House) -> None:
    job = small_house.desk.order(
        "writing errand",
        {"collection": "c", "steps": "3"},
        actor="Ann",
        priority=4,
        inputs=[("strokes.json", io.BytesIO(b"{}"))],
    )
    assert (job.kind, job.actor, job.priority, job.collection, job.turn) == (
        "writing errand",
        "Ann",
        4,
        "c",
        "collection:c",
    )
    assert job.parameters == {"steps": 3, "step_s": 0.0, "fault": None, "writes": None, "collection": "c"}
    assert [(file.name, file.role) for file in job.files] == [("strokes.json", "input")]
    assert (small_house.desk.root / job.id / "inputs" / "strokes.json").read_bytes() == b"{}"
    assert len(job.id) == 12
    assert small_house.queue.size() == 1


def test_what_cannot_be_ordered_leaves_nothing(small_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = small_house.desk
    with pytest.raises(UnknownJobKindError, match="Did you mean errand"):
        desk.order("erand", {}, actor="Ann")
    with pytest.raises(JobParametersError, match=r"steps: .* got 'many'.*; colour: Extra inputs are not permitted"):
        desk.order("errand", {"steps": "many", "colour": 1}, actor="Ann")
    with pytest.raises(JobFileError, match="given twice"):
        desk.order("errand", {}, actor="Ann", inputs=[("a", io.BytesIO()), ("a", io.BytesIO())])

    def fail(*_: object) -> None:
        raise CatalogError("the disk is full")

    monkeypatch.setattr(small_house.workspace.catalog, "add_job", fail)
    with pytest.raises(CatalogError):
        desk.order("errand", {}, actor="Ann", inputs=[("a", io.BytesIO(b"x"))])
    assert small_house.workspace.catalog.jobs() == []
    assert small_house.queue.size() == 0
    assert [path for path in desk.root.iterdir() if path.is_dir()] == []


def test_a_job_that_is_removed_takes_its_files_along(small_house: House) -> None:
    desk = small_house.desk
    job = desk.order("errand", {}, actor="Ann", inputs=[("a", io.BytesIO(b"x"))])
    assert desk.cancel(job.id).state == "cancelled"
    assert desk.retry(job.id).state == "queued"
    assert small_house.queue.size() == 2
    desk.cancel(job.id)
    desk.remove(job.id)
    assert not (desk.root / job.id).exists()
    with pytest.raises(JobNotFoundError):
        desk.remove(job.id)
