"""A named vector leaves an embedded collection, whatever happens meanwhile."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from facies.core.errors import StorageError, StoreError
from facies.core.store import (
    CollectionSchema,
    VectorQuery,
    edge_collections,
)
from facies.core.store.edge import EdgeStore

from .builds import SCHEMA, between, name_of, unit


@pytest.fixture
def two(edge: EdgeStore) -> EdgeStore:
    """Every point with a second vector ``w``."""
    edge.ensure("c", CollectionSchema({"w": 4}))
    edge.put_vectors("c", "w", {name_of(i): unit(i, 4) for i in range(600)})
    return edge


def check_dropped(store: EdgeStore) -> None:
    """The vector is gone, the rest is whole, and the name can be had again."""
    assert store.schema("c") == SCHEMA
    assert all(list(point.vectors) == ["v"] for point in store.scroll("c", vectors=True))
    store.ensure("c", CollectionSchema({"w": 7}))
    assert store.count("c", lacking="w") == store.count("c") == 600
    store.put_vectors("c", "w", {name_of(5): unit(5, 7)})
    assert [hit.id for hit in store.search("c", VectorQuery("w", [unit(5, 7)]))] == [name_of(5)]


def test_a_dropped_vector_stays_gone(two: EdgeStore, tmp_path: Path) -> None:
    two.optimize("c")
    two.drop_vector("c", "w")
    assert two.describe("c").graphed == 600
    two.close()
    again = EdgeStore(tmp_path)
    assert again.describe("c").graphed == 600
    check_dropped(again)
    again.put_vectors("c", "w", {name_of(i): unit(i, 7) for i in range(600)})
    assert again.optimize("c").graphed == 600
    assert again.search("c", VectorQuery("w", [unit(9, 7)], k=1))[0].id == name_of(9)
    again.close()


def test_a_kill_between_schema_and_shard(two: EdgeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    two.flush()
    with monkeypatch.context() as patched:
        patched.setattr(edge_collections, "clear_shard", die)
        with pytest.raises(KeyboardInterrupt):
            two.drop_vector("c", "w")
    killed = tmp_path.parent / f"{tmp_path.name}-killed"
    shutil.copytree(tmp_path, killed)
    two.drop_vector("c", "w")  # in the same process it is called again
    check_dropped(two)
    again = EdgeStore(killed)
    check_dropped(again)
    again.close()


def test_a_full_disk_is_said_and_the_vector_dropped_later(
    two: EdgeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("/data", "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(edge_collections, "clear_shard", full)
        with pytest.raises(StorageError):
            two.drop_vector("c", "w")
        two.close()
        reading = EdgeStore(tmp_path)
        assert reading.search("c", VectorQuery("v", [unit(1)]))
        reading.close()
    again = EdgeStore(tmp_path)
    check_dropped(again)
    again.close()


def test_a_build_is_broken_off_by_a_drop(two: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    dropping: list[threading.Thread] = []

    def act(stage: str) -> None:
        if stage == "building":
            under_way = two._collections.get("c").build
            dropping.append(threading.Thread(target=two.drop_vector, args=("c", "w")))
            dropping[0].start()
            assert under_way is not None
            assert under_way.stop.wait(30)

    with between(monkeypatch, act), pytest.raises(StoreError, match="broken off"):
        two.optimize("c")
    dropping[0].join()
    check_dropped(two)
