"""Copies that keep holes, and take what is there when they come to it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from facies.core.errors import StorageError, StoreError
from facies.core.store.folder_copy import copy_file, copy_files, occupied_bytes, sync_files


def nothing() -> None:
    pass


def make_sparse(path: Path) -> bytes:
    """Write 3 MiB with holes before, between and after two pieces of data; gives the content."""
    with path.open("wb") as file:
        file.seek(2**20)
        file.write(b"a" * 5000)
        file.seek(2 * 2**20 + 17)
        file.write(os.urandom(70_000))
        file.truncate(3 * 2**20)
    return path.read_bytes()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_copy_is_equal_and_as_sparse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ranges: bool) -> None:
    if not ranges:

        def refuse(*_: int) -> int:
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    content = make_sparse(tmp_path / "sparse")
    copy_file(tmp_path / "sparse", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert (tmp_path / "copy").stat().st_blocks <= (tmp_path / "sparse").stat().st_blocks + 8


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 4096, b"\0" * 100_000])
def test_small_and_empty_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    copy_file(tmp_path / "file", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content


def test_a_file_of_nothing_but_a_hole(tmp_path: Path) -> None:
    with (tmp_path / "hole").open("wb") as file:
        file.truncate(10**7)
    copy_file(tmp_path / "hole", tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size == 10**7
    assert occupied_bytes(tmp_path) < 10**6


def test_the_rest_follows_what_was_copied_before(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "empty").mkdir(parents=True)
    (source / "deep" / "er").mkdir(parents=True)
    for name in ("a.big", "deep/b.big", "deep/er/c"):
        (source / name).write_text(name)
    copy_files(source, target, lambda path: path.suffix == ".big", nothing)
    assert sorted(str(one.relative_to(target)) for one in target.rglob("*") if one.is_file()) == ["a.big", "deep/b.big"]
    (source / "a.big").write_text("changed")
    copy_files(source, target, lambda _: True, nothing)
    assert (target / "a.big").read_text() == "a.big"
    assert (target / "deep" / "er" / "c").read_text() == "deep/er/c"
    assert (target / "empty").is_dir()
    sync_files(target, nothing)


def test_a_copy_can_be_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        raise StoreError("stopped")

    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_bytes(b"x" * 100)
    with pytest.raises(StoreError, match="stopped"):
        copy_files(tmp_path / "source", tmp_path / "target", lambda _: True, stop)
    with pytest.raises(StoreError, match="stopped"):
        sync_files(tmp_path / "source", stop)


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_bytes(b"x")
    (tmp_path / "target").write_text("in the way")
    with pytest.raises(StorageError, match="target"):
        copy_files(tmp_path / "source", tmp_path / "target", lambda _: True, nothing)


def test_what_files_take(tmp_path: Path) -> None:
    assert occupied_bytes(tmp_path) == 0
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(os.urandom(100_000))
    assert 100_000 <= occupied_bytes(tmp_path) < 200_000
