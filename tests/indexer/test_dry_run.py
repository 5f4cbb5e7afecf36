from __future__ import annotations

import threading
from pathlib import Path

from facies.indexer.dry_run import check_source
from facies.indexer.limits import Limits
from facies.indexer.progress import ProgressUpdate
from facies.indexer.sources import open_source

from .conftest import Draw


def test_everything_is_read_and_nothing_written(draw: Draw, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    draw("in/a/2.png", 2)
    draw("in/b/1.png", 1)
    (tmp_path / "in/b/cut.png").write_bytes((tmp_path / "in/a/1.png").read_bytes()[:200])
    (tmp_path / "in/notes.txt").write_text("notes")
    before = sorted(tmp_path.rglob("*"))
    updates: list[ProgressUpdate] = []
    report = check_source(open_source(str(tmp_path / "in"), labels="folder"), limits=Limits(), progress=updates.append)
    assert (report.indexed, report.duplicates, report.failed, report.skipped) == (2, 1, 1, 1)
    assert len(report.conflicts) == 1
    assert "nothing was written" in report.notes[0]
    assert sorted(tmp_path.rglob("*")) == before
    assert (updates[-1].done, updates[-1].total) == (5, 5)


def test_a_data_folder_is_read_without_facies_own_files(draw: Draw, tmp_path: Path) -> None:
    draw("data/mine/1.png", 1)
    draw("data/thumbnails/ab/2.webp", 2)
    (tmp_path / "data/catalog.sqlite").touch()
    updates: list[ProgressUpdate] = []
    report = check_source(open_source(str(tmp_path / "data")), progress=updates.append)
    assert (report.indexed, report.failed, report.skipped) == (1, 0, 2)
    assert (updates[-1].done, updates[-1].total) == (3, 3)


def test_it_can_be_stopped(draw: Draw, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    stop = threading.Event()
    stop.set()
    report = check_source(open_source(str(tmp_path / "in")), stop=stop)
    assert report.interrupted
    assert report.indexed == 0
