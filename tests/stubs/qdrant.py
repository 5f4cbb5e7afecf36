"""A stub of a Qdrant server on the loopback interface: REST and gRPC over the same collections.

It checks what the client sends and answers through Qdrant Edge, which is the server's own engine without its network.
It is no Qdrant server: it shows that facies speaks the protocol as the client's package describes it and bears
a bad network, not how a server or a cluster behaves.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from tests.stubs.faults import Faults
from tests.stubs.qdrant_engine import Engine
from tests.stubs.qdrant_grpc import GrpcServer
from tests.stubs.qdrant_rest import RestServer


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server needs for TLS: its certificate chain and its key, PEM."""

    chain: bytes
    key: bytes
    path: Path
    """Both in one file."""


@dataclass(slots=True)
class QdrantStub:
    """Two servers in front of one engine."""

    engine: Engine
    faults: Faults
    rest: RestServer
    grpc: GrpcServer

    def stop(self) -> None:
        """Go away; the collections stay, as on a disk."""
        self.rest.close()
        self.grpc.close()

    def restart(self) -> None:
        """Come back on the same ports, without TLS or a key."""
        self.rest = RestServer(self.engine, self.faults, port=self.rest.port)
        self.grpc = GrpcServer(self.engine, self.faults, port=self.grpc.port)

    @property
    def url(self) -> str:
        return self.rest.url

    @property
    def requests(self) -> list[str]:
        return [*self.rest.requests, *self.grpc.requests]

    @property
    def complaints(self) -> list[str]:
        return [*self.rest.complaints, *self.grpc.complaints]


@contextmanager
def running_stub(
    folder: Path, *, faults: Faults | None = None, api_key: str | None = None, certificate: Certificate | None = None
) -> Iterator[QdrantStub]:
    """Run both servers; fails at the end where a request made no sense."""
    engine, faults = Engine(folder), faults or Faults()
    tls = credentials = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate.path)
        credentials = grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
    rest = RestServer(engine, faults, api_key=api_key, tls=tls)
    served = GrpcServer(engine, faults, api_key=api_key, credentials=credentials)
    stub = QdrantStub(engine, faults, rest, served)
    try:
        yield stub
    finally:
        stub.stop()
        engine.close()
    assert stub.complaints == []
