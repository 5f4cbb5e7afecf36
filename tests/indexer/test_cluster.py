"""`facies index --engine ray` on a Ray of this machine with two CPUs, and a stub of a Qdrant server behind it."""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import ConfigurationError
from facies.core.metrics import Embeddings
from facies.core.settings import Settings, load_settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.cluster.engine import Cluster, index_on_cluster
from facies.indexer.cluster.session import ray_session
from facies.indexer.command import Order, run
from facies.indexer.limits import Limits
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.embedder import Prepared
from tests.stubs.qdrant import QdrantStub, running_stub

from .conftest import Draw, PixelEmbedder, write_tiff

# Ray leaves open files and sockets to the garbage collector, and calls parts of itself deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def ray_address() -> Iterator[str]:
    """One Ray of two CPUs for all tests, as `ray_session` starts it; it must leave no process behind."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("needs the ray extra: pip install 'facies[ray]'")
    before, others = os.environ.copy(), descendants()  # such as a service that tests of pages share
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with ray_session(None, cpus=2):
            import ray

            yield str(ray.get_runtime_context().gcs_address)
            started = descendants() - others
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
    assert len(started) > 3
    deadline = time.monotonic() + 60
    while left := [pid for pid in started if is_running(pid)]:
        assert time.monotonic() < deadline, f"Ray ended, but these still run: {left}"
        time.sleep(0.1)


def descendants() -> set[int]:
    """Every process that this one started, or that one of those did."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def sockets(pid: int) -> set[str]:
    """Inodes of the sockets that a process holds."""
    found = set()
    with suppress(OSError):
        for one in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found |= set(re.findall(r"^socket:\[(\d+)\]$", str(one.readlink())))
    return found


def listening() -> Iterator[tuple[str, str]]:
    """Address and inode of every TCP socket that listens on this machine."""
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                packed = bytes.fromhex(fields[1].split(":")[0])
                address = b"".join(packed[i : i + 4][::-1] for i in range(0, len(packed), 4))
                host = ipaddress.ip_address(address)
                yield str(getattr(host, "ipv4_mapped", None) or host), fields[9]


def is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


Load = Callable[[type[PixelEmbedder]], Callable[[int], PixelEmbedder]]


@pytest.fixture
def load(ray_address: str) -> Iterator[Load]:
    """Makes what loads an embedder of these tests in a worker, which cannot import them."""
    from ray import cloudpickle

    modules = [sys.modules[PixelEmbedder.__module__], sys.modules[__name__]]
    for one in modules:
        cloudpickle.register_pickle_by_value(one)  # type: ignore[no-untyped-call]  # untyped in Ray
    yield lambda kind: lambda threads: kind()
    for one in modules:
        cloudpickle.unregister_pickle_by_value(one)  # type: ignore[no-untyped-call]  # untyped in Ray


def test_a_ray_of_this_machine_listens_on_loopback_alone_and_tells_nobody(ray_address: str) -> None:
    assert ray_address.startswith("127.0.0.1:")
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    ours = {inode for pid in {os.getpid(), *descendants()} for inode in sockets(pid)}
    assert {host for host, inode in listening() if inode in ours} == {"127.0.0.1"}


