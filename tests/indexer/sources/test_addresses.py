"""Sources behind fsspec and HTTP addresses, and lists of files."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from facies.core.errors import SourceError
from facies.indexer.sources import (
    ListSource,
    SourceItem,
    open_source,
    promises_no_image,
)
from tests.indexer.conftest import Draw

from .conftest import items, make_zip


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
