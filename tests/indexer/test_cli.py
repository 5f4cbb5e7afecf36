"""The command as a person runs it: real processes, the real network, real images where they are at hand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.settings import Settings
from facies.core.workspace import open_workspace

from .conftest import Draw

FACIES = [sys.executable, "-m", "facies.core.cli"]
MODEL = ["--model", "efficientnet-lite0"]


def facies(*arguments: str | Path, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FACIES, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )


def last_object(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output.rstrip("\n").rsplit("\n", 1)[-1])
    return found


def test_help_and_wrong_usage_load_no_engine() -> None:
    code = (
        "import sys, typer.testing, facies.indexer.cli as c\n"
        "assert typer.testing.CliRunner().invoke(c.index_app, ['--help']).exit_code == 0\n"
        "print(sorted({'torch', 'timm', 'numpy', 'sqlalchemy', 'qdrant_edge', 'fsspec'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_real_images_with_the_real_network(test_data: Callable[[str], Path], tmp_path: Path) -> None:
    """The report's keys are those that scripts rely on."""
    for folder in sorted((test_data("scampi-20")).iterdir())[:4]:
        (tmp_path / "in" / folder.name).mkdir(parents=True)
        for path in sorted(folder.glob("*.jpg"))[:5]:
            shutil.copy(path, tmp_path / "in" / folder.name)
    first = facies("index", tmp_path / "in", "--collection", "m", "--labels", "folder", *MODEL, "--json")
    assert first.returncode == 0, first.stderr
    report = last_object(first.stdout)
    assert (report["indexed"], report["unchanged"], report["failed"], report["failures"]) == (20, 0, 0, [])
    assert set(report) >= {"indexed", "unchanged", "duplicates", "skipped", "failed", "failures", "seconds"}
    assert report["model"] == "efficientnet-lite0"
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        record = workspace.catalog.collection("m")
        assert record.default_vector.fingerprint.card == "efficientnet-lite0"
        assert list(workspace.catalog.label_counts("m").values()) == [5] * 4
        assert workspace.store.count("m") == 20
        # The store is open here, so a second process is told who holds it and what to do.
        held = facies("index", tmp_path / "in", "--collection", "m")
        assert held.returncode == 1
        assert "--api" in held.stderr
        assert str(os.getpid()) in held.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["index"], 2, "--collection NAME"),
        (["index", "in", "--collection", "c", "--labels", "some"], 2, "some"),
        (["index", "in", "--collection", "c", "--model", "efficientnet-lite00"], 2, "efficientnet-lite0"),
        (["index", "nowhere", "--collection", "c"], 1, "nowhere"),
    ],
)
def test_wrong_usage_says_what_and_the_remedy(
    arguments: list[str], status: int, message: str, draw: Draw, tmp_path: Path
) -> None:
    draw("in/1.png", 1)
    run = facies(*arguments, folder=tmp_path)
    assert run.returncode == status, run.stderr
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("source", "reason"), [("x" * 300, "too long"), ("gr\udce4in", "not UTF-8"), ("gr\udce4in.csv", "not UTF-8")]
)
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_source_that_no_system_knows_is_refused(source: str, reason: str, options: list[str], tmp_path: Path) -> None:
    """No argument of a process holds a NUL; test_sources has that one."""
    run = facies("index", source, "--collection", "c", *options, folder=tmp_path)
    assert run.returncode == 1, run.stderr
    assert reason in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) < 10
    assert run.stdout == ""


def test_a_data_folder_that_cannot_be_made_is_said(draw: Draw, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    (tmp_path / "file").touch()
    run = facies("index", tmp_path / "in", "--collection", "c", *MODEL, FACIES_DATA_DIR=str(tmp_path / "file/data"))
    assert run.returncode == 1
    assert "cannot write" in run.stderr


def test_ctrl_c_stops_in_good_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for i in range(400):
        Image.fromarray(rng.integers(0, 256, (160, 160, 3), dtype=np.uint8)).save(tmp_path / f"in/{i:03d}.bmp")
    command = [*FACIES, "index", str(tmp_path / "in"), "--collection", "c", *MODEL, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "data").glob("thumbnails/*/*.jpg")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    report = last_object(output)
    assert report["interrupted"] is True
    assert 0 < report["indexed"] < 400
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        assert workspace.catalog.count("c") == workspace.store.count("c") == report["indexed"]
