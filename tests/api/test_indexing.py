from __future__ import annotations

import time
import zipfile
from pathlib import Path

import pytest

from facies.api.indexing import allowed_roots, check_path, start_index
from facies.api.service import Service
from facies.core.errors import AccessError, QueryError, SourceError, UnknownModelError
from facies.core.wire import IndexBody, IndexRunOut

from .conftest import CARD


def finish(service: Service, run: IndexRunOut) -> IndexRunOut:
    deadline = time.monotonic() + 60
    while run.state == "running" and time.monotonic() < deadline:
        time.sleep(0.02)
        run = service.runs.get(run.id)
    return run


def test_a_folder_under_an_allowed_root_is_indexed(service: Service, gallery: Path) -> None:
    run = start_index(service, "g", IndexBody(path=str(gallery), labels="folder", model=CARD))
    over = finish(service, run)
    assert (over.state, over.done, over.total) == ("done", 24, 24)
    assert over.report is not None
    assert (over.report.indexed, over.report.failed) == (24, 0)
    assert service.workspace.catalog.label_counts("g")["well_log"] == 6
    again = finish(service, start_index(service, "g", IndexBody(path=str(gallery), labels="folder")))
    assert again.report is not None
    assert (again.report.indexed, again.report.unchanged) == (0, 24)


def test_a_preset_chooses_the_model_and_says_what_it_passed_over(service: Service, gallery: Path) -> None:
    run = start_index(service, "g", IndexBody(path=str(gallery / "well_log"), preset="microfossils"))
    over = finish(service, run)
    assert over.report is not None
    assert over.report.model == CARD
    assert "scampi-vits16" in " ".join(over.report.notes)
    assert service.workspace.catalog.collection("g").preset == "microfossils"


def test_a_zip_in_the_data_folder_is_indexed(service: Service, gallery: Path) -> None:
    archive = service.settings.data_dir / "some.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for path in (gallery / "well_log").iterdir():
            opened.write(path, path.name)
    over = finish(service, start_index(service, "g", IndexBody(path=str(archive), model=CARD)))
    assert over.report is not None
    assert over.report.indexed == 6


def test_links_inside_an_allowed_folder_lead_nowhere_else(service: Service, gallery: Path, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "private.png").write_bytes((gallery / "well_log" / "0.png").read_bytes())
    folder = service.settings.data_dir / "in"
    folder.mkdir()
    (folder / "link.png").symlink_to(secret / "private.png")
    (folder / "folder").symlink_to(secret)
    (folder / "own.png").write_bytes((gallery / "well_log" / "1.png").read_bytes())
    over = finish(service, start_index(service, "g", IndexBody(path=str(folder), model=CARD)))
    assert over.report is not None
    assert over.report.indexed == 1
    assert all("private" not in record.uri for record in service.workspace.catalog.iter_images("g"))


@pytest.mark.parametrize(
    "path",
    ["/etc", "/", "{data}/../..", "{data}/../elsewhere", "{gallery}-but-not-it", "file:///etc", "https://x/a.zip"],
)
def test_paths_outside_the_roots_are_refused(service: Service, gallery: Path, path: str) -> None:
    text = path.format(data=service.settings.data_dir, gallery=gallery)
    with pytest.raises(AccessError):
        start_index(service, "g", IndexBody(path=text))
    assert service.runs.running() is None


def test_a_link_out_of_the_roots_is_refused(service: Service, tmp_path: Path) -> None:
    link = service.settings.data_dir / "out"
    link.symlink_to("/etc")
    with pytest.raises(AccessError, match="FACIES_API__ALLOWED_ROOTS"):
        start_index(service, "g", IndexBody(path=str(link)))


@pytest.mark.parametrize(
    "path", ["", "relative/folder", "/a\0b", "/\ud800", "/" + "x" * 256, "/x" * 2048, "/" + "\xe9" * 128]
)
def test_paths_that_make_no_sense_are_refused(service: Service, path: str) -> None:
    with pytest.raises(QueryError, match="absolute path"):
        check_path(path, allowed_roots(service.settings))


def test_the_longest_names_are_looked_for(service: Service) -> None:
    root = service.settings.data_dir / ("\xe9" * 127)
    with pytest.raises(SourceError):
        start_index(service, "g", IndexBody(path=str(root)))


def test_what_can_be_known_at_once_is_said_at_once(service: Service, gallery: Path) -> None:
    with pytest.raises(QueryError, match="cannot name a collection"):
        start_index(service, "a b", IndexBody(path=str(gallery)))
    with pytest.raises(SourceError):
        start_index(service, "g", IndexBody(path=str(gallery / "missing")))
    with pytest.raises(QueryError, match="manifest"):
        start_index(service, "g", IndexBody(path=str(gallery), labels="manifest"))
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        start_index(service, "g", IndexBody(path=str(gallery), model="efficientnet-lite00"))


def test_another_model_cannot_join_a_collection(filled: Service, gallery: Path) -> None:
    with pytest.raises(QueryError, match="indexed with efficientnet-lite0"):
        start_index(filled, "g", IndexBody(path=str(gallery), model="vgg16"))
