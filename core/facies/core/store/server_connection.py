"""The connection to a Qdrant server: two clients of it, one way to ask."""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

import httpx
from qdrant_client import QdrantClient, models

from facies.core.errors import ConfigurationError, FaciesError, StoreUnavailableError
from facies.core.store.server_errors import UnfinishedWriteError, server_errors
from facies.core.store.server_retries import Patience

P = ParamSpec("P")
T = TypeVar("T")

_RECONNECTION: Final = {"grpc.initial_reconnect_backoff_ms": 200, "grpc.max_reconnect_backoff_ms": 5000}
"""Else gRPC itself would not look for two minutes whether a server is back."""

_AT_ONCE = Patience(max_retries=0)


@dataclass(frozen=True, slots=True)
class Connection:
    """A server that answers. Every call of it goes through `ask` or `write`; they may come from many threads.

    Attributes:
        admin: asked over REST, for all that concerns whole collections.
        points: asked for points; over gRPC, or the same as ``admin``.
        where: the server, for messages.
        timeout_s: longest wait for one answer, in seconds.
        patience: how a call is tried again.
    """

    admin: QdrantClient
    points: QdrantClient
    where: str
    timeout_s: float
    patience: Patience = field(default_factory=Patience)
    _closed: Event = field(default_factory=Event)

    @property
    def speaks_grpc(self) -> bool:
        """Whether points travel over gRPC."""
        return self.points is not self.admin

    def ask(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of a client, again and again while the server is busy.

        Raises:
            StoreUnavailableError: it did not answer in all the tries, or the connection was closed.
            StoreError: it refused.
        """
        return self._ask(self.patience, call, *args, **kwargs)

    def ask_once(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of a client, as `ask` does, but without patience."""
        return self._ask(_AT_ONCE, call, *args, **kwargs)

    def write(self, call: Callable[..., models.UpdateResult], *args: Any, **kwargs: Any) -> None:
        """Call a method that writes, and wait until the server has applied it."""
        self.ask(_apply, call, *args, **kwargs)

    def close(self) -> None:
        """Let go; calls that wait to be tried again give up."""
        if not self._closed.is_set():
            self._closed.set()
            self.admin.close()
            if self.speaks_grpc:
                self.points.close()

    def check_open(self) -> None:
        """Refuse to go on after `close`.

        Raises:
            StoreUnavailableError: it has been closed.
        """
        if self._closed.is_set():
            raise StoreUnavailableError(self.where, "it has been closed")

    def _ask(self, patience: Patience, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.check_open()
        with server_errors(self.where):
            return patience.retrying(self.where, self._closed)(call, *args, **kwargs)


def connect(
    url: str,
    *,
    api_key: str | None = None,
    timeout_s: float = 30.0,
    grpc_port: int = 0,
    ca_file: Path | None = None,
    max_retries: int = 5,
) -> Connection:
    """Connect to a server and see that it answers, over REST and over gRPC if that is wanted.

    Args:
        url: for example ``https://qdrant.example.org:6333``; the port is 6333 where none is given.
        api_key: the server's key, if it wants one.
        timeout_s: longest wait for one answer, in seconds; rounded up to whole seconds.
        grpc_port: of the server's gRPC; 0 to use REST for everything.
        ca_file: PEM file of the authority that the server's certificate is from; the system's otherwise.
        max_retries: how often a call is tried again while the server is busy or out of reach.

    Raises:
        ConfigurationError: the URL is none, or the file holds no certificate.
        StoreUnavailableError: the server does not answer, or refuses the key.
    """
    shared: dict[str, Any] = {
        "url": url,
        "api_key": api_key,
        "timeout": math.ceil(timeout_s),
        # The client's own check warns from a thread; whether the server answers is asked below.
        "check_compatibility": False,
    }
    tls, roots = _trust(ca_file)
    try:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError("expected http or https, and a host")
        admin = QdrantClient(**shared, **tls)
        points = admin
        if grpc_port:
            options = _RECONNECTION | roots
            points = QdrantClient(**shared, **tls, grpc_port=grpc_port, prefer_grpc=True, grpc_options=options)
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(
            f"{url!r} is no address of a Qdrant server ({error}). Set FACIES_STORE__URL, or --to-url where a "
            "collection is copied, to one such as http://127.0.0.1:6333."
        ) from error
    # Whoever starts a command wants to know soon that the server is not there.
    hasty = Patience(max_retries=min(3, max_retries), longest_wait_s=2.0)
    connection = Connection(admin, points, url, timeout_s, Patience(max_retries))
    try:
        _greet(Connection(admin, points, url, timeout_s, hasty), grpc_port)
    except FaciesError:
        connection.close()
        raise
    return connection


def _greet(connection: Connection, grpc_port: int) -> None:
    connection.ask(connection.admin.get_collections)
    if connection.speaks_grpc:
        try:
            connection.ask(connection.points.info)
        except StoreUnavailableError as error:
            place = f"{connection.where} (gRPC, port {grpc_port})"
            raise StoreUnavailableError(
                place, f"{error}. Its REST does: open that port, or set FACIES_STORE__GRPC_PORT=0 to do without"
            ) from error


def _trust(ca_file: Path | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the options of REST and of gRPC that trust an authority."""
    if ca_file is None:
        return {}, {}
    try:
        return {"verify": ssl.create_default_context(cafile=ca_file)}, {"root_certificates": ca_file.read_bytes()}
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"{ca_file} holds no certificate of an authority ({error}); set FACIES_STORE__CA_FILE to a PEM file."
        ) from error


def _apply(call: Callable[..., models.UpdateResult], /, *args: Any, **kwargs: Any) -> None:
    answer = call(*args, **kwargs, wait=True)
    if answer is not None and answer.status != models.UpdateStatus.COMPLETED:
        raise UnfinishedWriteError(f"it has taken the write but not applied it ({answer.status})")
