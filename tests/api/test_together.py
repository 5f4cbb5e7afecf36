from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import httpx
import pytest

from facies.api.service import Service
from facies.api.serving import find_port, open_socket
from facies.api.together import Addresses, serve_together
from facies.core.errors import ConfigurationError, QueryError


def children() -> set[int]:
    """Processes that this one started and that still run."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.add(int(stat.parent.name))
    return found


def test_both_answer_and_both_end(filled: Service) -> None:
    before = children()
    seen: list[Addresses] = []

    def on_up(addresses: Addresses) -> None:
        seen.append(addresses)
        health = httpx.get(f"{addresses.api}/v1/health", trust_env=False)
        assert health.json()["status"] == "ok"
        for origin, allowed in ((addresses.ui, addresses.ui), ("http://elsewhere:8501", None)):
            answer = httpx.get(f"{addresses.api}/v1/health", headers={"Origin": origin}, trust_env=False)
            assert answer.headers.get("access-control-allow-origin") == allowed  # a browser asks before it reads
        assert httpx.get(addresses.ui, trust_env=False).status_code == 200

    began = time.monotonic()
    listener = open_socket("127.0.0.1", 0, setting="none")
    port = find_port("127.0.0.1", 0)
    serve_together(filled, listener, ui_host="127.0.0.1", ui_port=port, on_up=on_up, then_stop=True)
    assert time.monotonic() - began < 60
    (addresses,) = seen
    for url in (addresses.api, addresses.ui):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
    assert children() <= before
    assert [c.name for c in filled.workspace.catalog.collections()] == ["g"]  # the data is the caller's to close


def test_what_the_caller_raises_reaches_the_caller(service: Service) -> None:
    def on_up(addresses: Addresses) -> None:
        raise QueryError("not what was expected")

    before = children()
    listener = open_socket("127.0.0.1", 0, setting="none")
    with pytest.raises(QueryError, match="not what was expected"):
        serve_together(
            service,
            listener,
            ui_host="127.0.0.1",
            ui_port=find_port("127.0.0.1", 0),
            on_up=on_up,
            then_stop=True,
        )
    assert children() <= before
    assert not [t for t in threading.enumerate() if t.name == "watch-ui"]


def test_an_interface_that_cannot_start_ends_all_with_its_reason(service: Service) -> None:
    with open_socket("127.0.0.1", 0, setting="none") as taken:
        listener = open_socket("127.0.0.1", 0, setting="none")
        with pytest.raises(ConfigurationError, match="web interface ended"):
            serve_together(
                service,
                listener,
                ui_host="127.0.0.1",
                ui_port=taken.getsockname()[1],
                on_up=lambda _: pytest.fail("it is not up"),
            )
