"""A bad network: one request in ten goes wrong, and what is stored is complete and exact all the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import StoreUnavailableError
from facies.core.filters import Equals
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.store.server import ServerStore
from facies.core.store.server_connection import Connection, connect
from facies.core.store.server_layout import ServerLayout
from facies.core.store.server_retries import Patience
from tests.stubs.faults import Fault, Faults
from tests.stubs.qdrant import QdrantStub, running_stub

Rows = Callable[..., NDArray[np.float32]]

SCHEMA = CollectionSchema({"v": 32}, {"label": "keyword", "n": "integer"})
INDEX_BATCH = 256
HASTY = Patience(max_retries=8, first_wait_s=0.02, longest_wait_s=5.0)


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


@contextmanager
def opened(stub: QdrantStub, wire: str, *, timeout_s: float = 1.0) -> Iterator[ServerStore]:
    """A store that waits as long for an answer as the settings may say at least, and hurries between retries."""
    port = stub.grpc.port if wire == "grpc" else 0
    met = connect(stub.url, timeout_s=timeout_s, grpc_port=port, max_retries=8)
    connection = Connection(met.admin, met.points, met.where, met.timeout_s, HASTY)
    with closing(ServerStore(connection, ServerLayout())) as store:
        yield store


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_twenty_thousand_points_arrive_whole(tmp_path: Path, rows: Rows, wire: str) -> None:
    """As an index run writes: batch after batch, with labels that are set and images that are deleted meanwhile."""
    n = 20_000
    vectors = rows(n, 32)
    faults = Faults(0.1, seed=3, slow_s=1.1, retry_after_s=0)
    with running_stub(tmp_path, faults=faults) as stub, opened(stub, wire) as store:
        store.ensure("c", SCHEMA)
        for start in range(0, n, INDEX_BATCH):
            batch = range(start, min(n, start + INDEX_BATCH))
            store.upsert("c", [Point(name_of(i), {"v": vectors[i]}, {"label": "new", "n": i}) for i in batch])
            store.set_payload("c", [name_of(i) for i in batch if i % 5 == 0], {"label": "fifth"})
            store.delete("c", [name_of(i) for i in batch if i % 7 == 0])
        assert sum(faults.seen.values()) >= 20
        assert set(faults.seen) == set(Fault)
        faults.rate = 0.0

        kept = [i for i in range(n) if i % 7]
        stored = {point.id: point for point in store.scroll("c", vectors=True, batch=1000)}
        assert stored.keys() == {name_of(i) for i in kept}
        for i in kept:
            point = stored[name_of(i)]
            assert point.payload == {"label": "new" if i % 5 else "fifth", "n": i}
            np.testing.assert_allclose(point.vectors["v"], vectors[i], atol=1e-6)
        assert store.count("c", Equals("label", "fifth")) == sum(i % 5 == 0 for i in kept)
        assert store.search("c", VectorQuery("v", [vectors[1]], k=1))[0].id == name_of(1)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_every_call_bears_every_fault(tmp_path: Path, rows: Rows, wire: str, fault: Fault) -> None:
    """Each call of the protocol meets the fault on its first request, and on its second."""
    faults = Faults(retry_after_s=0)
    points = [Point(name_of(i), {"v": row}, {"label": "a", "n": i}) for i, row in enumerate(rows(20, 32))]
    with running_stub(tmp_path, faults=faults) as stub, opened(stub, wire) as store:
        faults.queue(fault)
        store.ensure("c", SCHEMA)
        faults.queue(None, fault)
        store.ensure("d", SCHEMA)
        faults.queue(fault)
        store.upsert("c", points)
        faults.queue(fault)
        store.delete("c", [name_of(0)])
        faults.queue(fault)
        store.set_payload("c", [name_of(1)], {"label": "b"})
        faults.queue(None, fault)
        store.put_vectors("c", "v", {name_of(2): points[3].vectors["v"]})
        store.ensure("c", CollectionSchema({"w": 4}))
        faults.queue(None, None, None, fault)  # the deletion, after the name and the schema
        store.drop_vector("c", "w")
        assert store.schema("c").vectors == {"v": 32}
        faults.queue(fault)
        assert store.count("c") == 19
        faults.queue(fault)
        assert store.facet("c", "label") == {"a": 18, "b": 1}
        faults.queue(fault)
        staged = store.stage("d", SCHEMA)
        faults.queue(None, None, None, fault)
        store.publish(staged)
        faults.queue(fault)
        store.drop("d")
        assert store.collections() == ["c"]
        assert stub.engine.names() == ["c@0001"]
        np.testing.assert_allclose(store.get("c", [name_of(2)])[name_of(2)].vectors["v"], points[3].vectors["v"])


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_an_answer_that_comes_too_late(tmp_path: Path, rows: Rows, wire: str) -> None:
    """The work was done all the same, and doing it again changes nothing."""
    with running_stub(tmp_path, faults=Faults(slow_s=1.1)) as stub, opened(stub, wire) as store:
        stub.faults.queue(None, None, Fault.SLOW)  # the creation
        store.ensure("c", SCHEMA)
        stub.faults.queue(None, None, Fault.SLOW)  # the points, after the schema
        store.upsert("c", [Point(name_of(i), {"v": row}) for i, row in enumerate(rows(5, 32))])
        assert stub.faults.seen[Fault.SLOW] == 2
        assert store.count("c") == 5


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_a_server_is_left_alone_as_long_as_it_wants(tmp_path: Path, wire: str) -> None:
    with running_stub(tmp_path, faults=Faults(retry_after_s=1)) as stub, opened(stub, wire) as store:
        store.ensure("c", SCHEMA)
        assert store.count("c") == 0
        stub.faults.queue(Fault.BUSY)
        start = time.monotonic()
        assert store.count("c") == 0
        assert time.monotonic() - start >= 1.0


def test_a_store_gives_up_after_its_tries(tmp_path: Path, rows: Rows) -> None:
    with running_stub(tmp_path) as stub, opened(stub, "rest") as store:
        store.ensure("c", SCHEMA)
        before = len(stub.requests)
        stub.faults.queue(*[Fault.UNAVAILABLE] * (HASTY.max_retries + 1))
        with pytest.raises(StoreUnavailableError, match="503"):
            store.count("c")
        # One more, since the schema was asked for first.
        assert len(stub.requests) - before == HASTY.max_retries + 1
        assert store.count("c") == 0


def test_who_asks_for_more_time_than_there_is_gets_none(tmp_path: Path) -> None:
    with running_stub(tmp_path, faults=Faults(retry_after_s=60)) as stub, opened(stub, "rest") as store:
        store.ensure("c", SCHEMA)
        stub.faults.queue(Fault.BUSY)
        with pytest.raises(StoreUnavailableError, match="try again in 60 s"):
            store.collections()


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_a_server_may_be_away_for_a_moment(tmp_path: Path, rows: Rows, wire: str) -> None:
    """It goes away in the middle and comes back on the same ports."""
    with running_stub(tmp_path) as stub, opened(stub, wire) as store:
        store.ensure("c", SCHEMA)
        store.upsert("c", [Point(name_of(i), {"v": row}, {"n": i}) for i, row in enumerate(rows(5, 32))])
        back = threading.Timer(0.5, stub.restart)
        stub.stop()
        back.start()
        try:
            assert store.count("c") == 5
        finally:
            back.join()


def test_closing_ends_the_waiting(tmp_path: Path) -> None:
    """A call that waits to be tried again does not keep a process from ending."""
    with running_stub(tmp_path, faults=Faults(retry_after_s=50)) as stub:
        store = ServerStore(connect(stub.url, max_retries=5), ServerLayout())
        stub.faults.queue(Fault.BUSY)
        caught: list[Exception] = []

        def ask() -> None:
            try:
                store.collections()
            except StoreUnavailableError as error:
                caught.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        while not stub.faults.seen:
            time.sleep(0.01)
        time.sleep(0.1)
        store.close()
        waiting.join(timeout=10)
        assert not waiting.is_alive()
        assert caught


@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_many_threads_share_a_store(tmp_path: Path, rows: Rows, wire: str) -> None:
    """Each writes its own points and finds them at once, across a bad network."""
    vectors = rows(400, 32)
    faults = Faults(0.1, seed=5, slow_s=0.0, retry_after_s=0)

    def work(start: int) -> None:
        for first in range(start, start + 100, 25):
            part = range(first, first + 25)
            store.upsert("c", [Point(name_of(i), {"v": vectors[i]}, {"n": i}) for i in part])
            hits = store.search_batch("c", [VectorQuery("v", [vectors[i]], k=1) for i in part])
            assert [hit[0].id for hit in hits] == [name_of(i) for i in part]
            store.set_payload("c", [name_of(first)], {"label": "first"})

    with running_stub(tmp_path, faults=faults) as stub, opened(stub, wire, timeout_s=10.0) as store:
        store.ensure("c", SCHEMA)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(0, 400, 100)))
        assert store.count("c") == 400
        assert store.facet("c", "label") == {"first": 16}
