"""kill -9 during bulk load, while a graph is built, and at every step of the swap: nothing acknowledged is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest

from facies.core.filters import Equals
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.store.edge import EdgeStore

SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer"})
SIZE = 25
"""Points that are acknowledged at a time."""

ACTOR = """
import json, os, signal, shutil, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_kills import write_batch
from facies.core.store import edge_collections, graph_build, layout
from facies.core.store.build_child import Job, build
from facies.core.store.edge import EdgeStore
from facies.core.store.shard import Shard


def say(*words):
    print(*words, flush=True)


def write_on(store, first, last=10**6):
    for number in range(first, last):
        write_batch(store, number)
        say(number)


def load(store, first):
    write_on(store, first)


def optimize(store, first):
    threading.Thread(target=store.optimize, args=("c",), daemon=True).start()
    while not store.describe("c").optimizing:
        pass
    say("building")
    write_on(store, first)


def swap(store, first, fatal):
    step, written = 0, first

    def at_step(what):
        nonlocal step
        if step == fatal:
            say("died", what)
            os.kill(os.getpid(), signal.SIGKILL)
        step += 1

    def around(owner, name, *, write=False, times=2):
        plain = getattr(owner, name)

        def call(*arguments, **options):
            nonlocal written, times
            times -= 1
            if times < 0:
                return plain(*arguments, **options)
            at_step("before " + name)
            answer = plain(*arguments, **options)
            if write:
                write_on(store, written, written + 2)
                written += 2
            at_step("after " + name)
            return answer

        setattr(owner, name, call)

    def build_here(under_way, target, schema):
        return build(Job(target, schema.vectors, under_way.quantization, 0))

    graph_build._build_in_child = build_here
    around(layout, "start_generation", write=True)
    around(graph_build, "copy_files", write=True)
    around(graph_build, "_build_in_child", write=True)
    around(graph_build, "sync_files", write=True)
    around(graph_build, "complete_shard")
    around(layout, "write_schema")
    around(Path, "replace")
    around(layout, "publish_generation")
    around(Shard, "take_over")
    around(os, "rmdir")
    around(layout, "discard_generation")
    store.optimize("c")
    say("whole")
    write_on(store, written, written + 2)
    os.kill(os.getpid(), signal.SIGKILL)


acts = {"load": load, "optimize": optimize, "swap": swap}
for line in sys.stdin:
    name, root, *arguments = json.loads(line)
    actor = os.fork()
    if actor == 0:
        say("pid", os.getpid())
        acts[name](EdgeStore(Path(root)), *arguments)
    _, status = os.waitpid(actor, 0)
    say("ended", status)
