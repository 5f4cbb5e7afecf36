"""A loopback web server with faults on demand, a loopback hub, and vectors of the real images, made once."""

from __future__ import annotations

import hashlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from facies.core.images import RgbImage, decode_image
from facies.core.metrics import Embeddings
from facies.core.settings import ModelSettings
from facies.models.embedder import NetworkEmbedder, load_embedder
from facies.models.threads import wait_without_spinning

wait_without_spinning()  # here, because some test modules import torch before any embedder is loaded


@dataclass
class LoopbackServer:
    """Files by path, and what goes wrong with them."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    """Answers of the next requests, in turn, instead of the file."""
    drop_after: list[int] = field(default_factory=list)
    """The next bodies break off after so many bytes, in turn."""
    ranges: bool = True
    lie_about_range: bool = False
    etags: bool = True
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Method, path and Range header of each request."""

    def etag(self, path: str) -> str:
        """The strong validator of a file."""
        return f'"{hashlib.sha256(self.files[path]).hexdigest()}"'


def _handler(server: LoopbackServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the tests' output clean."""

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            wanted = self.headers.get("Range")
            server.requests.append((self.command, path, wanted))
            if server.statuses:
                self._refuse(server.statuses.pop(0), {})
            elif path not in server.files:
                self._refuse(404, server.headers.get("404", {}))
            else:
                self._send(path, wanted, body=body)

        def _refuse(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def _send(self, path: str, wanted: str | None, *, body: bool) -> None:
            content = server.files[path]
            start = self._start(path, wanted, len(content))
            if start is not None and start >= len(content):
                self._refuse(416, {"Content-Range": f"bytes */{len(content)}"})
                return
            part = content[start or 0 :]
            self.send_response(HTTPStatus.OK if start is None else HTTPStatus.PARTIAL_CONTENT)
            if start is not None:
                said = start + 1 if server.lie_about_range else start
                self.send_header("Content-Range", f"bytes {said}-{len(content) - 1}/{len(content)}")
            if server.etags:
                self.send_header("ETag", server.etag(path))
            for name, value in server.headers.get(path, {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            if body and server.drop_after:
                self.wfile.write(part[: server.drop_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
            elif body:
                self.wfile.write(part)

        def _start(self, path: str, wanted: str | None, size: int) -> int | None:
            found = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted or "")
            condition = self.headers.get("If-Range")
            if not server.ranges or not found or (condition and condition != server.etag(path)):
                return None
            return int(found[1])

    return Handler


class _QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up: broken connections are what these tests are about."""


@pytest.fixture
def web() -> Iterator[LoopbackServer]:
    """A web server on a free port of this machine."""
    server = LoopbackServer()
    httpd = _QuietServer(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    httpd.shutdown()
    thread.join()
    httpd.server_close()


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class LoopbackHub:
    """A Hugging Face hub: repositories with files, at one commit."""

    web: LoopbackServer

    @property
    def endpoint(self) -> str:
        """What the setting ``hub_endpoint`` takes."""
        return self.web.url

    def put(self, repo: str, file: str, content: bytes) -> None:
        """Publish a file; unknown paths are then missing files rather than missing repositories."""
        for revision in ("main", COMMIT):
            path = f"/{repo}/resolve/{revision}/{file}"
            self.web.files[path] = content
            self.web.headers[path] = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}

    def answers(self) -> list[tuple[str, str, str | None]]:
        """The requests so far."""
        return self.web.requests


@pytest.fixture
def hub(web: LoopbackServer) -> LoopbackHub:
    """A hub on a free port of this machine; it says of every unknown path that the repository is missing."""
    web.headers["404"] = {"X-Error-Code": "RepoNotFound"}
    return LoopbackHub(web)


@pytest.fixture
def offline() -> ModelSettings:
    """Settings that never download."""
    return ModelSettings(offline=True, device="cpu")


@pytest.fixture(scope="session")
def lite0(tmp_path_factory: pytest.TempPathFactory) -> NetworkEmbedder:
    """The embedder whose weights come with the installation."""
    settings = ModelSettings(offline=True, device="cpu")
    return load_embedder("efficientnet-lite0", settings=settings, weights_dir=tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def drawn_images() -> Sequence[RgbImage]:
    """A dozen drawn images of mixed sizes."""
    rng = np.random.default_rng(7)
    images = []
    for number in range(12):
        height, width = (int(n) for n in rng.integers(40, 400, 2))
        y, x = np.mgrid[0:height, 0:width]
        waves = [127 + 127 * np.sin((x * (c + 1) + y * number) / (5 + 3 * number)) for c in range(3)]
        images.append(np.stack(waves, axis=-1).astype(np.uint8))
    return images


BATCH = 32


class Benchmark(NamedTuple):
    """Vectors of the real images and their labels, row by row."""

    embeddings: Embeddings
    labels: list[str]


@pytest.fixture(scope="session")
def scampi20(test_data: Callable[[str], Path], lite0: NetworkEmbedder) -> Benchmark:
    """All 697 images of the SCAMPI benchmark through EfficientNet-Lite0, once a session."""
    paths = sorted(test_data("scampi-20").glob("*/*.jpg"))
    rows = [
        lite0.embed([_pixels(path) for path in paths[start : start + BATCH]]) for start in range(0, len(paths), BATCH)
    ]
    return Benchmark(np.concatenate(rows), [path.parent.name for path in paths])


def _pixels(path: Path) -> RgbImage:
    return decode_image(path.read_bytes(), path.name, max_pixels=10**8).pixels
