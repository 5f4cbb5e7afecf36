"""The way to a server: addresses, keys, certificates, and who answers there."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from qdrant_client import models

from facies.core.errors import ConfigurationError, FaciesError, StorageError, StoreError, StoreUnavailableError
from facies.core.store import CollectionSchema
from facies.core.store.server import open_server_store
from facies.core.store.server_connection import connect
from tests.stubs.qdrant import Certificate, QdrantStub, running_stub


@contextmanager
def answering(status: int, body: object, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Answer every request on the loopback interface in the same way; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class's name
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    issued = authority.issue_cert("127.0.0.1", "localhost")
    path = tmp_path_factory.mktemp("server") / "server.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(path)
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    return Certificate(chain, issued.private_key_pem.bytes(), path)


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_a_key_over_tls(tmp_path: Path, certificate: Certificate, ca_file: Path, wire: str) -> None:
    with running_stub(tmp_path, api_key="secret", certificate=certificate) as stub:
        assert stub.url.startswith("https://")
        port = stub.grpc.port if wire == "grpc" else 0
        with closing(open_server_store(stub.url, api_key="secret", grpc_port=port, ca_file=ca_file)) as store:
            store.ensure("c", CollectionSchema({"v": 4}))
            assert store.count("c") == 0
            assert store.health().ok


@pytest.mark.parametrize("ca", ["none", "another"])
def test_a_certificate_of_nobody_we_trust(tmp_path: Path, certificate: Certificate, ca: str) -> None:
    """Refused at the first try, with what to do."""
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    with (
        running_stub(tmp_path / "server", certificate=certificate) as stub,
        pytest.raises(StoreUnavailableError, match="set FACIES_STORE__CA_FILE"),
    ):
        connect(stub.url, ca_file=stranger if ca == "another" else None)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_holds_no_authority(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match="FACIES_STORE__CA_FILE"):
        connect("https://127.0.0.1:6333", ca_file=path)


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1:6333", "http://[::"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="FACIES_STORE__URL"):
        connect(url)


def test_nobody_at_home() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(StoreUnavailableError, match=rf"{url} does not answer: .*refused"):
            connect(url, max_retries=1)


def test_a_closed_grpc_port_is_told_apart(stub: QdrantStub) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(StoreUnavailableError, match=rf"gRPC, port {port}\).*FACIES_STORE__GRPC_PORT=0"):
            connect(stub.url, grpc_port=port, max_retries=0)


def test_the_port_of_rest_is_no_grpc(stub: QdrantStub) -> None:
    stub.rest.complaints = []
    with pytest.raises(StoreUnavailableError, match="FACIES_STORE__GRPC_PORT=0"):
        connect(stub.url, grpc_port=stub.rest.port, max_retries=0)


@pytest.mark.parametrize(
    ("status", "text", "expected", "words"),
    [
        (401, "Must provide an API key", StoreUnavailableError, "FACIES_STORE__API_KEY"),
        (403, "Forbidden", StoreUnavailableError, "FACIES_STORE__API_KEY"),
        (429, "slow down", StoreUnavailableError, "429"),
        (503, "starting", StoreUnavailableError, "503"),
        (500, "Service internal error: No space left on device: WAL", StorageError, "No space left"),
        (507, "Insufficient storage", StorageError, "Insufficient"),
        (400, "Wrong input: something", StoreError, "Wrong input"),
    ],
)
def test_refusals_become_our_errors(status: int, text: str, expected: type[FaciesError], words: str) -> None:
    with (
        answering(status, {"status": {"error": text}, "time": 0.0}) as url,
        pytest.raises(expected, match=words) as caught,
    ):
        connect(url, max_retries=0)
    assert type(caught.value) is expected


def test_overload_with_a_time_to_wait() -> None:
    """Who starts a command is not kept waiting for long."""
    with (
        answering(429, {"status": {"error": "busy"}}, {"Retry-After": "7"}) as url,
        pytest.raises(StoreUnavailableError, match="try again in 7 s"),
    ):
        connect(url)


def test_something_else_answers() -> None:
    with answering(200, {"hello": "world"}) as url, pytest.raises(StoreUnavailableError, match="no Qdrant server"):
        connect(url)


def test_a_closed_connection_says_so(stub: QdrantStub) -> None:
    connection = connect(stub.url, grpc_port=stub.grpc.port)
    connection.close()
    connection.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        connection.ask(connection.admin.get_collections)


def test_a_write_that_is_only_taken_is_sent_again(stub: QdrantStub) -> None:
    """A server that gives up waiting for its own queue answers with success and another word."""
    said = [models.UpdateStatus.ACKNOWLEDGED, models.UpdateStatus.WAIT_TIMEOUT, models.UpdateStatus.COMPLETED]
    waited: list[bool] = []

    def write(name: str, *, wait: bool) -> models.UpdateResult:
        waited.append(wait)
        return models.UpdateResult(status=said[len(waited) - 1])

    connection = connect(stub.url)
    connection.write(write, "c")
    connection.close()
    assert waited == [True, True, True]
