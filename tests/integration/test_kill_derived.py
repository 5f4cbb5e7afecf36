"""kill -9 before and after every step that writes of a whitening or an adaptation: what is in use is whole always.

A process kills itself at the number of a step, so every boundary comes in its turn. Each run begins with what the kill
before it left. The processes are forks of one that has imported everything, which takes longer than all they do.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.settings import Settings
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.named_vectors import choose_default, drop_vector
from facies.indexer.projections import read_projection

IMAGES, CLASSES = 60, 4
FEWEST_STEPS = 14
"""Two boundaries for each of: make room, write (several times), flush, switch, drop, flush."""

SCRIPT = """
import os, signal, sys, traceback
import numpy as np
from PIL import Image
import facies.indexer.derived
from facies.indexer.adaptation import stage_adaptation, try_head, use_adaptation
from facies.models.metric_head import MetricHead
from facies.core.records import Fingerprint
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.indexer.whitening import stage_whitening, use_whitening

class Turning:
    name, draft_px, batch_size, dim = "colours", None, 16, 48
    fingerprint = Fingerprint("colours", "0" * 64, "4x4", "mean", "numpy", "f32")
    def prepare(self, image):
        return np.asarray(Image.fromarray(image).resize((4, 4), Image.Resampling.BOX))
    def embed_views(self, prepared):
        rows = np.stack([np.stack([np.rot90(p, k) for k in range(4)]) for p in prepared])
        rows = rows.reshape(len(prepared), 4, -1).astype(np.float32) + 1
        return rows / np.linalg.norm(rows.mean(axis=1), axis=1)[:, None, None]
    def embed_prepared(self, prepared):
        return self.embed_views(prepared).mean(axis=1)
    def embed(self, images):
        return self.embed_prepared([self.prepare(image) for image in images])

facies.indexer.derived._AT_ONCE = 24

def stepped(name, call):
    def step(*arguments, **options):
        die("before", name)
        answer = call(*arguments, **options)
        die("after", name)
        return answer
    return step

def die(moment, name):
    global left
    if left == 0:
        print(moment, name, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

def whiten(workspace, seed):
    return use_whitening(workspace, stage_whitening(workspace, "k", Turning(), sample=55, seed=seed))

def adapt(workspace, seed):
    head = MetricHead(shrinkage=0.1 + seed / 10_000)
    tried = try_head(workspace, "k", "colours", head=head)
    return use_adaptation(workspace, stage_adaptation(workspace, "k", tried, head=head), default=True)

def run(kind, seed):
    with open_workspace(Settings()) as workspace:
        for part, names in ((workspace.store, ("drop_vector", "ensure", "put_vectors", "flush")),
                            (workspace.catalog, ("add_vector", "replace_vector"))):
            for name in names:
                setattr(type(part), name, stepped(name, getattr(type(part), name)))
        print("whole", {"whitened": whiten, "adapted": adapt}[kind](workspace, seed).vector, flush=True)

with open_workspace(Settings()) as workspace:
    index_source(workspace, Turning(), "k", open_source(sys.argv[1], labels="folder"))
print("indexed", flush=True)
for line in sys.stdin:
    kind, left, seed = (int(word) if word.isdigit() or word[0] == "-" else word for word in line.split())
    child = os.fork()
    if child == 0:
        try:
            run(kind, seed)
        except BaseException:
            print("failed:", traceback.format_exc().replace("\\n", " | "), flush=True)
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Runs:
    """Whitens or adapts collection ``k`` again and again, each time in a process of its own."""

    def __init__(self, source: Path) -> None:
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # no threads, so that a fork has all that there is
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(source)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._read() == "indexed"

    def begin(self, kind: str, steps: int, seed: int) -> tuple[int, str]:
        """Run until so many boundaries are passed (-1: to the end); gives the exit status and what it said."""
        assert self.process.stdin is not None
        print(kind, steps, seed, file=self.process.stdin, flush=True)
        said, status = self._read(), int(self._read())
        assert status in {0, -signal.SIGKILL}, said
        return status, said

    def _read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate(timeout=30)
            raise AssertionError(f"it ended: {errors}")
        return line.strip()


def in_use(workspace: Workspace) -> str:
    """See that the default vector is whole, and that a search by it finds every image; gives its name."""
    record = workspace.catalog.collection("k")
    vector = record.default_vector
    assert workspace.catalog.count("k") == workspace.store.count("k") == IMAGES
    points = list(workspace.store.scroll("k", vectors=True))
    rows = np.stack([point.vectors[vector.name] for point in points])
    if vector.projection is not None:
        projection = read_projection(workspace.catalog.projection(vector.projection), "here")
        raw = np.stack([point.vectors["colours"] for point in points])
        np.testing.assert_allclose(rows, projection.apply(raw), atol=5e-6)
    hits = workspace.store.search_batch("k", [VectorQuery(vector.name, [row], k=1) for row in rows])
    assert [found[0].id for found in hits] == [point.id for point in points]
    return vector.name


def begin_anew() -> None:
    """Leave the raw vector alone, as before the first whitening."""
    with open_workspace(Settings()) as workspace:
        name = in_use(workspace)
        if name != "colours":
            choose_default(workspace, "k", "colours")
            drop_vector(workspace, "k", name)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    assert os.environ["FACIES_DATA_DIR"].startswith(str(tmp_path))
    rng = np.random.default_rng(8)
    (tmp_path / "in").mkdir()
    patterns = rng.integers(0, 128, (CLASSES, 4, 4, 3))
    for i in range(IMAGES):
        pixels = (patterns[i % CLASSES] + rng.integers(0, 128, (4, 4, 3))).astype(np.uint8)
        path = tmp_path / "in" / f"class{i % CLASSES}" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).resize((16, 16), Image.Resampling.NEAREST).save(path)
    begun = Runs(tmp_path / "in")
    yield begun
    begun.process.communicate(timeout=30)


