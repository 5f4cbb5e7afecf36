"""What any fit goes through on its way into use: filled, told of, put in use or left alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from facies.core.errors import QueryError
from facies.core.workspace import Workspace
from facies.indexer.progress import ProgressUpdate
from facies.indexer.staging import DerivedReport, Stage, describe_use, find_source, use_staged

from .conftest import Draw, Index
from .test_projections import made

ONE, TWO = "pixels-turned-1", "pixels-turned-2"


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    for i in range(5):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    return workspace


def put(workspace: Workspace, seed: int, *, default: bool = True, **options: object) -> DerivedReport:
    report = DerivedReport("c", "", "pixels")
    source = workspace.catalog.collection("c").embedded_vector
    stage = Stage(workspace, source, "turned", report, **options)  # type: ignore[arg-type]  # free options
    return use_staged(workspace, stage.fill(made(seed)), default=default)


def names(workspace: Workspace) -> list[str]:
    return [vector.name for vector in workspace.catalog.collection("c").vectors]


def test_every_image_has_it_and_the_report_says_so(filled: Workspace) -> None:
    updates: list[ProgressUpdate] = []
    report = put(filled, 1, progress=updates.append)
    assert (report.vector, report.written, report.lacking, report.is_default) == (ONE, 5, 0, True)
    assert (report.replaced, report.notes, report.failures, report.interrupted) == (None, [], [], False)
    assert report.projection == made(1).digest[:16]
    assert (updates[-1].done, updates[-1].total) == (5, 5)
    assert names(filled) == [ONE, "pixels"]


def test_a_first_one_may_stay_beside_and_its_successor_too(filled: Workspace) -> None:
    assert not put(filled, 1, default=False).is_default
    report = put(filled, 2, default=True)
    assert (report.vector, report.replaced, report.is_default) == (TWO, ONE, False)
    assert names(filled) == ["pixels", TWO]


def test_an_equal_fit_changes_nothing(filled: Workspace) -> None:
    put(filled, 1)
    report = put(filled, 1)
    assert (report.vector, report.replaced, report.written) == (ONE, None, 0)
    assert report.notes == [f"the fit came out as that of {ONE}, which stays in use"]


def test_a_stop_leaves_what_was_in_use(filled: Workspace) -> None:
    put(filled, 1)
    stop = threading.Event()
    stop.set()
    report = put(filled, 2, stop=stop)
    assert (report.vector, report.interrupted, report.is_default) == (ONE, True, True)
    assert filled.store.schema("c").vectors.keys() == {"pixels", ONE}


def test_use_is_described_where_there_is_something(filled: Workspace) -> None:
    report = DerivedReport("c", "", "pixels")
    describe_use(filled, report)
    assert report == DerivedReport("c", "", "pixels")


def test_the_source_is_what_images_are_embedded_for(filled: Workspace) -> None:
    put(filled, 1)
    record = filled.catalog.collection("c")
    assert find_source(record, None).name == "pixels"
    assert find_source(record, ONE).name == ONE
    with pytest.raises(QueryError, match=f"There are: {ONE}, pixels"):
        find_source(record, "x")
