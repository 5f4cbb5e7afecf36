"""Folders of the service's disk, indexed by jobs of its own threads."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from facies.api.indexing import start_index
from facies.api.jobs import list_jobs
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import QueryError
from facies.core.wire import IndexBody, IndexReport

from .conftest import CARD, over

ANN = Actor("ann")


def index(service: Service, path: Path, name: str = "g", **body: str) -> IndexReport:
    job = over(service, start_index(service, name, IndexBody.model_validate({"path": str(path), **body}), ANN))
    assert (job.state, job.error) == ("done", None)
    assert job.report is not None
    return job.report


def test_a_folder_under_an_allowed_root_is_indexed(working: Service, gallery: Path) -> None:
    job = over(working, start_index(working, "g", IndexBody(path=str(gallery), labels="folder", model=CARD), ANN))
    assert (job.state, job.stage, job.collection, job.done, job.total) == ("done", "indexing", "g", 24, 24)
    assert job.report is not None
    assert (job.report.indexed, job.report.failed) == (24, 0)
    assert working.workspace.catalog.label_counts("g")["well_log"] == 6
    again = index(working, gallery, labels="folder")
    assert (again.indexed, again.unchanged) == (0, 24)


def test_a_preset_chooses_the_model_and_says_what_it_passed_over(working: Service, gallery: Path) -> None:
    report = index(working, gallery / "well_log", preset="microfossils")
    assert report.model == CARD
    assert "scampi-vits16" in " ".join(report.notes)
    assert working.workspace.catalog.collection("g").preset == "microfossils"


def test_a_zip_in_the_data_folder_is_indexed(working: Service, gallery: Path) -> None:
    archive = working.settings.data_dir / "some.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for path in (gallery / "well_log").iterdir():
            opened.write(path, path.name)
    assert index(working, archive, model=CARD).indexed == 6


def test_links_inside_an_allowed_folder_lead_nowhere_else(working: Service, gallery: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "private.png").write_bytes((gallery / "well_log" / "0.png").read_bytes())
    folder = working.settings.data_dir / "in"
    folder.mkdir()
    (folder / "link.png").symlink_to(secret / "private.png")
    (folder / "folder").symlink_to(secret)
    (folder / "own.png").write_bytes((gallery / "well_log" / "1.png").read_bytes())
    assert index(working, folder, model=CARD).indexed == 1
    assert all("private" not in record.uri for record in working.workspace.catalog.iter_images("g"))


def test_the_one_who_asked_stands_in_the_history(working: Service, gallery: Path) -> None:
    index(working, gallery / "well_log", labels="none", model=CARD)
    index(working, gallery, labels="folder")
    assert {batch.actor for batch in working.workspace.catalog.label_batches("g")} == {"ann"}


def test_a_name_that_fits_no_collection_is_refused(working: Service, gallery: Path) -> None:
    with pytest.raises(QueryError, match="cannot name a collection"):
        start_index(working, "a b", IndexBody(path=str(gallery)), ANN)
    assert list_jobs(working).jobs == []
