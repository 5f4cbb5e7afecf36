"""Shards that are made, and completed."""

from __future__ import annotations

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest

from facies.core.errors import StorageError
from facies.core.store import CollectionSchema, Point
from facies.core.store.edge_conversion import edge_points
from facies.core.store.edge_schema import clear_shard, complete_shard, create_shard
from facies.core.store.engine_files import read_vector_names

ONE = str(uuid5(NAMESPACE_URL, "1"))


def test_a_shard_is_completed_with_what_is_new(tmp_path: Path) -> None:
    old = CollectionSchema({"v": 2}, {"a": "keyword"})
    shard = create_shard(tmp_path / "shard", old)
    point = Point(ONE, {"v": np.array([1, 0], dtype=np.float32)}, {"a": "x", "b": 1})
    shard.write(lambda engine: engine.update(edge_points([point])), 1000)
    assert complete_shard(shard, old, old) is old
    new = CollectionSchema({"v": 2, "w": 3}, {"a": "keyword", "b": "integer"})
    assert complete_shard(shard, old, new) == new
    assert set(shard.read(lambda engine: engine.info()).payload_schema) == {"a", "b"}
    both = Point(ONE, {**point.vectors, "w": np.array([0, 0, 1], dtype=np.float32)})
    shard.write(lambda engine: engine.update(edge_points([both])), 1000)
    assert set(shard.read(lambda engine: engine.retrieve([ONE], False, True))[0].vector) == {"v", "w"}  # type: ignore[arg-type]  # a dict of named vectors, which the stubs' union does not say
    shard.close()


def test_a_shard_is_cleared_of_what_its_schema_does_not_have(tmp_path: Path) -> None:
    both = CollectionSchema({"v": 2, "w": 3, "x": 4})
    shard = create_shard(tmp_path / "shard", both)
    clear_shard(shard, both)
    assert read_vector_names(shard.path) == {"v", "w", "x"}
    clear_shard(shard, CollectionSchema({"v": 2, "new": 5}))
    assert read_vector_names(shard.path) == {"v"}
    shard.close()


def test_a_shard_that_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        create_shard(tmp_path / "none" / "shard", CollectionSchema({"v": 2}))
