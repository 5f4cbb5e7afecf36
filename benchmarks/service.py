"""The HTTP service as people run it, in a process of its own, and clients that keep their connection."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from benchmarks.gallery import COLLECTION
from benchmarks.machine import clean_environment
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
        RuntimeError: it ended before it answered; its own words stand on stderr.
    """
    environment = clean_environment() | {
        "FACIES_DATA_DIR": str(data_dir),
        "FACIES_STORE__QUANTIZATION": store.quantization,
        "FACIES_STORE__GRAPH_ABOVE": str(store.graph_above),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "facies.core.cli", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # one line for every request
        text=True,
    )
    try:
        yield _found(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _found(process: subprocess.Popen[str]) -> Service:
    for line in process.stdout or ():
        url = re.search(r"http://\S+", line)
        if url:
            parts = urlsplit(url[0])
            return Service(parts.hostname or "127.0.0.1", parts.port or 80, process.pid)
    raise RuntimeError(f"facies serve ended with status {process.wait()} before it answered")


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
