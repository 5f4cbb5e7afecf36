"""What can go wrong while a graph is built beside a shard; that all goes right is shown in test_edge_collections."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
import qdrant_edge as edge

from facies.core.errors import StorageError, StoreError
from facies.core.store import CollectionSchema, Point
from facies.core.store.edge_conversion import edge_points
from facies.core.store.edge_schema import create_shard
from facies.core.store.graph_build import Build, _read_answer, build_beside
from facies.core.store.shard import Shard

SCHEMA = CollectionSchema({"v": 16})


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Shard]:
    made = create_shard(tmp_path / "shard", SCHEMA)
    rows = np.random.default_rng(0).normal(size=(300, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    points = [Point(str(uuid5(NAMESPACE_URL, str(i))), {"v": row}) for i, row in enumerate(rows)]
    made.write(lambda engine: engine.update(edge_points(points)), 10**6)
    yield made
    made.abandon()


def order(shard: Shard, published: list[str]) -> Build:
    return Build(shard, lambda: SCHEMA, "none", lambda: published.append("yes"))


def count(engine: edge.EdgeShard) -> int:
    return engine.count(edge.CountRequest(exact=True))


def test_the_shard_goes_on_in_the_copy(shard: Shard, tmp_path: Path) -> None:
    published: list[str] = []
    assert build_beside(order(shard, published), tmp_path / "copy")
    assert published == ["yes"]
    assert shard.path == tmp_path / "copy"
    assert shard.read(lambda engine: engine.info()).indexed_vectors_count == 300
    assert not build_beside(order(shard, published), tmp_path / "another")
    assert published == ["yes"]
    assert shard.path == tmp_path / "copy"


def test_too_little_space_is_said_before_anything_is_copied(
    shard: Shard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facies.core.store.graph_build.GROWTH", 10**9)
    with pytest.raises(StorageError, match=r"disk is full \(\d+ MiB free, \d+ MiB needed\)"):
        build_beside(order(shard, []), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert shard.read(count) == 300


def test_a_process_that_cannot_be_run(shard: Shard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(StoreError, match="/nonexistent/python"):
        build_beside(order(shard, []), tmp_path / "copy")
    assert shard.read(count) == 300
    assert shard.count_noted() == 0


def test_a_process_that_dies_is_told_with_its_last_words(
    shard: Shard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\necho 'out of memory' >&2\nkill -9 $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(dying))
    with pytest.raises(StoreError, match=r"status -9; the collection is as it was.*out of memory"):
        build_beside(order(shard, []), tmp_path / "copy")
    assert shard.read(count) == 300


def test_a_stop_before_the_start(shard: Shard, tmp_path: Path) -> None:
    build = order(shard, [])
    build.stop.set()
    with pytest.raises(StoreError, match="broken off"):
        build_beside(build, tmp_path / "copy")
    assert shard.path == tmp_path / "shard"


def test_what_the_process_answers() -> None:
    assert _read_answer(0, 'a warning\n{"changed": true}\n', "")
    assert not _read_answer(0, '{"changed": false}\n', "")
    with pytest.raises(StorageError, match="no space"):
        _read_answer(1, '{"error": "StorageError", "message": "no space"}\n', "")
    for output in ("", "[]", '{"error": "NoSuchError", "message": ""}', '{"error": "StoreError"}'):
        with pytest.raises(StoreError, match="ended with status 3"):
            _read_answer(3, output, "")
