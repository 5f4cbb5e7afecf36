from __future__ import annotations

import io
import os
import socket
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import ConfigurationError, SourceError
from facies.indexer.sources import (
    ListSource,
    ManifestSource,
    PassedOver,
    SourceEntry,
    SourceItem,
    Unusable,
    open_source,
    promises_no_image,
    without_own_parts,
)
from facies.indexer.sources.columns import cell_kind, fit, read_cell, widest

from .conftest import Draw


def items(entries: Iterator[SourceEntry] | list[SourceEntry]) -> list[SourceItem]:
    return [entry for entry in entries if isinstance(entry, SourceItem)]


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


def test_a_manifest_row_that_is_no_path_is_listed(draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    (tmp_path / "m.csv").write_text(f"path\n1.png\na\0b.png\n{'x' * 300}.png\n")
    for within in (None, [tmp_path]):
        first, nul, long = list(open_source(str(tmp_path / "m.csv"), within=within))
        assert isinstance(first, SourceItem)
        assert isinstance(nul, Unusable)
        assert "NUL" in nul.reason
        assert isinstance(long, Unusable)
        assert "too long" in long.reason


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


# --- zip ---


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_zip_members_are_read_in_place(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "x.zip",
        {
            "b/2.png": b"two",
            "a/x/1.png": b"one",
            "__MACOSX/a/1.png": b"",
            "a/.h.png": b"",
            "../up.png": b"up",
            "d::e.png": b"",
        },
    )
    source = open_source(str(path), labels="folder")
    entries = list(source)
    assert [(i.name, i.label) for i in items(entries)] == [("../up.png", None), ("a/x/1.png", "a/x"), ("b/2.png", "b")]
    assert items(entries)[1].uri == f"zip://a/x/1.png::{path}"
    assert [item.read_up_to(9) for item in items(entries)] == [b"up", b"one", b"two"]
    assert items(entries)[2].read_up_to(2) == b"tw"
    assert sum(isinstance(entry, PassedOver) for entry in entries) == 2
    assert [e.reason for e in entries if isinstance(e, Unusable)] != []
    assert source.owns(f"zip://gone.png::{path}")
    assert not source.owns(f"zip://gone.png::{path}2")
    source.close()


def test_zip_bombs_cost_only_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big.png", "w") as member:
        for _ in range(64):
            member.write(bytes(2**20))
    source = open_source(str(path))
    (item,) = items(iter(source))
    assert item.size == 64 * 2**20
    assert len(item.read_up_to(1000)) == 1000
    source.close()


def test_lying_and_damaged_members_raise_oserror_alone(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"1.png": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    data[60:200] = bytes(140)
    path.write_bytes(data)
    source = open_source(str(path))
    (item,) = items(iter(source))
    with pytest.raises(OSError, match="cannot be unpacked"):
        item.read_up_to(10_000)
    source.close()


def test_encrypted_members_are_listed(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"1.png": b"one"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    source = open_source(str(path))
    (entry,) = source
    source.close()
    assert isinstance(entry, Unusable)
    assert "encrypted" in entry.reason


@given(content=st.binary(max_size=200))
def test_what_is_no_zip_is_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.zip"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="as a zip file"):
        open_source(str(path))


def test_threads_may_read_one_zip(tmp_path: Path) -> None:
    members = {f"{i}.png": os.urandom(20_000) for i in range(8)}
    source = open_source(str(make_zip(tmp_path / "x.zip", members)))
    found: dict[str, bytes] = {}
    entries = items(iter(source))

    def read(item: SourceItem) -> None:
        found[item.name] = item.read_up_to(10**6)

    threads = [threading.Thread(target=read, args=(item,)) for item in entries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == members
    source.close()


# --- manifests ---


def write_manifest(tmp_path: Path, text: str, name: str = "m.csv", encoding: str = "utf-8") -> ManifestSource:
    (tmp_path / name).write_text(text, encoding=encoding)
    source = open_source(str(tmp_path / name), labels="manifest" if "label" in text.splitlines()[0] else "none")
    assert isinstance(source, ManifestSource)
    return source


def test_manifest_rows_with_labels_and_typed_metadata(draw: Draw, tmp_path: Path) -> None:
    one = draw("grains/1.png", 1)
    draw("grains/2.png", 2)
    source = write_manifest(
        tmp_path,
        "file,label,well,depth_m,um_per_px,slide,box\n"
        f"grains/1.png,areoligera,6407/6-5,1200,0.25,007,1\n"
        f"{tmp_path}/grains/2.png,,6407/6-5,1201.5,nan,8,\n"
        "grains/3.png,x,,,,,\n"
        ",x,,,,,\n"
        "\n"
        "grains/1.png,a,b,c,d,e,f,g\n"
        "grains,x,,,,,\n",
    )
    first, second, missing, unnamed, wide, folder = list(source)
    assert isinstance(first, SourceItem)
    assert (first.uri, first.label, first.name) == (str(one), "areoligera", "grains/1.png")
    assert dict(first.metadata) == {"well": "6407/6-5", "depth_m": 1200.0, "um_per_px": 0.25, "slide": "007", "box": 1}
    assert isinstance(second, SourceItem)
    assert second.label is None
    assert dict(second.metadata) == {"well": "6407/6-5", "depth_m": 1201.5, "slide": "8"}
    assert isinstance(missing, Unusable)
    assert missing.uri == str(tmp_path / "grains/3.png")
    assert isinstance(unnamed, Unusable)
    assert unnamed.uri.endswith("m.csv:5")
    assert isinstance(wide, Unusable)
    assert isinstance(folder, Unusable)
    assert source.count() == 6
    assert source.fields == {
        "well": "keyword",
        "depth_m": "float",
        "um_per_px": "float",
        "slide": "keyword",
        "box": "integer",
    }


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        ("path\tlabel\n1.png\tå\n", "m.tsv", "utf-8"),
        ("path;label\n1.png;å\n", "m.csv", "utf-8-sig"),
        ('"path","label"\r\n"1.png","å"\r\n', "m.csv", "utf-8"),
        ("image,label\n./1.png, å \n", "m.csv", "utf-8"),
    ],
)
def test_manifest_dialects(text: str, name: str, encoding: str, draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    (item,) = items(iter(write_manifest(tmp_path, text, name, encoding)))
    assert (item.uri, item.label) == (str(tmp_path / "1.png"), "å")


@pytest.mark.parametrize(
    ("text", "labels", "match"),
    [
        ("", "none", "no column named path, file, image"),
        ("name,label\n", "none", "no column named"),
        ("path,sha256,id\n", "none", "id, sha256"),
        ("path,a,a\n", "none", "several columns named 'a'"),
        ("path,well\n", "manifest", "no column 'label'"),
    ],
)
def test_manifest_headers_that_are_refused(text: str, labels: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(SourceError, match=match):
        open_source(str(tmp_path / "m.csv"), labels=labels)  # type: ignore[arg-type]  # a parametrised literal


def test_manifest_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("path,well\n1.png,Bjørn\n".encode("latin-1"))
    with pytest.raises(SourceError, match="not UTF-8"):
        open_source(str(tmp_path / "m.csv"))


def test_manifest_labels_from_folders(draw: Draw, tmp_path: Path) -> None:
    draw("a/b/1.png", 1)
    two = draw("c/2.png", 2)
    (tmp_path / "m.csv").write_text(f"path,label\na/b/1.png,x\n{two},x\n")
    entries = items(iter(open_source(str(tmp_path / "m.csv"), labels="folder")))
    assert [item.label for item in entries] == ["a/b", "c"]


@given(st.text(alphabet="+-.0123456789eEnaif _", max_size=8))
def test_cells_are_read_as_their_kind_says(cell: str) -> None:
    kind = cell_kind(cell)
    if kind == "integer":
        assert read_cell(cell, kind) == int(cell)
    elif kind == "float":
        assert read_cell(cell, kind) == float(cell)
    elif kind == "keyword":
        assert read_cell(cell, kind) == cell.strip()
    else:
        assert read_cell(cell, "float") is None


@given(st.lists(st.sampled_from(["keyword", "integer", "float"]), min_size=1), st.sampled_from(["1", "1.5", "x"]))
def test_the_widest_kind_holds_every_cell(kinds: list[str], cell: str) -> None:
    kind = widest([*kinds, cell_kind(cell)])  # type: ignore[list-item]  # literals, as strategies give them
    value = read_cell(cell, kind)
    assert fit({"field": value}, {"field": kind}) == {"field": value}  # type: ignore[dict-item]  # the cell is not empty


# --- addresses ---


def test_memory_file_system(draw: Draw) -> None:
    data = draw("1.png", 1).read_bytes()
    system = fsspec.filesystem("memory")
    for name in ("a/1.png", "b/c/2.png", ".hidden/3.png"):
        system.pipe(f"/grains/{name}", data)
    try:
        source = open_source("memory://grains", labels="folder")
        entries = list(source)
        assert [(i.name, i.label) for i in items(entries)] == [("a/1.png", "a"), ("b/c/2.png", "b/c")]
        assert all(source.owns(item.uri) for item in items(entries))
        assert items(entries)[0].read_up_to(10**6) == data
        assert source.count() == 3
        (one,) = items(iter(open_source("memory://grains/a/1.png")))
        assert one.name == "1.png"
        with pytest.raises(SourceError, match="memory://nothing"):
            open_source("memory://nothing")
    finally:
        system.rm("/grains", recursive=True)


class _WebServer(SimpleHTTPRequestHandler):
    """Files with byte ranges, as real web servers give them, except for names with ``plain``."""

    def send_head(self) -> io.BytesIO | None:
        wanted = self.headers.get("Range")
        path = Path(self.translate_path(self.path))
        if wanted is None or "plain" in path.name or not path.is_file():
            return super().send_head()  # type: ignore[return-value]  # files and listings alike are binary streams
        data = path.read_bytes()
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start = int(first) if first else len(data) - int(last)
        end = min(int(last) if first and last else len(data) - 1, len(data) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        self.send_header("Content-Length", str(end - start + 1))
        self.end_headers()
        return io.BytesIO(data[start : end + 1])

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    root = tmp_path / "www"
    root.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_WebServer, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", root
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_web_server(served: tuple[str, Path], draw: Draw) -> None:
    address, root = served
    data = draw("www/set/a/1.png", 1).read_bytes()
    draw("www/set/2.png", 2)
    make_zip(root / "x.zip", {"a/1.png": data})
    (root / "m.csv").write_text(f"path,label\nset/a/1.png,a\n{address}/nowhere.png,b\n")
    listed = items(iter(open_source(f"{address}/set/", labels="folder")))
    assert [(item.name, item.label) for item in listed] == [("2.png", None), ("a/1.png", "a")]
    assert listed[1].read_up_to(10**6) == data
    (one,) = items(iter(open_source(f"{address}/set/2.png")))
    assert one.uri == f"{address}/set/2.png"
    archive = open_source(f"{address}/x.zip", labels="folder")
    (member,) = items(iter(archive))
    assert (member.label, member.read_up_to(10**6)) == ("a", data)
    archive.close()
    first, second = items(iter(open_source(f"{address}/m.csv", labels="manifest")))
    assert (first.label, first.read_up_to(10**6)) == ("a", data)
    with pytest.raises(OSError, match="nowhere"):
        second.read_up_to(10)
    with pytest.raises(SourceError, match="nothing"):
        open_source(f"{address}/nothing")
    make_zip(root / "plain.zip", {"a/1.png": data})
    with pytest.raises(SourceError, match="range requests"):
        open_source(f"{address}/plain.zip")


def test_unknown_and_unreachable_addresses_are_refused(unused_port: int) -> None:
    with pytest.raises(SourceError, match="gopher"):
        open_source("gopher://somewhere/x")
    with pytest.raises(SourceError, match=f"127.0.0.1:{unused_port}"):
        open_source(f"http://127.0.0.1:{unused_port}/set")


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_list_source() -> None:
    entries = (SourceItem("/x/1.png", "1.png", load=lambda size: io.BytesIO(b"abc").read(size)),)
    source = ListSource("uploads", entries)
    assert list(source) == list(entries)
    assert source.count() == 1
    assert source.owns("/x/1.png")
    assert not source.owns("/x/2.png")
    assert entries[0].read_up_to(2) == b"ab"


@pytest.mark.parametrize(("name", "expected"), [("a.TXT", True), ("README", True), ("a.png", False), ("a.czi", False)])
def test_names_that_promise_no_image(name: str, expected: bool) -> None:
    assert promises_no_image(name) is expected
