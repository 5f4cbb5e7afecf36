"""The commands as a person runs them: separate processes, real network weights, real signals."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from facies.api.cli_serving import parse_weights
from facies.api.serving import open_socket
from facies.core.client import Client
from facies.core.errors import ConfigurationError
from facies.core.wire import CollectionBody

from .conftest import CARD

FACIES = [sys.executable, "-m", "facies.core.cli"]


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that is killed with all it started if it still runs at the end."""
    with subprocess.Popen(
        [*FACIES, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    return line


def peak_gib(pid: int) -> float:
    """The most memory that a process ever held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kib) / 2**20


def test_serve_takes_every_difficult_file_and_lives_on(test_data: Callable[[str], Path]) -> None:
    folder = test_data("hard")
    rows = list(csv.DictReader((folder / "MANIFEST.tsv").read_text().splitlines(), delimiter="\t"))
    wrong: list[str] = []
    slowest = 0.0
    with running("serve", "--port", "0") as process:
        url = wait_for_line(process).split()[-1].removesuffix("/v1")
        with Client(url) as client:
            client.create_collection(CollectionBody(name="hard", model=CARD))
            for row in rows:
                path = folder / row["file"]
                began = time.monotonic()
                (result,) = client.upload_images("hard", [(path.name, path.read_bytes())]).results
                slowest = max(slowest, time.monotonic() - began)
                refused = result.status == "failed"
                if refused and not result.reason:
                    wrong.append(f"{row['file']}: refused without a reason")
                if row["expect"] == "decode" and refused:
                    wrong.append(f"{row['file']}: {result.reason}")
                if row["expect"] == "refuse" and not refused:
                    wrong.append(f"{row['file']}: {result.status}, expected to be refused")
            assert client.health().status == "ok"
            assert client.collection("hard").images >= sum(row["expect"] == "decode" for row in rows) // 2
        memory = peak_gib(process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert wrong == []
    assert slowest < 10
    assert memory < 2
    assert process.returncode == 0


def test_serve_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with running("serve", "--port", "0") as first:
        port = wait_for_line(first).split(":")[-1].split("/")[0]
        held = subprocess.run([*FACIES, "serve", "--port", "0"], capture_output=True, text=True, check=False)
        assert held.returncode == 1
        assert "StoreLockedError" in held.stderr
        assert "serve --port 0" in held.stderr
        other = {**os.environ, "FACIES_DATA_DIR": str(tmp_path / "other")}
        taken = subprocess.run(
            [*FACIES, "serve", "--port", port], capture_output=True, text=True, check=False, env=other
        )
        assert taken.returncode == 2
        assert f"port {port}" in taken.stderr
        assert "--port" in taken.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_serves_both_and_a_signal_ends_both(number: signal.Signals) -> None:
    with running("up", "--port", "0") as process:
        url = wait_for_line(process).split()[1]
        assert httpx.get(f"{url}/v1/health", trust_env=False).json()["status"] == "ok"
        assert httpx.get(url, trust_env=False).status_code == 200
        began = time.monotonic()
        with connect(url.replace("http", "ws", 1) + "/_stcore/stream") as page:  # as an open page does
            process.send_signal(number)
            with pytest.raises(ConnectionClosed):
                page.recv(timeout=20)
        _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 15
    assert process.returncode == 0, errors
    assert errors == ""


def test_up_says_that_its_port_is_taken() -> None:
    with open_socket("127.0.0.1", 0, setting="none") as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*FACIES, "up", "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_demo_shows_everything_and_ends(gallery: Path) -> None:
    with running("demo", "--exit", "--source", str(gallery), "--port", "0") as process:
        out, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    assert "24 images in collection own" in out
    assert "Most similar to" in out
    assert "/v1/health: ok" in out
    assert "HTTP 200" in out
    assert "Traceback" not in errors


def test_checkpoints_are_given_by_model(tmp_path: Path) -> None:
    (tmp_path / "vit.pth").touch()
    assert parse_weights(None) == {}
    assert parse_weights([f"scampi-vits16={tmp_path / 'vit.pth'}"]) == {"scampi-vits16": tmp_path / "vit.pth"}
    for text in ("vit.pth", "=vit.pth", "scampi-vits16=", f"scampi-vits16={tmp_path / 'no.pth'}"):
        with pytest.raises(ConfigurationError, match="--weights"):
            parse_weights([text])
