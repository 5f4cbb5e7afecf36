"""Hashes are compared where known and recorded where not."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
import threading
from pathlib import Path

import pytest

from facies.core.errors import DownloadError
from facies.models.hashes import RECORD, check_hash, check_recorded, hash_file, read_record


def test_hash_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc" * 100_000)
    assert hash_file(tmp_path / "f") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_leading_digits_are_enough() -> None:
    check_hash("x", "abcdef", "ABC")
    with pytest.raises(DownloadError, match="x has SHA-256 abcdef, expected abd"):
        check_hash("x", "abcdef", "abd")


def test_first_use_records_and_later_changes_are_refused(tmp_path: Path) -> None:
    check_recorded(tmp_path / "new", "source", "aaa")
    check_recorded(tmp_path / "new", "source", "aaa")
    check_recorded(tmp_path / "new", "other", "bbb")
    assert read_record(tmp_path / "new") == {"source": "aaa", "other": "bbb"}
    with pytest.raises(DownloadError, match=r"recorded when it was first used.*hashes\.json"):
        check_recorded(tmp_path / "new", "source", "ccc")
    assert [path.name for path in (tmp_path / "new").iterdir()] == [RECORD]


def test_many_at_once_are_all_recorded(tmp_path: Path) -> None:
    threads = [threading.Thread(target=check_recorded, args=(tmp_path, f"s{n}", str(n))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_record(tmp_path)) == 20


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"a": 1})])
def test_damaged_record_is_said(content: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(content)
    with pytest.raises(DownloadError, match="Delete it"):
        check_recorded(tmp_path, "source", "aaa")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, a folder that nobody can write, which Linux has")
def test_folder_that_cannot_be_written_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        check_recorded(Path("/proc/self"), "source", "aaa")
    assert "no hash recorded in /proc/self" in caplog.text


def test_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be read"):
        check_recorded(tmp_path / "file", "source", "aaa")
