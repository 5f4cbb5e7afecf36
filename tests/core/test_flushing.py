"""Flushing: what reaches the disk, and what is said where nothing can."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facies.core.flushing import flush, flush_all


def test_files_and_folders_are_flushed_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"1")
    flushed: list[tuple[int, int]] = []
    real = os.fsync

    def note(descriptor: int) -> None:
        flushed.append((descriptor, os.fstat(descriptor).st_ino))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    flush(file)
    flush(tmp_path)
    assert [inode for _, inode in flushed] == [file.stat().st_ino, tmp_path.stat().st_ino]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b").write_bytes(b"2")
    flushed.clear()
    flush_all(tmp_path)
    assert {inode for _, inode in flushed} == {path.stat().st_ino for path in [tmp_path, *tmp_path.rglob("*")]}
    for descriptor, _ in flushed:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        flush(tmp_path / "missing")


def test_a_failing_disk_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[int] = []

    def fail(descriptor: int) -> None:
        failed.append(descriptor)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        flush(tmp_path)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(failed[0])
