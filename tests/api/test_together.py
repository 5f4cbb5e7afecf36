from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from facies.api.service import Service
from facies.api.serving import open_socket
from facies.api.together import serve_together
from facies.core.errors import ConfigurationError, QueryError


@pytest.fixture(autouse=True)
def own_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit has one runtime a process and remembers one script; a command starts it once, these tests each anew."""
    monkeypatch.setattr("streamlit.runtime.runtime.Runtime._instance", None)
    monkeypatch.setattr("streamlit.config._main_script_path", None)
    monkeypatch.setattr("streamlit.config._server_mode", None)


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


def ours() -> dict[str, str]:
    """The settings in the environment."""
    return {name: value for name, value in os.environ.items() if name.startswith("FACIES_")}


def test_both_answer_at_one_address_and_both_end(filled: Service) -> None:
    before = children()
    settings = ours()
    seen: list[str] = []

    def on_up(url: str) -> None:
        seen.append(url)
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.get("/v1/health").json()["status"] == "ok"
            assert client.get("/_stcore/health").text == "ok"
            for page in ("/", "/map", "/collections?collection=g"):
                assert "<title>Streamlit</title>" in client.get(page).text
            lost = client.get("/v1/nowhere")  # what the service lacks is no page
            assert (lost.status_code, lost.headers["content-type"]) == (404, "application/problem+json")
            assert client.put("/v1/health").status_code == 405
            assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
        assert os.environ["FACIES_UI__API_URL"] == url
        assert children() == before

    began = time.monotonic()
    serve_together(filled, open_socket("127.0.0.1", 0, setting="none"), on_up=on_up, then_stop=True)
    assert time.monotonic() - began < 60
    with pytest.raises(httpx.ConnectError):
        httpx.get(seen[0], trust_env=False)
    assert ours() == settings
    assert [c.name for c in filled.workspace.catalog.collections()] == ["g"]  # the data is the caller's to close


def test_what_the_caller_raises_reaches_the_caller(service: Service) -> None:
    def on_up(url: str) -> None:
        raise QueryError("not what was expected")

    with pytest.raises(QueryError, match="not what was expected"):
        serve_together(service, open_socket("127.0.0.1", 0, setting="none"), on_up=on_up)
    assert not [t for t in threading.enumerate() if t.name == "watch-up"]


def test_without_the_interface_it_says_what_to_install(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "facies.ui.mounted", None)
    listener = open_socket("127.0.0.1", 0, setting="none")
    with pytest.raises(ConfigurationError, match=r"pip install 'facies\[ui\]'"):
        serve_together(service, listener, on_up=lambda _: pytest.fail("it is not up"))
    assert listener.fileno() == -1