def kill_at_each_step(runs: Runs, kind: str, *, first: bool) -> list[tuple[str, str, str]]:
    """Kill a run at its first boundary, then one at its second, until one is done before; gives what was in use."""
    history: list[tuple[str, str, str]] = []
    for number in range(60):
        if first:
            begin_anew()
        with open_workspace(Settings()) as workspace:
            before = in_use(workspace)
        status, said = runs.begin(kind, number, seed=number)
        with open_workspace(Settings()) as workspace:
            after = in_use(workspace)
            if status == 0:
                assert said == f"whole {after}"
                record = workspace.catalog.collection("k")
                assert workspace.store.schema("k").vectors.keys() == {one.name for one in record.vectors}
                return history
        history.append((before, said, after))
    raise AssertionError(f"no run was done: {history}")


@pytest.mark.parametrize("kind", ["whitened", "adapted"])
def test_kill_9_at_every_step_of_the_first_fit(runs: Runs, kind: str) -> None:
    history = kill_at_each_step(runs, kind, first=True)
    assert len(history) >= FEWEST_STEPS - 2
    assert all(before == "colours" for before, _, _ in history)
    switched = [said for _, said, after in history if after == f"colours-{kind}-1"]
    assert switched[0] == "after add_vector"
    assert all(after in {"colours", f"colours-{kind}-1"} for _, _, after in history)


@pytest.mark.parametrize("kind", ["whitened", "adapted"])
def test_kill_9_at_every_step_of_another_fit(runs: Runs, kind: str) -> None:
    assert runs.begin(kind, -1, seed=1000) == (0, f"whole colours-{kind}-1")
    history = kill_at_each_step(runs, kind, first=False)
    assert len(history) >= FEWEST_STEPS
    said = [one for _, one, _ in history]
    for wanted in ("after put_vectors", "before replace_vector", "after replace_vector", "before drop_vector"):
        assert wanted in said
    for before, moment, after in history:
        number, later = (int(name.rpartition("-")[2]) for name in (before, after))
        assert later in {number, number + 1}
        assert moment != "before replace_vector" or later == number
        assert moment != "after replace_vector" or later == number + 1
