"""The HTTP service as people run it, in a process of its own, and clients that keep their connection."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from benchmarks.commands import running
from benchmarks.gallery import COLLECTION
from facies.core.settings import StoreSettings


@dataclass(frozen=True, slots=True)
class Service:
    """A service that answers."""

    host: str
    port: int
    pid: int


@contextmanager
def serve(data_dir: Path, store: StoreSettings) -> Iterator[Service]:
    """Run ``facies serve`` over a data folder for the time of the context.

    Raises:
        RuntimeError: it ended before it answered.
    """
    settings = {
        "FACIES_STORE__QUANTIZATION": store.quantization,
        "FACIES_STORE__GRAPH_ABOVE": str(store.graph_above),
    }
    with running(data_dir, "serve", "--port", "0", settings=settings) as found:
        parts = urlsplit(found.url)
        yield Service(parts.hostname or "127.0.0.1", parts.port or 80, found.pid)


class Client:
    """One connection to a service."""

    def __init__(self, service: Service) -> None:
        """Connect with the first request."""
        self._connection = http.client.HTTPConnection(service.host, service.port, timeout=60)

    def search(self, image_id: str, k: int, *, rerank: bool = False) -> list[str]:
        """The ids of the images most similar to one of the collection.

        Raises:
            RuntimeError: the service answered with a problem.
        """
        body = json.dumps({"positive": [{"id": image_id}], "k": k, "rerank": rerank})
        self._connection.request(
            "POST", f"/v1/collections/{COLLECTION}/search", body, {"Content-Type": "application/json"}
        )
        response = self._connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"the service answered {response.status}: {content[:500]!r}")
        return [neighbour["id"] for neighbour in json.loads(content)["neighbours"]]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
