"""Files that a command writes: whole or not at all, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, StorageError
from facies.core.new_files import check_new_folder, check_target, clear_parts, new_file, new_folder


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "made.parquet"
    with new_file(target) as part:
        part.write_bytes(b"first half")
        assert not target.exists()
        assert part.parent == tmp_path
    assert target.read_bytes() == b"first half"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def write() -> None:
        with new_file(tmp_path / "made.tar") as part:
            part.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert list(tmp_path.iterdir()) == []


def test_what_the_system_refuses_names_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"made\.tar.*No such file"),
        new_file(tmp_path / "none" / "made.tar") as part,
    ):
        part.write_bytes(b"")


def test_a_target_is_checked_before_any_work(tmp_path: Path) -> None:
    there = tmp_path / "there.tar"
    there.touch()
    check_target(tmp_path / "new.tar", (".tar.zst", ".tar"))
    for path, reason in (
        (tmp_path / "new.zip", r"must end in \.tar\.zst or \.tar"),
        (there, "exists already and is not overwritten"),
        (tmp_path / "none" / "new.tar", "there is no folder"),
    ):
        with pytest.raises(ConfigurationError, match=reason):
            check_target(path, (".tar.zst", ".tar"))


def test_a_folder_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "made") as part:
        part.mkdir()
        (part / "a").write_bytes(b"a")
        assert not (tmp_path / "made").exists()
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["a"]
    with pytest.raises(ConfigurationError, match="exists already"):
        check_new_folder(tmp_path / "made")
    with pytest.raises(ConfigurationError, match="there is no folder"):
        check_new_folder(tmp_path / "none" / "made")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_no_folder(tmp_path: Path, error: type[BaseException]) -> None:
    def write() -> None:
        with new_folder(tmp_path / "made") as part:
            part.mkdir()
            (part / "a").write_bytes(b"a")
            raise error

    with pytest.raises(error):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_the_callers_own_may_be_replaced(tmp_path: Path) -> None:
    there = tmp_path / "there.tar"
    there.touch()
    check_target(there, (".tar",), replaces=True)
    check_target(tmp_path / "new.tar", (".tar",), replaces=True)
    (tmp_path / "folder.tar").mkdir()
    with pytest.raises(ConfigurationError, match="exists already"):
        check_target(tmp_path / "folder.tar", (".tar",), replaces=True)


def test_what_a_kill_left_of_one_file_is_cleared_away(tmp_path: Path) -> None:
    target, other = tmp_path / "a[1].tar", tmp_path / "a1.tar"
    for path in (target, other):
        with new_file(path) as part:
            part.write_bytes(b"whole")
            (tmp_path / f"{part.name}.scratch").mkdir()
            (tmp_path / f"{part.name}.scratch" / "catalog").write_bytes(b"half")
        (tmp_path / f".{path.name}.part-0").write_bytes(b"half")
    clear_parts(target)
    assert target.read_bytes() == other.read_bytes() == b"whole"
    left = sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("."))
    assert len(left) == 2
    assert all(name.startswith(".a1.tar.part-") for name in left)
