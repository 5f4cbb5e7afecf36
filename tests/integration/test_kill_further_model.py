"""kill -9 while a further model embeds: nothing that was stored is lost, nothing is embedded twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from facies.core.settings import Settings
from facies.core.workspace import open_workspace

IMAGES = 90
KILLS = 5

SCRIPT = """
import sys, time
from pathlib import Path
import numpy as np
from PIL import Image
from facies.core.records import Fingerprint
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.further_models import fill_vector
from facies.indexer.limits import Limits
from facies.indexer.named_vectors import open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

class Colours:
    draft_px, batch_size, dim = None, 2, 12
    def __init__(self, name):
        self.name, self.fingerprint = name, Fingerprint(name, "0" * 64, "2x2", "mean", "numpy", "f32")
    def prepare(self, image):
        return np.asarray(Image.fromarray(image).resize((2, 2), Image.Resampling.BOX))
    def embed_prepared(self, prepared):
        time.sleep(0.004)
        rows = np.stack(prepared).reshape(len(prepared), -1).astype(np.float32) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
    def embed(self, images):
        return self.embed_prepared([self.prepare(image) for image in images])

def say(update):
    print(update.images, flush=True)

with open_workspace(Settings()) as workspace:
    if sys.argv[1] == "index":
        index_source(workspace, Colours("one"), "k", open_source(sys.argv[2]))
    else:
        open_vector(workspace, "k", Colours("two"))
        report = fill_vector(workspace, "k", Colours("two"), limits=Limits(upsert_size=3), progress=say)
        print("embedded", report.embedded, report.lacking, flush=True)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    try:
        output, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return output


def kill_after(process: subprocess.Popen[str], images: int) -> int:
    """Kill it once it has said that so many images are stored; gives the number that it said last."""
    said = 0
    try:
        assert process.stdout is not None
        while said < images:
            line = process.stdout.readline()
            assert line.strip().isdigit(), f"it ended after {said} images: {line}"
            said = int(line)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    finally:
        process.kill()
    return said


def with_vector() -> int:
    with open_workspace(Settings()) as workspace:
        assert workspace.catalog.count("k") == workspace.store.count("k") == IMAGES
        assert workspace.store.count("k", lacking="one") == 0
        return IMAGES - workspace.store.count("k", lacking="two")


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    assert os.environ["FACIES_DATA_DIR"].startswith(str(tmp_path))
    rng = np.random.default_rng(8)
    (tmp_path / "in").mkdir()
    for i in range(IMAGES):
        Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(tmp_path / "in" / f"{i}.png")
    finish(start("index", str(tmp_path / "in")))
    chance = random.Random(9)  # noqa: S311 (moments of a kill, no secrets)
    before = 0
    for kill in range(KILLS):
        said = kill_after(start("fill"), chance.randrange(3, 15))
        now = with_vector()
        assert before + said <= now < IMAGES, f"kill {kill}: {before} before, {said} said, {now} there"
        before = now
    last = finish(start("fill")).splitlines()[-1]
    assert last == f"embedded {IMAGES - before} 0"
    assert with_vector() == IMAGES
