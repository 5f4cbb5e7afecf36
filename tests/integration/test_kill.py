"""kill -9 in the middle of indexing, with the real network: nothing acknowledged is lost, nothing comes twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from facies.core.images import content_hash, image_id
from facies.core.settings import Settings
from facies.core.workspace import open_workspace

IMAGES = 120
KILLS = 2
UPSERT_SIZE = 8
"""Small beside the images, so that a run acknowledges many times and a kill falls between two of them."""


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
    environment = {**os.environ, "FACIES_INDEXER__UPSERT_SIZE": str(UPSERT_SIZE)}
    return subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def committed(data: Path) -> set[str]:
    """Ids whose rows are committed, read while another process indexes; none before there is a table."""
    try:
        with closing(sqlite3.connect(f"file:{data}/catalog.sqlite?mode=ro", uri=True)) as catalogue:
            return {row[0] for row in catalogue.execute("SELECT id FROM images")}
    except sqlite3.OperationalError:
        return set()


def acknowledged(data: Path) -> set[str]:
    """Ids in the catalogue, each of which must have its point and its thumbnail."""
    with open_workspace(Settings(data_dir=data)) as workspace:
        ids = [record.id for record in workspace.catalog.iter_images("k")]
        assert len(ids) == len(set(ids))
        assert workspace.store.get("k", ids).keys() == set(ids)
        assert all(workspace.blobs.thumbnail(one) for one in ids)
        return set(ids)


def wait_for_rows(data: Path, number: int, process: subprocess.Popen[str]) -> set[str]:
    """Wait until the catalogue holds that many images; give the ids that it holds then."""
    deadline = time.monotonic() + 120
    while len(rows := committed(data)) < number:
        assert process.poll() is None, f"it ended with {len(rows)} images: {process.communicate()[1]}"
        assert time.monotonic() < deadline, f"{len(rows)} images after 120 s"
        time.sleep(0.005)
    return rows


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    data = Path(os.environ["FACIES_DATA_DIR"])
    wanted = draw_images(tmp_path / "in")
    chance = random.Random(20)  # noqa: S311 (moments of a kill, no secrets)
    before: set[str] = set()
    for kill in range(KILLS):
        process = start(tmp_path / "in")
        try:
            seen = wait_for_rows(data, len(before) + chance.randrange(1, 3 * UPSERT_SIZE), process)
            time.sleep(chance.random() * 0.05)
            assert process.poll() is None, "it was done before it could be killed"
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        finally:
            process.kill()
        after = acknowledged(data)
        assert before < seen <= after < wanted, (
            f"kill {kill}: {len(before)} images before, {len(seen)} seen, {len(after)} after"
        )
        before = after
    process = start(tmp_path / "in")
    try:
        output, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    report = json.loads(output.strip().rsplit("\n", 1)[-1])
    assert report["unchanged"] == len(before) > 0
    assert report["indexed"] == IMAGES - len(before) > 0
    assert (report["failed"], report["duplicates"]) == (0, 0)
    assert acknowledged(data) == wanted
    with open_workspace(Settings(data_dir=data)) as workspace:
        assert workspace.store.count("k") == workspace.catalog.count("k") == IMAGES
        assert (
            workspace.store.facet("k", "label")
            == workspace.catalog.label_counts("k")
            == dict.fromkeys("abc", IMAGES // 3)
        )
