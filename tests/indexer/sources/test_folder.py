"""Folders and single files as sources."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, SourceError
from facies.indexer.sources import (
    PassedOver,
    Unusable,
    open_source,
    without_own_parts,
)
from tests.indexer.conftest import Draw

from .conftest import items


def test_folder_is_walked_in_order_with_labels(draw: Draw, tmp_path: Path) -> None:
    for name in ("b/2.png", "a/x/1.png", "a/0.png", "top.png"):
        draw(f"in/{name}", 1)
    source = open_source(str(tmp_path / "in"), labels="folder")
    found = items(iter(source))
    assert [(item.name, item.label) for item in found] == [
        ("a/0.png", "a"),
        ("a/x/1.png", "a/x"),
        ("b/2.png", "b"),
        ("top.png", None),
    ]
    assert [item.uri for item in found] == [str(tmp_path / "in" / item.name) for item in found]
    assert source.count() == 4
    assert found[0].read_up_to(8) == b"\x89PNG\r\n\x1a\n"
    assert {item.label for item in items(iter(open_source(str(tmp_path / "in"))))} == {None}
    assert source.owns(str(tmp_path / "in/a/gone.png"))
    assert not source.owns(str(tmp_path / "inside/a.png"))


def test_relative_and_unnormalised_locations_are_made_absolute(
    draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("in/1.png", 1)
    monkeypatch.chdir(tmp_path)
    (item,) = items(iter(open_source("./in/../in/")))
    assert item.uri == str(tmp_path / "in/1.png")


def test_links_are_followed_and_loops_end(draw: Draw, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    draw("elsewhere/2.png", 2)
    (tmp_path / "in/a/up").symlink_to(tmp_path / "in")
    (tmp_path / "in/b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/self").symlink_to("self")
    (tmp_path / "in/dangling.png").symlink_to("nowhere.png")
    entries = list(open_source(str(tmp_path / "in"), labels="folder"))
    assert [item.name for item in items(entries)] == ["a/1.png", "b/2.png"]
    assert [e.uri for e in entries if isinstance(e, PassedOver)] == [str(tmp_path / "in/a/up")]
    assert {Path(e.uri).name for e in entries if isinstance(e, Unusable)} == {"self", "dangling.png"}


def test_hidden_and_odd_files_are_passed_over(draw: Draw, tmp_path: Path) -> None:
    for name in (".a.png", ".git/b.png", "__MACOSX/c.png", "Thumbs.db", "ok.png"):
        draw(f"in/{name}.png", 1).rename(tmp_path / "in" / name)
    os.mkfifo(tmp_path / "in/pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "in/s.png"))
        entries = list(open_source(str(tmp_path / "in")))
    assert [item.name for item in items(entries)] == ["ok.png"]
    assert sum(isinstance(entry, PassedOver) for entry in entries) == 6


def test_names_that_are_no_text_are_listed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/gr\xe4in.png")).touch()
    (entry,) = open_source(str(tmp_path / "in"))
    assert isinstance(entry, Unusable)
    assert "UTF-8" in entry.reason
    entry.uri.encode()


def test_a_folder_that_cannot_be_listed_is_listed_itself(
    draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw("in/a/1.png", 1)
    draw("in/b/2.png", 2)
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name in {"a", "locked"}:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, whom no mode of a folder stops
    entries = list(open_source(str(tmp_path / "in")))
    assert [item.name for item in items(entries)] == ["b/2.png"]
    assert [e.reason for e in entries if isinstance(e, Unusable)] == ["the folder cannot be listed: Permission denied"]
    (tmp_path / "locked").mkdir()
    with pytest.raises(SourceError, match="Permission denied"):
        list(open_source(str(tmp_path / "locked")))


def test_within_keeps_links_from_leading_out(draw: Draw, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    secret = draw("secret/2.png", 2)
    (tmp_path / "in/link.png").symlink_to(secret)
    (tmp_path / "in/m.csv").write_text(f"path\n1.png\n{secret}\n../secret/2.png\nhttp://127.0.0.1:9/x.png\n")
    for location in ("in", "in/m.csv"):
        entries = list(open_source(str(tmp_path / location), within=[tmp_path / "in"]))
        assert {item.name for item in items(entries)} <= {"1.png", "m.csv"}
        outside = [entry for entry in entries if isinstance(entry, Unusable)]
        assert len(outside) == (1 if location == "in" else 3)
        assert all("outside" in entry.reason for entry in outside)


def test_within_keeps_linked_folders_unlisted(draw: Draw, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    draw("secret/patient-names.png", 2)
    draw("secret/below/2.png", 3)
    (tmp_path / "in/out").symlink_to(tmp_path / "secret")
    (tmp_path / "in/deep").symlink_to(tmp_path / "in/out/below")
    (tmp_path / "in/inside").symlink_to(tmp_path / "in/a")
    entries = list(open_source(str(tmp_path / "in"), within=[tmp_path / "in"]))
    assert [item.name for item in items(entries)] == ["a/1.png"]
    outside = [entry for entry in entries if isinstance(entry, Unusable)]
    assert [entry.uri for entry in outside] == [str(tmp_path / "in/deep"), str(tmp_path / "in/out")]
    assert all("link" in entry.reason and "outside" in entry.reason for entry in outside)
    assert all(entry.may_hide_files for entry in outside)
    assert "patient" not in repr(entries)
    assert len(items(iter(open_source(str(tmp_path / "in"))))) == 3


def data_folder(draw: Draw, folder: str, *marks: str) -> None:
    """A data folder as a service leaves it, with a person's own images in it."""
    for name in ("thumbnails/ab/1.webp", "uploads/cd/2.png", "logs/3.png", "weights/4.png", "mine/uploads/5.png"):
        draw(f"{folder}/{name}", len(name))
    for mark in marks:
        path = draw(f"{folder}/6.png", 6).parent / mark
        path.parent.mkdir(exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    "marks", [("catalog.sqlite", "catalog.sqlite-wal", "vectors/.lock"), ("catalog.sqlite",), ("vectors/.lock",)]
)
@pytest.mark.parametrize("folder", ["in", "in/below"])
def test_facies_does_not_index_itself(marks: tuple[str, ...], folder: str, draw: Draw, tmp_path: Path) -> None:
    data_folder(draw, folder, *marks)
    below = folder.removeprefix("in").lstrip("/")
    everything = open_source(str(tmp_path / "in"))
    source = without_own_parts(everything)
    entries = list(source)
    assert [item.name for item in items(entries)] == [
        str(Path(below, name)) for name in ("6.png", "mine/uploads/5.png")
    ]
    passed = [Path(entry.uri).name for entry in entries if isinstance(entry, PassedOver)]
    own = {"logs", "thumbnails", "uploads", "weights", *(Path(mark).parts[0] for mark in marks)}
    assert passed == sorted(own)
    assert source.count() == len(entries)
    # Where moved originals are looked for, copies of uploads are among them.
    assert str(Path(below, "uploads/cd/2.png")) in {item.name for item in items(iter(everything))}


