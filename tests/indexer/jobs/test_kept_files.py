from __future__ import annotations

import os
from pathlib import Path

import pytest

from facies.core.errors import StorageError
from facies.indexer.jobs.kept_files import link_files


def test_whole_files_appear_and_stay_as_they_are(tmp_path: Path) -> None:
    source, target = tmp_path / "kept", tmp_path / "results"
    (source / "one").mkdir(parents=True)
    (source / "one" / "mask.png").write_bytes(b"1")
    (source / "one" / "own.npz").write_bytes(b"2")
    (source / "one" / ".mask.png.part-3").write_bytes(b"3")
    link_files(source, target, without=["own.npz"])
    assert [path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()] == ["one/mask.png"]
    new = source / "new"
    new.write_bytes(b"another attempt")
    new.replace(source / "one" / "mask.png")
    assert (target / "one" / "mask.png").read_bytes() == b"1"


def test_a_disk_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_bytes(b"1")

    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    link_files(tmp_path / "kept", tmp_path / "results")
    assert (tmp_path / "results" / "a").read_bytes() == b"1"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_bytes(b"1")
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StorageError):
        link_files(tmp_path / "kept", tmp_path / "results")
