"""kill -9 in the middle of indexing, with the real network: nothing acknowledged is lost, nothing comes twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from facies.core.images import content_hash, image_id
from facies.core.settings import Settings
from facies.core.workspace import open_workspace

IMAGES = 120
KILLS = 2


def draw_images(folder: Path) -> set[str]:
    """Write images of noise under three labels; give their ids."""
    rng = np.random.default_rng(3)
    ids = set()
    for i in range(IMAGES):
        path = folder / "abc"[i % 3] / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(path)
        ids.add(image_id(content_hash(path.read_bytes())))
    return ids


def start(source: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "facies.core.cli", "index", str(source), "--collection", "k"]
    options = ["--labels", "folder", "--model", "efficientnet-lite0", "--json"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def acknowledged(data: Path) -> set[str]:
    """Ids in the catalogue, each of which must have its point and its thumbnail."""
    with open_workspace(Settings(data_dir=data)) as workspace:
        if not workspace.catalog.collections():
            return set()
        ids = [record.id for record in workspace.catalog.iter_images("k")]
        assert len(ids) == len(set(ids))
        if not ids:
            return set()
        assert workspace.store.get("k", ids).keys() == set(ids)
        assert all(workspace.blobs.thumbnail(one) for one in ids)
        return set(ids)


def wait_for_thumbnails(data: Path, number: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while len(list(data.glob("thumbnails/*/*.webp"))) < number and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    data = Path(os.environ["FACIES_DATA_DIR"])
    wanted = draw_images(tmp_path / "in")
    chance = random.Random(20)  # noqa: S311 (moments of a kill, no secrets)
    before: set[str] = set()
    for kill in range(KILLS):
        process = start(tmp_path / "in")
        try:
            wait_for_thumbnails(data, len(before) + chance.randrange(1, 30), process)
            time.sleep(chance.random() * 0.05)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        finally:
            process.kill()
        after = acknowledged(data)
        assert before <= after <= wanted, f"kill {kill} lost {len(before - after)} images"
        before = after
    assert len(before) < IMAGES
    process = start(tmp_path / "in")
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    report = json.loads(output.strip().rsplit("\n", 1)[-1])
    assert report["indexed"] + report["unchanged"] == IMAGES
    assert report["unchanged"] == len(before)
    assert (report["failed"], report["duplicates"]) == (0, 0)
    assert acknowledged(data) == wanted
    with open_workspace(Settings(data_dir=data)) as workspace:
        assert workspace.store.count("k") == IMAGES
        assert (
            workspace.store.facet("k", "label")
            == workspace.catalog.label_counts("k")
            == dict.fromkeys("abc", IMAGES // 3)
        )
