"""``facies index`` as a process, with the real network, on a disk that fills up and on one that cannot be written."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.store.shard import OPEN_RESERVE_BYTES, WRITE_RESERVE_BYTES

COMMON = """
import json, os, shutil, subprocess, sys
from pathlib import Path
from facies.core.settings import Settings
from facies.core.workspace import open_workspace

data, images, reserve = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
os.environ |= {"FACIES_DATA_DIR": str(data), "FACIES_IMAGES__THUMBNAIL_PX": "512"}
os.environ |= {"FACIES_INDEXER__UPSERT_SIZE": "4", "FACIES_MODELS__BATCH_SIZE": "4"}
# The converted network goes elsewhere: it would take the space that the images are to fill.
os.environ["FACIES_MODELS__WEIGHTS_DIR"] = str(images.parent / "weights")

def index(folder):
    command = [sys.executable, "-m", "facies.core.cli", "index", str(folder), "--collection", "k"]
    options = ["--model", "efficientnet-lite0", "--json"]
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=100)

def acknowledged():
    with open_workspace(Settings(data_dir=data)) as workspace:
        ids = [record.id for record in workspace.catalog.iter_images("k")]
        assert workspace.store.get("k", ids).keys() == set(ids)
        assert all(workspace.blobs.thumbnail(one) for one in ids)
        return set(ids)

def must_refuse(done, *words):
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert "StorageError" in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
"""

FILL_THE_DISK = """
# Another program leaves what the store wants free to make a collection. That takes 5 MiB and writing needs less, so
# about 3 MiB are left for images, of which each has a thumbnail of noise with 150 KiB or more.
ballast = data / "ballast"
ballast.write_bytes(bytes(shutil.disk_usage(data).free - reserve - 2**19))
must_refuse(index(images), "disk is full", str(data))
ballast.unlink()
kept = acknowledged()
assert 0 < len(kept) < 40, len(kept)
done = index(images)
assert done.returncode == 0, done.stderr
report = json.loads(done.stdout.strip().rsplit("\\n", 1)[-1])
assert (report["indexed"], report["unchanged"], report["failed"]) == (40 - len(kept), len(kept), 0), report
everything = acknowledged()
assert kept < everything and len(everything) == 40
assert not list(data.rglob(".part-*"))
print("kept", len(kept))
"""

READ_ONLY = """
must_refuse(index(images), "Read-only file system", str(data))
print("refused")
"""


@pytest.fixture
def can_mount(tmp_path: Path) -> None:
    """Skip where this user may not mount a file system of their own."""
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs unshare(1) and user namespaces, to mount a small disk")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with 40 images of noise."""
    for i in range(40):
        path = tmp_path / "images" / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (512, 512, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
    return tmp_path / "images"


def run_with_disk(code: str, options: str, data: Path, images: Path) -> str:
    """Run code after COMMON in a child that sees a disk of its own at ``data``."""
    data.mkdir()
    script = f"mount -t tmpfs -o {options} tmpfs '{data}'; exec \"$@\""
    arguments = [str(data), str(images), str(WRITE_RESERVE_BYTES + OPEN_RESERVE_BYTES)]
    in_mounts_of_its_own = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"]
    command = [*in_mounts_of_its_own, sys.executable, "-c", COMMON + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_a_disk_that_fills_up_ends_the_run_and_loses_nothing(can_mount: None, images: Path, tmp_path: Path) -> None:
    assert "kept" in run_with_disk(FILL_THE_DISK, "size=160m", tmp_path / "disk", images)


def test_a_disk_that_cannot_be_written_is_said(can_mount: None, images: Path, tmp_path: Path) -> None:
    assert "refused" in run_with_disk(READ_ONLY, "ro", tmp_path / "disk", images)
