"""A small gallery of drawn images, an embedder that needs no network, and a real server on a free port."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from facies.api.app import create_app
from facies.api.embedders import Embedders
from facies.api.jobs import describe_job
from facies.api.pages import Interface
from facies.api.service import Service, open_service
from facies.api.serving import Server, open_socket, url_of
from facies.core.client import Client
from facies.core.images import RgbImage
from facies.core.jobs import JobState
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint
from facies.core.settings import ApiSettings, JobSettings, Settings
from facies.core.wire_jobs import JobOut
from facies.indexer.jobs.kinds import KINDS
from facies.indexer.pipeline import index_source
from facies.indexer.samples import draw_sample
from facies.indexer.sources import open_source
from facies.models.embedder import Prepared
from tests.stubs.jobs import STUB_KINDS

CARD = "efficientnet-lite0"
LABELS = ("bar_chart", "laminated_shale", "seismic_section", "well_log")


class ColourEmbedder:
    """Colours on a coarse grid: alike pictures have alike vectors, and no network is needed to see it."""

    batch_size = 8
    draft_px: int | None = None

    def __init__(self, name: str, *, precision: str = "f32") -> None:
        self.name = name
        self.dim = 4 * 4 * 3
        self.fingerprint = Fingerprint(name, "0" * 64, "grid 4", "colours", "numpy", precision)
        self.calls: list[int] = []

    def prepare(self, image: RgbImage) -> Prepared:
        ys = np.linspace(0, image.shape[0], 5).astype(int)
        xs = np.linspace(0, image.shape[1], 5).astype(int)
        cells = [
            image[y : max(y2, y + 1), x : max(x2, x + 1)].reshape(-1, 3).mean(axis=0)
            for y, y2 in pairwise(ys)
            for x, x2 in pairwise(xs)
        ]
        return np.concatenate(cells).round().astype(np.uint8)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        self.calls.append(len(prepared))
        rows = np.stack(prepared).astype(np.float32) - 127.3
        unit: Embeddings = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def embed(self, images: Sequence[RgbImage]) -> Embeddings:
        return self.embed_prepared([self.prepare(image) for image in images])


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders ``<label>/<number>.png``: six drawn images of each of four classes."""
    root = tmp_path_factory.mktemp("gallery")
    for label in LABELS:
        (root / label).mkdir()
        for number in range(6):
            draw_sample(label, number).resize((96, 80)).save(root / label / f"{number}.png")
    return root


@pytest.fixture(scope="session")
def shared(gallery: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The gallery in collection ``g``, indexed once for all tests that change nothing."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("shared"), api=ApiSettings(max_k=50))
    with open_service(settings, Embedders(lambda card, *_: ColourEmbedder(card))) as opened:
        fill(opened, gallery)
        yield opened


@pytest.fixture(scope="session")
def shared_http(shared: Service) -> Iterator[httpx.Client]:
    """A client of the shared gallery."""
    with serving(shared) as client:
        yield client


@pytest.fixture
def settings(tmp_path: Path, gallery: Path) -> Settings:
    """A data folder of the test's own; the gallery may be indexed over HTTP."""
    return Settings(data_dir=tmp_path / "data", api=ApiSettings(allowed_roots=(gallery,), max_k=50))


@pytest.fixture
def embedders() -> Embedders:
    """Colours in place of networks, under any card's name."""
    return Embedders(lambda card, *_: ColourEmbedder(card))


@pytest.fixture
def service(settings: Settings, embedders: Embedders) -> Iterator[Service]:
    """Open parts with nothing in them."""
    with open_service(settings, embedders) as opened:
        yield opened


@pytest.fixture
def working(settings: Settings, embedders: Embedders) -> Iterator[Service]:
    """Open parts with threads that do jobs, those of `tests.stubs.jobs` among them."""
    quick = settings.model_copy(update={"jobs": JobSettings(heartbeat_s=0.1, stall_s=5)})
    with open_service(quick, embedders, working=True) as opened:
        opened.desk.kinds = {**KINDS, **STUB_KINDS}
        yield opened


@pytest.fixture
def busy(working: Service, gallery: Path) -> Service:
    """The gallery in collection `g`, and threads that do jobs."""
    fill(working, gallery)
    return working


@pytest.fixture
def busy_client(busy: Service) -> Iterator[Client]:
    """Our own client of that service."""
    with serving(busy) as http, Client(str(http.base_url)) as opened:
        yield opened


def over(service: Service, job: JobOut) -> JobOut:
    """The job when it is over."""
    return until(service, job, "done", "failed", "cancelled")


def until(service: Service, job: JobOut, *states: JobState) -> JobOut:
    """The job when it is in one of these states."""
    deadline = time.monotonic() + 60
    while job.state not in states:
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
        job = describe_job(service, job.id)
    return job


@pytest.fixture
def filled(service: Service, gallery: Path) -> Service:
    """Open parts with the gallery in collection ``g``, its folders as labels."""
    fill(service, gallery)
    return service


def fill(service: Service, folder: Path, name: str = "g") -> None:
    """Index a folder with its sub-folders as labels."""
    source = open_source(str(folder), labels="folder")
    index_source(service.workspace, service.embedders.get(CARD), name, source)


@contextmanager
def serving(
    service: Service, settings: Settings | None = None, *, interface: Interface | None = None
) -> Iterator[httpx.Client]:
    """Serve open parts on a free port of this machine, with the real server in a thread."""
    up = threading.Event()
    app = create_app(settings or service.settings, service=service, interface=interface)
    server = Server(app, on_up=up.set, on_ending=app.state.streams.end, log_level="warning")
    with open_socket("127.0.0.1", 0, setting="none") as listener:
        url = url_of(*listener.getsockname()[:2])
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert up.wait(30)
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                yield client
        finally:
            server.stop()
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def http(filled: Service) -> Iterator[httpx.Client]:
    """A client of a served gallery."""
    with serving(filled) as client:
        yield client


Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the test's own data folder; gives its JSON object."""
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FACIES_MODELS__RUNTIME", "torch")  # the other one converts each network first
    monkeypatch.setenv("FACIES_MODELS__OFFLINE", "true")

    def call(app: Any, *arguments: str, status: int = 0, as_json: bool = True) -> Any:
        result = CliRunner().invoke(app, [*arguments, *(["--json"] if as_json else [])])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return json.loads(result.stdout.splitlines()[-1]) if as_json else result.output

    return call


@pytest.fixture
def small(gallery: Path, tmp_path: Path) -> Path:
    """Six of the gallery's images, two of each of three labels."""
    for label in ("bar_chart", "laminated_shale", "well_log"):
        (tmp_path / "in" / label).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "in" / label / f"{number}.png").write_bytes((gallery / label / f"{number}.png").read_bytes())
    return tmp_path / "in"
