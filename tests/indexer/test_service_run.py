"""Indexing through a real service on a free port of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from facies.api.app import create_app
from facies.api.embedders import Embedders
from facies.api.service import open_service
from facies.api.serving import Server, open_socket, url_of
from facies.core.errors import AccessError, JobError, ServiceUnavailableError
from facies.core.metrics import Embeddings
from facies.core.settings import ApiSettings, Settings
from facies.core.workspace import Workspace
from facies.indexer.progress import ProgressUpdate
from facies.indexer.service_run import index_through_service
from facies.models.embedder import Prepared

from .conftest import Draw, PixelEmbedder


@contextmanager
def served(settings: Settings, embedder: PixelEmbedder) -> Iterator[tuple[str, Workspace]]:
    up = threading.Event()
    with open_service(settings, Embedders(lambda *_: embedder), working=True) as service:
        app = create_app(settings, service=service)
        server = Server(app, on_up=up.set, on_ending=app.state.streams.end, log_level="warning")
        with open_socket("127.0.0.1", 0, setting="none") as listener:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                assert up.wait(30)
                yield url_of(*listener.getsockname()[:2]), service.workspace
            finally:
                server.stop()
                thread.join(30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", api=ApiSettings(allowed_roots=(tmp_path,)))


def test_a_folder_of_the_service(
    draw: Draw, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(5):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    monkeypatch.chdir(tmp_path)
    updates: list[ProgressUpdate] = []
    with served(settings, PixelEmbedder()) as (url, workspace):
        report = index_through_service(
            url, "in", "c", labels="folder", model="efficientnet-lite0", progress=updates.append
        )
        assert (report.indexed, report.failed, report.interrupted) == (5, 0, False)
        assert workspace.catalog.label_counts("c") == {"a": 3, "b": 2}
        assert updates[-1].done == 5
        with pytest.raises(AccessError, match="ALLOWED_ROOTS"):
            index_through_service(url, "/", "c")
    with pytest.raises(ServiceUnavailableError):
        index_through_service(url, "in", "c")


def test_ctrl_c_cancels_the_run(draw: Draw, settings: Settings, tmp_path: Path) -> None:
    for i in range(40):
        draw(f"in/{i}.png", i)
    stop, embedder = threading.Event(), PixelEmbedder()
    hold_up(embedder, stop.set)
    with served(settings, embedder) as (url, workspace):
        report = index_through_service(url, str(tmp_path / "in"), "c", model="efficientnet-lite0", stop=stop)
        assert report.interrupted
        assert report.indexed == workspace.catalog.count("c") < 40


def hold_up(embedder: PixelEmbedder, then: Callable[[], None]) -> None:
    """Let every batch take a while, so that there is a middle to stop in."""
    embed = embedder.embed_prepared

    def slow(prepared: Sequence[Prepared]) -> Embeddings:
        then()
        threading.Event().wait(0.4)
        return embed(prepared)

    embedder.embed_prepared = slow  # type: ignore[method-assign]  # the real method runs inside


def test_a_run_that_fails_says_why(draw: Draw, settings: Settings, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    embedder = PixelEmbedder()

    def broken() -> None:
        raise MemoryError("no memory left")

    hold_up(embedder, broken)
    with served(settings, embedder) as (url, _), pytest.raises(JobError, match="could not index"):
        index_through_service(url, str(tmp_path / "in"), "c", model="efficientnet-lite0")
