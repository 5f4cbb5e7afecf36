"""Bad files, missing originals and the disk, over HTTP."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import AccessError, CollectionNotFoundError
from facies.core.settings import Settings
from facies.core.wire import IndexBody
from facies.core.wire_drawings import DrawingBody
from facies.core.wire_jobs import JobBody
from facies.indexer.backup import restore_backup

from .conftest import over


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    allowed = settings.api.model_copy(update={"allowed_roots": (*settings.api.allowed_roots, tmp_path / "more")})
    return settings.model_copy(update={"api": allowed})


@pytest.fixture
def folder(gallery: Path, tmp_path: Path) -> Path:
    """A folder of six images and two files that are none, one with a name of its own script."""
    made = tmp_path / "more" / "scans"
    shutil.copytree(gallery / "well_log", made / "well_log")
    for name in ("broken.png", "\u043a\u0435\u0440\u043d \u2116 7.png"):
        (made / name).write_bytes(b"no image")
    return made


def index(service: Service, client: Client, path: Path) -> Any:
    job = over(service, client.start_index("g", IndexBody(path=str(path), labels="folder")))
    assert job.state == "done", job.error
    return job


def test_bad_files_are_those_that_no_later_run_has_mended(busy: Service, busy_client: Client, folder: Path) -> None:
    assert busy_client.upkeep.bad_files("g").files == []
    first = index(busy, busy_client, folder)
    listed = busy_client.upkeep.bad_files("g")
    assert listed.jobs == 1
    assert {Path(one.path).name for one in listed.files} == {"broken.png", "\u043a\u0435\u0440\u043d \u2116 7.png"}
    assert all(one.reason and (one.job, one.kind) == (first.id, "index") for one in listed.files)
    shutil.copy(folder / "well_log" / "0.png", folder / "broken.png")
    second = index(busy, busy_client, folder)
    (left,) = busy_client.upkeep.bad_files("g").files
    assert (Path(left.path).name, left.job) == ("\u043a\u0435\u0440\u043d \u2116 7.png", second.id)
    busy_client.delete_collection("g")
    index(busy, busy_client, folder / "well_log")
    assert busy_client.upkeep.bad_files("g").files == [], "what an earlier collection of the name had is forgotten"


def test_originals_that_are_gone_are_listed(busy: Service, busy_client: Client, folder: Path) -> None:
    shutil.rmtree(folder / "well_log")
    shutil.copytree(busy.settings.api.allowed_roots[0] / "bar_chart", folder / "one")
    (folder / "one" / "0.png").write_bytes((folder / "one" / "0.png").read_bytes() + b"\0")  # content of its own
    index(busy, busy_client, folder)
    assert busy_client.upkeep.missing_originals("g").missing == 0
    (folder / "one" / "0.png").unlink()
    found = busy_client.upkeep.missing_originals("g")
    assert (found.looked_at, found.elsewhere, found.missing) == (25, 0, 1)
    assert [(Path(one.path).name, one.label) for one in found.images] == [("0.png", "one")]
    with pytest.raises(CollectionNotFoundError):
        busy_client.upkeep.missing_originals("none")


def test_the_disk_is_measured(busy: Service, busy_client: Client) -> None:
    busy_client.drawings.begin(DrawingBody())
    found = busy_client.upkeep.storage()
    assert found.data_dir == str(busy.settings.data_dir)
    assert 0 < found.free_bytes < found.total_bytes
    parts = {part.name: part for part in found.parts}
    assert parts["thumbnails"].files == 24
    assert parts["vectors"].bytes > 0
    assert parts["drawings"].files >= 1
    assert parts["catalogue"].files >= 1
    assert [part.bytes for part in found.parts] == sorted((part.bytes for part in found.parts), reverse=True)


def test_a_backup_is_ordered_downloaded_and_restored(busy: Service, busy_client: Client, tmp_path: Path) -> None:
    job = over(busy, busy_client.jobs.start(JobBody(kind="backup")))
    assert job.state == "done", job.error
    (file,) = job.files
    with (tmp_path / file.name).open("wb") as target:
        busy_client.jobs.download(file, target)
    report = restore_backup(Settings(data_dir=tmp_path / "restored"), tmp_path / file.name)
    assert [(one.name, one.images, one.points) for one in report.collections] == [("g", 24, 24)]
    with pytest.raises(AccessError):
        busy_client.jobs.start(JobBody(kind="backup", parameters={"folder": "/etc"}))
