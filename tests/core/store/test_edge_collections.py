"""Generations of embedded collections, and what may happen while a graph is built beside one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facies.core.errors import CollectionNotFoundError, StorageError, StoreError, StoreUnavailableError
from facies.core.filters import Equals
from facies.core.records import MetadataValue
from facies.core.store import (
    CollectionSchema,
    Point,
    Vector,
    VectorQuery,
)
from facies.core.store.edge import EdgeStore

from .builds import SCHEMA, between, generations, name_of, unit

Rows = Callable[..., NDArray[np.float32]]
MakePoints = Callable[..., list[Point]]


def test_a_new_generation_is_in_use_and_the_old_one_is_gone(edge: EdgeStore, tmp_path: Path) -> None:
    assert edge.describe("c").graphed == 0
    described = edge.optimize("c")
    assert (described.points, described.graphed, described.optimizing) == (600, 600, False)
    assert (tmp_path / "c" / "CURRENT").read_text() == "0002\n"
    assert generations(tmp_path) == ["0002"]
    assert edge.optimize("c") == described
    assert generations(tmp_path) == ["0002"]
    edge.close()
    again = EdgeStore(tmp_path)
    assert again.describe("c").graphed == 600
    assert again.schema("c") == SCHEMA
    again.close()


def test_what_is_written_afterwards_is_outside_the_graph(edge: EdgeStore) -> None:
    edge.optimize("c")
    edge.upsert("c", [Point(name_of(i), {"v": unit(i)}) for i in range(550, 700)])
    assert edge.describe("c").graphed == 550
    assert edge.optimize("c").graphed == 700


@pytest.mark.parametrize("quantization", ["int8", "turbo4"])
def test_a_change_of_the_packing_takes_effect_at_the_next_build(
    tmp_path: Path, rows: Rows, make_points: MakePoints, quantization: str
) -> None:
    points = make_points(rows(600, 64))
    queries = [VectorQuery("v", [point.vectors["v"]], k=5) for point in points[:30]]
    exactly = [VectorQuery("v", query.positive, k=5, exact=True) for query in queries]
    for packing in ("none", quantization, "none"):
        store = EdgeStore(tmp_path, quantization=packing)  # type: ignore[arg-type]  # one of the three, out of a tuple
        store.ensure("c", CollectionSchema({"v": 64}))
        store.upsert("c", points)
        before = store.describe("c").quantization
        assert store.optimize("c").quantization == packing
        assert before in {"none", quantization}
        found, true = store.search_batch("c", queries), store.search_batch("c", exactly)
        assert [hits[0].id for hits in found] == [point.id for point in points[:30]]
        shared = [len({one.id for one in a} & {one.id for one in b}) for a, b in zip(found, true, strict=True)]
        assert np.mean(shared) > 4.5
        for a, b in zip(found, true, strict=True):  # ordered by the full vectors
            assert a[0].similarity == pytest.approx(b[0].similarity, abs=1e-6)
        store.close()


class Model:
    """What the operations of a test leave, in plain Python."""

    def __init__(self) -> None:
        self.points: dict[str, tuple[dict[str, Vector | None], dict[str, MetadataValue]]] = {
            name_of(i): ({"v": None}, {"label": "ab"[i % 2], "n": i}) for i in range(600)
        }

    def apply(self, store: EdgeStore, operation: tuple[str, int, int]) -> None:
        """Carry out an operation in the store and here."""
        kind, first, seed = operation
        ids = [name_of(i) for i in range(first, first + 7)]
        present = [one for one in ids if one in self.points]
        if kind == "upsert":
            store.upsert("c", [Point(one, {"v": unit(seed)}, {"label": "new", "n": seed}) for one in ids])
            self.points |= {one: ({"v": unit(seed)}, {"label": "new", "n": seed}) for one in ids}
        elif kind == "delete":
            store.delete("c", ids)
            for one in present:
                del self.points[one]
        elif kind == "payload":
            store.set_payload("c", ids, {"label": f"set {seed}"})
            for one in present:
                vectors, payload = self.points[one]
                self.points[one] = (vectors, {**payload, "label": f"set {seed}"})
        else:
            store.ensure("c", CollectionSchema({"w": 4}, {"n": "integer"}))
            store.put_vectors("c", "w", {one: unit(seed, 4) for one in ids})
            for one in present:
                vectors, payload = self.points[one]
                self.points[one] = ({**vectors, "w": unit(seed, 4)}, payload)

    def check(self, store: EdgeStore) -> None:
        """Compare the store with this."""
        found = {point.id: point for point in store.scroll("c", vectors=True)}
        assert found.keys() == self.points.keys()
        for one, (vectors, payload) in self.points.items():
            assert found[one].payload == payload
            assert found[one].vectors.keys() == vectors.keys()
            for name, vector in vectors.items():
                if vector is not None:
                    np.testing.assert_allclose(found[one].vectors[name], vector, atol=1e-6)
        for label in ("new", "a"):
            wanted = sum(payload["label"] == label for _, payload in self.points.values())
            assert store.count("c", Equals("label", label)) == wanted


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["upsert", "delete", "payload", "vectors"]), st.integers(0, 640), st.integers(0, 99)),
    max_size=6,
)


@settings(max_examples=12, deadline=None)
@given(before=OPERATIONS, copying=OPERATIONS, building=OPERATIONS, built=OPERATIONS)
def test_operations_during_a_build_end_as_they_would_without_it(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, int, int]],
    copying: list[tuple[str, int, int]],
    building: list[tuple[str, int, int]],
    built: list[tuple[str, int, int]],
) -> None:
    root = tmp_path_factory.mktemp("store")
    drawn = np.random.default_rng(0).normal(size=(600, 16)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    store, model = EdgeStore(root), Model()
    store.ensure("c", SCHEMA)
    store.upsert("c", [Point(name_of(i), {"v": row}, {"label": "ab"[i % 2], "n": i}) for i, row in enumerate(drawn)])
    stages = {"copying": copying, "building": building, "built": built}

    def act(stage: str) -> None:
        for operation in stages[stage]:
            model.apply(store, operation)
        model.check(store)

    for operation in before:
        model.apply(store, operation)
    with pytest.MonkeyPatch.context() as monkeypatch, between(monkeypatch, act):
        store.optimize("c")
    model.check(store)
    assert generations(root) == ["0002"]
    store.close()
    store = EdgeStore(root)
    model.check(store)
    store.close()


def test_searches_and_writes_go_on_while_a_child_builds(edge: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written = threading.Event()
    seen: list[bool] = []

    def act(stage: str) -> None:
        seen.append(edge.describe("c").optimizing)
        if stage == "building":
            edge.upsert("c", [Point(name_of(1000), {"v": unit(1000)})])
            written.set()
        assert edge.search("c", VectorQuery("v", [unit(1000)], k=1))[0].id == name_of(1000) or not written.is_set()

    pages = edge.scroll("c", batch=50)
    first = [next(pages).id for _ in range(50)]
    with between(monkeypatch, act, in_child=True):
        edge.optimize("c")
    assert seen == [True, True, True]
    rest = [point.id for point in pages]  # goes on in the new generation
    assert first + rest == sorted([*(name_of(i) for i in range(600)), *({name_of(1000)} & set(rest))])
    assert edge.search("c", VectorQuery("v", [unit(1000)], k=1))[0].id == name_of(1000)


def test_writers_do_not_starve_the_swap(edge: EdgeStore) -> None:
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            first = 1000 + 64 * (len(written) % 50)
            edge.upsert("c", [Point(name_of(i), {"v": unit(i)}) for i in range(first, first + 64)])
            written.append(first)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    edge.optimize("c")
    stop.set()
    for writer in writers:
        writer.join()
    assert set(edge.get("c", [name_of(i) for first in set(written) for i in range(first, first + 64)])) == {
        name_of(i) for first in set(written) for i in range(first, first + 64)
    }


def refused(edge: EdgeStore) -> Callable[[str], None]:
    def act(stage: str) -> None:
        if stage == "building":
            with pytest.raises(StoreError, match="'c' is being optimized already"):
                edge.optimize("c")

    return act


def test_one_build_of_a_collection_at_a_time(edge: EdgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with between(monkeypatch, refused(edge)):
        edge.optimize("c")
    assert edge.describe("c").graphed == 600


@pytest.mark.parametrize("ending", ["drop", "close", "publish"])
def test_a_build_is_broken_off_with_its_collection(edge: EdgeStore, tmp_path: Path, ending: str) -> None:
    staged = edge.stage("c", SCHEMA)
    failures: list[StoreError] = []

    def optimize() -> None:
        try:
            edge.optimize("c")
        except StoreError as error:
            failures.append(error)

    builder = threading.Thread(target=optimize)
    builder.start()
    while not edge.describe("c").optimizing and builder.is_alive():
        time.sleep(0.001)
    if ending == "drop":
        edge.drop("c")
        assert edge.collections() == []
        assert not (tmp_path / "c").exists()
    elif ending == "close":
        edge.close()
        assert generations(tmp_path) == ["0001"]
    else:
        edge.publish(staged)
        assert edge.count("c") == 0
        assert generations(tmp_path) == [staged.partition("@")[2]]
    builder.join()
    assert ["broken off" in str(error) or isinstance(error, StoreUnavailableError) for error in failures] == [True]


def test_a_failed_build_changes_nothing(edge: EdgeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(stage: str) -> None:
        edge.upsert("c", [Point(name_of(2000), {"v": unit(1)})])
        if stage == "built":
            raise StorageError("/data", "no space left")

    with between(monkeypatch, act), pytest.raises(StorageError):
        edge.optimize("c")
    assert generations(tmp_path) == ["0001"]
    assert (edge.count("c"), edge.describe("c").optimizing) == (601, False)
    assert edge.optimize("c").graphed == 601


def test_a_swap_that_fails_leaves_the_old_generation(
    edge: EdgeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    def act(stage: str) -> None:
        if stage == "built":
            monkeypatch.setattr(Path, "replace", refuse)

    with between(monkeypatch, act), pytest.raises(StorageError, match="No space left"):
        edge.optimize("c")
    monkeypatch.undo()
    assert generations(tmp_path) == ["0001"]
    edge.upsert("c", [Point(name_of(2000), {"v": unit(1)})])
    edge.close()
    again = EdgeStore(tmp_path)
    assert again.count("c") == 601
    again.close()


def test_a_staged_generation_can_be_optimized_and_is_forgotten_at_close(edge: EdgeStore, tmp_path: Path) -> None:
    staged = edge.stage("c", SCHEMA)
    assert staged == "c@0002"
    edge.upsert(staged, [Point(name_of(i), {"v": unit(i)}) for i in range(300)])
    assert edge.optimize(staged).graphed == 300
    assert edge.count("c") == 600
    edge.publish(staged)
    assert edge.describe("c").graphed == 300
    with pytest.raises(CollectionNotFoundError):
        edge.publish(staged)
    with pytest.raises(CollectionNotFoundError):
        edge.count(staged)
    edge.discard("c")
    with pytest.raises(CollectionNotFoundError):
        edge.stage(edge.stage("c", SCHEMA), SCHEMA)
    edge.close()
    assert len(generations(tmp_path)) == 1
    again = EdgeStore(tmp_path)
    assert again.count("c") == 300
    again.close()


def test_a_damaged_collection_can_be_replaced(edge: EdgeStore, tmp_path: Path) -> None:
    edge.close()
    (tmp_path / "c" / "0001" / "shard" / "edge_config.json").write_text("garbage")
    store = EdgeStore(tmp_path)
    staged = store.stage("c", SCHEMA)
    store.upsert(staged, [Point(name_of(1), {"v": unit(1)})])
    store.publish(staged)
    assert store.count("c") == 1
    store.close()
    again = EdgeStore(tmp_path)
    assert again.count("c") == 1
    again.close()
