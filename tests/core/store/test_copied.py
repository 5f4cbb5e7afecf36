"""A copy of the embedded store, made while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.store import CollectionSchema, CopyableStore, Point, VectorQuery
from facies.core.store.edge import EdgeStore

Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]


def read_all(root: Path) -> dict[str, dict[str, np.ndarray]]:
    store = EdgeStore(root)
    try:
        return {
            name: {point.id: point.vectors["v"] for point in store.scroll(name, vectors=True)}
            for name in store.collections()
        }
    finally:
        store.close()


def point(number: int) -> Point:
    row = np.random.default_rng(number).normal(size=16).astype(np.float32)
    return Point(f"00000000-0000-5000-8000-{number:012d}", {"v": row / np.linalg.norm(row)}, {"n": number})


@pytest.fixture
def store(tmp_path: Path) -> EdgeStore:
    opened = EdgeStore(tmp_path / "vectors")
    for name, count in (("a", 300), ("b", 7), ("empty", 0)):
        opened.ensure(name, CollectionSchema({"v": 16}, {"n": "integer"}))
        opened.upsert(name, [point(number) for number in range(count)])
    return opened


def test_a_copy_has_what_was_there_at_that_moment(store: EdgeStore, tmp_path: Path) -> None:
    assert isinstance(store, CopyableStore)
    store.optimize("a")  # what a graph holds lies in files of other kinds
    store.upsert("a", [point(1000)])
    with store.copied(tmp_path / "copy"):
        assert len(store.search("a", VectorQuery("v", [point(3).vectors["v"]], k=2))) == 2
    store.delete("a", [point(1000).id])
    store.close()
    copied, kept = read_all(tmp_path / "copy"), read_all(tmp_path / "vectors")
    assert list(copied) == ["a", "b", "empty"]
    assert point(1000).id in copied["a"]
    del copied["a"][point(1000).id]
    for name, points in kept.items():
        assert copied[name].keys() == points.keys()
        for one, row in points.items():
            np.testing.assert_array_equal(copied[name][one], row)


def test_writers_wait_for_the_copy_and_then_go_on(store: EdgeStore, tmp_path: Path) -> None:
    written = threading.Event()

    def write() -> None:
        store.upsert("b", [point(2000)])
        written.set()

    writer = threading.Thread(target=write)
    with store.copied(tmp_path / "copy"):
        writer.start()
        assert not written.wait(0.2)
    writer.join(30)
    assert written.is_set()
    assert store.count("b") == 8
    store.close()
    assert len(read_all(tmp_path / "copy")["b"]) == 7


def test_searches_go_on_while_changes_of_collections_wait_for_the_copy(store: EdgeStore, tmp_path: Path) -> None:
    schema = CollectionSchema({"v": 16}, {"n": "integer"})
    staged = store.stage("a", schema)
    changes: dict[str, Callable[[], object]] = {
        "drop": lambda: store.drop("b"),
        "new collection": lambda: store.ensure("new", schema),
        "new field": lambda: store.ensure("empty", CollectionSchema({"v": 16}, {"n": "integer", "depth": "float"})),
        "another generation": lambda: store.publish(staged),
    }
    done = {name: threading.Event() for name in changes}
    searched = threading.Event()

    def change(name: str) -> None:
        changes[name]()
        done[name].set()

    def search() -> None:
        for name in ("a", "b", "empty"):
            store.search(name, VectorQuery("v", [point(3).vectors["v"]], k=2))
        searched.set()

    threads = [threading.Thread(target=change, args=(name,)) for name in changes]
    with store.copied(tmp_path / "copy"):
        for thread in threads:
            thread.start()
        assert not any(event.wait(0.1) for event in done.values())
        threads.append(threading.Thread(target=search))
        threads[-1].start()
        answered = searched.wait(30)
    for thread in threads:
        thread.join(30)
    assert answered
    assert all(event.is_set() for event in done.values())
    assert store.collections() == ["a", "empty", "new"]
    assert store.count("a") == 0
    store.close()
    assert {name: len(points) for name, points in read_all(tmp_path / "copy").items()} == {"a": 300, "b": 7, "empty": 0}