def test_two_workers_do_what_one_process_does_though_one_dies_meanwhile(
    workspace: Workspace, load: Load, draw: Draw, tmp_path: Path
) -> None:
    mark = tmp_path / "died"

    class Mortal(PixelEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            with suppress(FileExistsError):
                mark.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
            return super().embed_prepared(prepared)

    for i in range(60):
        draw(f"in/{'abc'[i % 3]}/{i:02d}.png", i)
    draw("in/c/copy of 00.png", 0)
    (tmp_path / "in/a/text.jpg").write_text("no image")
    write_tiff(tmp_path / "in/b/pages.tif", 20)
    spread = index_on_cluster(
        workspace,
        PixelEmbedder(),
        "c",
        open_source(str(tmp_path / "in"), labels="folder"),
        cluster=Cluster(workers=2, threads=1),
        load=load(Mortal),
        limits=Limits(upsert_size=8),
    )
    assert mark.exists()
    with open_workspace(Settings(data_dir=tmp_path / "plain")) as plain_workspace:
        source = open_source(str(tmp_path / "in"), labels="folder")
        plain = index_source(plain_workspace, PixelEmbedder(), "c", source)
        records = list(plain_workspace.catalog.iter_images("c"))
        points = plain_workspace.store.get("c", [record.id for record in records])
    assert spread.model_dump(exclude={"seconds"}) == plain.model_dump(exclude={"seconds"})
    assert (spread.indexed, spread.duplicates, spread.failed, len(spread.conflicts)) == (80, 1, 1, 1)
    assert list(workspace.catalog.iter_images("c")) == records
    for image_id, point in workspace.store.get("c", [record.id for record in records]).items():
        assert point.payload == points[image_id].payload
        assert np.allclose(point.vectors["pixels"], points[image_id].vectors["pixels"], atol=1e-6)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QdrantStub]:
    with running_stub(tmp_path / "qdrant") as stub:
        monkeypatch.setenv("FACIES_STORE__BACKEND", "server")
        monkeypatch.setenv("FACIES_STORE__URL", stub.url)
        monkeypatch.setenv("FACIES_STORE__GRPC_PORT", str(stub.grpc.port))
        monkeypatch.setenv("FACIES_INDEXER__UPSERT_SIZE", "8")
        monkeypatch.setenv("FACIES_MODELS__THREADS", "1")
        yield stub


@pytest.mark.timeout(900)
def test_kill_9_of_the_driver_loses_nothing_and_doubles_nothing(
    ray_address: str, server: QdrantStub, draw: Draw, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command, a real network, a Ray that is joined by its address, and a server."""
    for i in range(96):
        draw(f"in/{'abc'[i % 3]}/{i:02d}.png", i, (96, 96))
    command = [sys.executable, "-m", "facies.core.cli", "index", str(tmp_path / "in"), "--collection", "k"]
    options = ["--model", "efficientnet-lite0", "--labels", "folder", "--engine", "ray"]
    cluster = ["--ray-address", ray_address, "--ray-workers", "1"]
    process = subprocess.Popen([*command, *options, *cluster], stderr=subprocess.PIPE, text=True)
    try:
        before = wait_for_rows(tmp_path / "data/catalog.sqlite", 8, process)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    finally:
        process.kill()
    order = Order(str(tmp_path / "in"), "k", "folder", as_json=True, engine="ray", ray_workers=1)
    assert run(order) == 0
    report = json.loads(capsys.readouterr().out.strip().rsplit("\n", 1)[-1])
    assert report["failures"] == []
    assert report["indexed"] + report["unchanged"] == 96
    assert before <= report["unchanged"] < 96
    with open_workspace(load_settings()) as workspace:
        ids = [record.id for record in workspace.catalog.iter_images("k")]
        assert len(ids) == 96 == workspace.store.count("k")
        assert workspace.store.get("k", ids).keys() == set(ids)
        assert all(workspace.blobs.thumbnail(one) for one in ids)
        assert workspace.store.facet("k", "label") == dict.fromkeys("abc", 32)


def wait_for_rows(catalogue: Path, number: int, process: subprocess.Popen[str]) -> int:
    """Wait until another process has committed that many images; give their number then."""
    deadline = time.monotonic() + 400
    rows = 0
    while rows < number:
        assert process.poll() is None, f"it ended with {rows} images: {process.communicate()[1]}"
        assert time.monotonic() < deadline, f"{rows} images after 400 s"
        time.sleep(0.005)
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as now:
            rows = now.execute("SELECT count(*) FROM images").fetchone()[0]
    return rows


def test_the_embedded_store_is_refused_with_the_remedy(draw: Draw, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    with pytest.raises(ConfigurationError, match="FACIES_STORE__BACKEND=server"):
        run(Order(str(tmp_path / "in"), "c", engine="ray"))
    assert not (tmp_path / "data").exists()