"""
"""A process that has everything imported, and forks for each act; what it forks is killed."""


def write_batch(store: EdgeStore, number: int) -> None:
    """Store the points of a batch, then replace half of the one before; both are acknowledged together."""
    store.upsert("c", make_batch(number, "first"))
    if number:
        store.upsert("c", make_batch(number - 1, "again")[: SIZE // 2])


def make_batch(number: int, label: str) -> list[Point]:
    """The points of a batch, always the same ones."""
    rows = np.random.default_rng([number, len(label)]).normal(size=(SIZE, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = [str(uuid5(NAMESPACE_URL, f"{number}/{i}")) for i in range(SIZE)]
    return [Point(one, {"v": row}, {"label": label, "n": number}) for one, row in zip(ids, rows, strict=True)]


def make_store(root: Path, batches: int) -> int:
    """A store with so many batches in collection ``c``."""
    store = EdgeStore(root)
    store.ensure("c", SCHEMA)
    for number in range(batches):
        write_batch(store, number)
    store.close()
    return batches


class Stage:
    """Where acts are started, and killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def act(
        self, name: str, root: Path, first: int, *arguments: int, after_s: float | None = None, wait_for: str = ""
    ) -> tuple[int, list[str]]:
        """Have a writer run until it is killed: so long after the line waited for, or by itself.

        Returns:
            the number of the batch after the last that was acknowledged; and whatever else was said.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([name, str(root), first, *arguments]), file=self._process.stdin, flush=True)
        said: list[str] = []
        actor = 0
        for line in self._process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "pid":
                actor = int(rest)
            elif word == "ended":
                assert os.waitstatus_to_exitcode(int(rest)) == -signal.SIGKILL
                break
            else:
                said.append(line.strip())
            if after_s is not None and said and said[-1] == wait_for:
                time.sleep(after_s)
                os.kill(actor, signal.SIGKILL)
                after_s = None
        acknowledged = [int(line) for line in said if line.isdigit()]
        assert acknowledged == list(range(first, first + len(acknowledged)))
        return first + len(acknowledged), [line for line in said if not line.isdigit()]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A process that acts."""
    command = [sys.executable, "-c", ACTOR, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Stage(process)


def check_whole(root: Path, acknowledged: int) -> None:
    """Everything acknowledged is there as it was written last; nothing else of the store is damaged or left behind."""
    store = EdgeStore(root)
    assert store.collections() == ["c"]
    assert len([one for one in (root / "c").iterdir() if one.is_dir()]) == 1
    assert store.schema("c") == SCHEMA
    for number in range(acknowledged):
        replaced = make_batch(number, "again")[: SIZE // 2] if number + 1 < acknowledged else []
        sure = replaced + make_batch(number, "first")[SIZE // 2 :]
        found = store.get("c", [point.id for point in sure])
        for point in sure:
            assert found[point.id].payload == point.payload
            np.testing.assert_allclose(found[point.id].vectors["v"], point.vectors["v"], atol=1e-6)
    # What was under way when the kill came may be there, in part.
    assert acknowledged * SIZE <= store.count("c") <= (acknowledged + 1) * SIZE
    last = make_batch(acknowledged - 1, "first")[-1]
    assert store.search("c", VectorQuery("v", [last.vectors["v"]], k=1, where=Equals("n", acknowledged - 1)))[0].id == (
        last.id
    )
    store.close()


def children_of(root: Path) -> list[str]:
    """Processes of the system that name the folder in their command."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:  # it has ended
            continue
        if str(root) in command and "build_child" in command and int(entry.name) != os.getpid():
            found.append(command)
    return found


def test_during_bulk_load(stage: Stage, tmp_path: Path) -> None:
    acknowledged, drawn = make_store(tmp_path, 1), np.random.default_rng(0)
    for _ in range(10):
        wait_for = str(acknowledged + drawn.integers(5))
        acknowledged, _ = stage.act("load", tmp_path, acknowledged, after_s=drawn.uniform(0, 0.02), wait_for=wait_for)
        check_whole(tmp_path, acknowledged)


def test_while_a_graph_is_built(stage: Stage, tmp_path: Path) -> None:
    drawn = np.random.default_rng(1)
    for number in range(10):
        root = tmp_path / str(number)
        first = make_store(root, 40)
        acknowledged, said = stage.act("optimize", root, first, after_s=drawn.uniform(0, 1.2), wait_for="building")
        assert said == ["building"]
        check_whole(root, acknowledged)
    deadline = time.monotonic() + 20
    while children_of(tmp_path):
        assert time.monotonic() < deadline, "a child outlived its parent"
        time.sleep(0.05)


def test_at_every_step_of_the_swap(stage: Stage, tmp_path: Path) -> None:
    steps: list[str] = []
    for step in range(100):
        root = tmp_path / str(step)
        acknowledged, said = stage.act("swap", root, make_store(root, 8), step)
        check_whole(root, acknowledged)
        if said == ["whole"]:
            break
        steps += said
    assert all(step.startswith("died") for step in steps)
    assert len(steps) > 25
    for name in ("start_generation", "copy_files", "write_schema", "replace", "take_over", "discard_generation"):
        assert {f"died before {name}", f"died after {name}"} <= set(steps)