def test_folders_called_like_facies_own_are_ordinary_elsewhere(draw: Draw, tmp_path: Path) -> None:
    data_folder(draw, "in")
    (tmp_path / "in/vectors").mkdir()
    assert len(items(iter(without_own_parts(open_source(str(tmp_path / "in")))))) == 5
    data_folder(draw, "data", "catalog.sqlite")
    assert len(items(iter(without_own_parts(open_source(str(tmp_path / "data/uploads")))))) == 1


def test_one_file(draw: Draw, tmp_path: Path) -> None:
    path = draw("a/1.png", 1)
    (item,) = items(iter(open_source(str(path), labels="folder")))
    assert (item.uri, item.name, item.label) == (str(path), "1.png", "a")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.png", "nowhere.zip", "nowhere.csv"])
def test_missing_locations_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        list(open_source(str(tmp_path / name)))


@pytest.mark.parametrize("suffix", ["", ".png", ".zip", ".csv"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [("x" * 300, "too long"), ("a/" * 3000, "too long"), ("a\0b", "NUL"), ("\ud800", "UTF-8"), ("gr\udce4in", "UTF-8")],
    ids=["name", "path", "nul", "surrogate", "bytes"],
)
def test_locations_that_no_system_knows_are_refused(name: str, reason: str, suffix: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=reason) as caught:
        open_source(f"{tmp_path}/{name}{suffix}")
    caught.value.message.encode()
    assert "\0" not in caught.value.message
    assert len(caught.value.message) < 400


def test_a_folder_whose_path_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/gr\xe4in"))
    folder.mkdir()
    with pytest.raises(SourceError, match="rename it"):
        open_source(str(folder))


def test_a_location_that_may_not_be_looked_at_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refuse)  # the tests may run as root, whom no mode of a folder stops
    with pytest.raises(SourceError, match="Permission denied"):
        open_source(str(tmp_path / "locked/in"))


def test_labels_must_fit_the_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="manifest needs a CSV"):
        open_source(str(tmp_path), labels="manifest")
    with pytest.raises(ConfigurationError, match="expected one of"):
        open_source(str(tmp_path), labels="folders")  # type: ignore[arg-type]  # what a caller may get wrong
