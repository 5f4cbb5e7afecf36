"""What is particular to the server backend; the contract runs in test_base over the client's local mode."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr
from qdrant_client import QdrantClient, models

from facies.core.errors import (
    CollectionNotFoundError,
    ConfigurationError,
    FaciesError,
    StorageError,
    StoreError,
    StoreUnavailableError,
)
from facies.core.settings import StoreSettings
from facies.core.store import CollectionSchema, open_store
from facies.core.store.server import ServerStore, open_server_store

NO_COLLECTIONS = {"result": {"collections": []}, "status": "ok", "time": 0.0}


@contextmanager
def loopback(answer: Callable[[str], tuple[int, object, dict[str, str]]]) -> Iterator[tuple[str, list[str]]]:
    """Answer requests on the loopback interface; gives the URL, and the list of requests as they come."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(f"{self.path} {self.headers.get('api-key')}")
            status, body, headers = answer(self.path)
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(content), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            with suppress(BrokenPipeError):  # a client that has given up waiting
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nobody_at_home() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(StoreUnavailableError, match=rf"{url} does not answer: .*refused"):
            open_server_store(url)


def test_open_store_connects_with_the_settings() -> None:
    with loopback(lambda _: (200, NO_COLLECTIONS, {})) as (url, requests):
        store = open_store(StoreSettings(backend="server", url=url), _nowhere())
        assert store.collections() == []
        assert store.health().ok
        assert url in store.health().detail
        store.close()
    assert set(requests) == {"/collections None"}


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection:UserWarning")  # loopback, no TLS
def test_the_key_is_sent() -> None:
    with loopback(lambda _: (200, NO_COLLECTIONS, {})) as (url, requests):
        open_store(StoreSettings(backend="server", url=url, api_key=SecretStr("secret")), _nowhere()).close()
    assert set(requests) == {"/collections secret"}


@pytest.mark.parametrize(
    ("status", "text", "expected", "words"),
    [
        (401, "Must provide an API key", StoreUnavailableError, "FACIES_STORE__API_KEY"),
        (403, "Forbidden", StoreUnavailableError, "FACIES_STORE__API_KEY"),
        (429, "slow down", StoreUnavailableError, "429"),
        (503, "starting", StoreUnavailableError, "503"),
        (500, "Service internal error: No space left on device: WAL", StorageError, "No space left"),
        (400, "Wrong input: something", StoreError, "Wrong input"),
    ],
)
def test_refusals_become_our_errors(status: int, text: str, expected: type[FaciesError], words: str) -> None:
    with (
        loopback(lambda _: (status, {"status": {"error": text}, "time": 0.0}, {})) as (url, _),
        pytest.raises(expected, match=words) as caught,
    ):
        open_server_store(url)
    assert type(caught.value) is expected


def test_overload_with_a_time_to_wait() -> None:
    with (
        loopback(lambda _: (429, {"status": {"error": "busy"}}, {"Retry-After": "7"})) as (url, _),
        pytest.raises(StoreUnavailableError, match="try again in 7 s"),
    ):
        open_server_store(url)


def test_no_answer_in_time() -> None:
    def sleep(_: str) -> tuple[int, object, dict[str, str]]:
        time.sleep(1.5)
        return 200, NO_COLLECTIONS, {}

    with loopback(sleep) as (url, _), pytest.raises(StoreUnavailableError, match="timed out"):
        open_server_store(url, timeout_s=0.2)


def test_a_missing_collection_on_the_server_is_named_with_those_there_are() -> None:
    def answer(path: str) -> tuple[int, object, dict[str, str]]:
        if path == "/collections":
            return 200, {"result": {"collections": [{"name": "here"}]}, "status": "ok", "time": 0.0}, {}
        return 404, {"status": {"error": "Not found: Collection `gone` doesn't exist!"}, "time": 0.0}, {}

    with loopback(answer) as (url, _):
        store = open_server_store(url)
        with pytest.raises(CollectionNotFoundError, match=r"no collection 'gone'\. There are: here"):
            store.schema("gone")
        store.close()


def test_something_else_answers() -> None:
    with loopback(lambda _: (200, {"hello": "world"}, {})) as (url, _), pytest.raises(StoreUnavailableError):
        open_server_store(url)


def test_a_lost_server_is_unhealthy_but_raises_nothing() -> None:
    with loopback(lambda _: (200, NO_COLLECTIONS, {})) as (url, _):
        store = open_server_store(url)
    assert not store.health().ok
    assert "does not answer" in store.health().detail
    store.close()


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1:6333", "http://[::"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigurationError, match="FACIES_STORE__URL"):
        open_server_store(url)


def test_a_collection_of_someone_else_is_left_alone() -> None:
    client = QdrantClient(":memory:")
    client.create_collection("theirs", vectors_config=models.VectorParams(size=3, distance=models.Distance.DOT))
    store = ServerStore(client)
    with pytest.raises(StoreError, match="facies did not make it"):
        store.ensure("theirs", CollectionSchema({"v": 3}))
    store.close()


def _nowhere() -> Path:
    return Path("/nonexistent")
