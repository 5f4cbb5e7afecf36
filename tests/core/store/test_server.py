"""What is particular to the server backend; the contract runs in test_base over stub servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr
from qdrant_client import QdrantClient, models

from facies.core.errors import (
    CollectionNotFoundError,
    DimensionMismatchError,
    InvalidPointError,
    QueryError,
    StoreError,
    StoreUnavailableError,
)
from facies.core.settings import StoreSettings
from facies.core.store import CollectionInfo, CollectionSchema, Point, VectorQuery, open_store
from facies.core.store.graph import CANDIDATES, LINKS
from facies.core.store.server import ServerStore, open_server_store
from facies.core.store.server_connection import connect
from facies.core.store.server_layout import ServerLayout
from tests.stubs.qdrant import QdrantStub, running_stub

Rows = Callable[..., NDArray[np.float32]]

SCHEMA = CollectionSchema({"v": 16}, {"label": "keyword", "n": "integer"})


def name_of(i: int) -> str:
    return str(uuid5(NAMESPACE_URL, str(i)))


def points_of(rows: NDArray[np.float32]) -> list[Point]:
    return [Point(name_of(i), {"v": row}, {"label": "abc"[i % 3], "n": i}) for i, row in enumerate(rows)]


@pytest.fixture(params=["rest", "grpc"])
def remote(request: pytest.FixtureRequest, stub: QdrantStub) -> Iterator[ServerStore]:
    with closing(open_server_store(stub.url, grpc_port=stub.grpc.port if request.param == "grpc" else 0)) as store:
        yield store


@pytest.fixture
def client(stub: QdrantStub) -> Iterator[QdrantClient]:
    with closing(QdrantClient(url=stub.url, check_compatibility=False)) as plain:
        yield plain


def test_the_settings_reach_the_collection(stub: QdrantStub, client: QdrantClient) -> None:
    settings = StoreSettings(
        backend="server",
        url=stub.url,
        grpc_port=stub.grpc.port,
        shards=6,
        replicas=2,
        write_consistency=2,
        on_disk=True,
        quantization="turbo4",
        graph_above=1024,
    )
    with closing(open_store(settings, Path("/nonexistent"))) as store:
        store.ensure("c", SCHEMA)
        assert store.health().ok
    config = client.get_collection("c@0001").config
    assert config.params.shard_number == 6
    assert config.params.replication_factor == 2
    assert config.params.write_consistency_factor == 2
    assert isinstance(config.params.vectors, dict)
    assert config.params.vectors["v"].on_disk
    assert isinstance(config.quantization_config, models.TurboQuantization)
    assert config.optimizer_config.indexing_threshold == 1024 * 16 * 4 // 1024
    assert (config.hnsw_config.m, config.hnsw_config.ef_construct) == (LINKS, CANDIDATES)


def test_the_health_names_the_place_and_the_version(stub: QdrantStub, remote: ServerStore) -> None:
    health = remote.health()
    assert health.ok
    assert stub.url in health.detail
    assert "Qdrant 1.18.0" in health.detail


def test_a_lost_server_is_unhealthy_at_once_and_raises_nothing(tmp_path: Path) -> None:
    with running_stub(tmp_path) as stub:
        store = open_server_store(stub.url, max_retries=20)
    with closing(store):
        assert not store.health().ok
        assert "does not answer" in store.health().detail


def test_the_name_is_an_alias(stub: QdrantStub, remote: ServerStore) -> None:
    remote.ensure("c.1", SCHEMA)
    assert stub.engine.names() == ["c.1@0001"]
    assert stub.engine.aliases() == {"c.1": "c.1@0001"}
    assert remote.collections() == ["c.1"]
    remote.drop("c.1")
    assert stub.engine.names() == []
    assert stub.engine.aliases() == {}


def test_points_travel_over_grpc_where_it_is_open(stub: QdrantStub, rows: Rows) -> None:
    with closing(open_server_store(stub.url, grpc_port=stub.grpc.port)) as store:
        store.ensure("c", SCHEMA)
        before = len(stub.rest.requests)
        store.upsert("c", points_of(rows(1500)))
        assert [one for one in stub.rest.requests[before:] if "points" in one] == []
        assert stub.grpc.requests.count("/qdrant.Points/Upsert") == 2


def test_a_collection_is_replaced_in_one_step(stub: QdrantStub, remote: ServerStore, rows: Rows) -> None:
    remote.ensure("c", SCHEMA)
    remote.upsert("c", points_of(rows(50)))
    staged = remote.stage("c", CollectionSchema({"w": 4}, {"label": "keyword"}))
    assert remote.collections() == ["c"]
    remote.upsert(staged, [Point(name_of(7), {"w": rows(1, 4)[0]}, {"label": "z"})])
    assert remote.count("c") == 50
    remote.ensure(staged, CollectionSchema({"w": 4}, {"n": "integer"}))
    assert remote.describe(staged).graphed == 0
    before = len(stub.rest.requests)
    remote.publish(staged)
    assert [one for one in stub.rest.requests[before:] if "POST" in one] == ["POST /collections/aliases"]
    assert remote.schema("c") == CollectionSchema({"w": 4}, {"label": "keyword", "n": "integer"})
    assert [point.id for point in remote.scroll("c")] == [name_of(7)]
    assert stub.engine.aliases() == {"c": "c@0002"}
    assert stub.engine.names() == ["c@0002"]


def test_only_one_generation_is_on_its_way(stub: QdrantStub, remote: ServerStore, rows: Rows) -> None:
    remote.ensure("c", SCHEMA)
    first = remote.stage("c", SCHEMA)
    remote.upsert(first, points_of(rows(3)))
    second = remote.stage("c", SCHEMA)
    assert remote.count(second) == 0
    assert stub.engine.names() == ["c@0001", second]
    remote.discard(second)
    remote.discard(second)
    assert stub.engine.names() == ["c@0001"]
    with pytest.raises(CollectionNotFoundError, match="There are: c"):
        remote.publish(second)
    for used in ("c", "c@0001"):
        with pytest.raises(StoreError, match="no staged generation"):
            remote.discard(used)
    with pytest.raises(CollectionNotFoundError, match="no collection 'gone'"):
        remote.stage("gone", SCHEMA)


def test_what_a_crash_left_behind_is_not_taken_for_a_collection(
    stub: QdrantStub, remote: ServerStore, client: QdrantClient, rows: Rows
) -> None:
    """Killed between the creation and the alias, or in the middle of a deletion."""
    remote.ensure("c", SCHEMA)
    remote.upsert("c", points_of(rows(9)))
    client.update_collection_aliases([models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="c"))])
    assert remote.collections() == []
    with pytest.raises(CollectionNotFoundError):
        remote.schema("c")
    remote.ensure("c", SCHEMA)
    assert remote.count("c") == 0
    client.update_collection_aliases([models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name="c"))])
    remote.ensure("c", CollectionSchema({"w": 3}))
    assert remote.schema("c") == CollectionSchema({"w": 3})
    assert stub.engine.names() == ["c@0001"]


def test_collections_of_others_are_left_alone(remote: ServerStore, client: QdrantClient) -> None:
    theirs = models.VectorParams(size=3, distance=models.Distance.COSINE)
    client.create_collection("theirs", vectors_config={"v": theirs})
    other = models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name="theirs", alias_name="other"))
    client.update_collection_aliases([other])
    assert remote.collections() == []
    with pytest.raises(StoreError, match="facies did not make it"):
        remote.ensure("theirs", CollectionSchema({"v": 3}))
    remote.drop("theirs")
    assert [one.name for one in client.get_collections().collections] == ["theirs"]


def test_a_collection_made_before_there_were_generations(
    remote: ServerStore, client: QdrantClient, stub: QdrantStub, rows: Rows
) -> None:
    """It is found and used under its plain name; it cannot be replaced in one step, and that is said."""
    remote.ensure("new", SCHEMA)
    config = stub.engine.exact("new@0001").config
    stub.engine.create("old", config)
    for field, kind in stub.engine.exact("new@0001").indexes.items():
        stub.engine.exact("old").create_index(field, kind)
    assert remote.collections() == ["new", "old"]
    remote.ensure("old", SCHEMA)
    remote.upsert("old", points_of(rows(5)))
    assert remote.facet("old", "label") == {"a": 2, "b": 2, "c": 1}
    with pytest.raises(StoreError, match="older release"):
        remote.stage("old", SCHEMA)
    remote.drop("old")
    assert remote.collections() == ["new"]


def test_another_process_completes_the_collection(stub: QdrantStub, remote: ServerStore, rows: Rows) -> None:
    """What is remembered of a schema never makes a point be refused."""
    remote.ensure("c", SCHEMA)
    remote.upsert("c", points_of(rows(3)))
    with closing(open_server_store(stub.url)) as other:
        other.ensure("c", CollectionSchema({"w": 4}, {"site": "keyword"}))
    remote.upsert("c", [Point(name_of(1), {"v": rows(1)[0], "w": rows(1, 4)[0]}, {"site": "x"})])
    assert remote.facet("c", "site") == {"x": 1}
    with closing(open_server_store(stub.url)) as other:
        other.drop("c")
    with pytest.raises(CollectionNotFoundError, match="no collection 'c'"):
        remote.count("c")


def test_vectors_are_put_to_points_that_exist(remote: ServerStore, rows: Rows) -> None:
    points = points_of(rows(4))
    remote.ensure("c", SCHEMA)
    remote.upsert("c", points)
    remote.ensure("c", CollectionSchema({"w": 4}))
    assert remote.count("c", lacking="w") == 4
    others = rows(4, 4, seed=1)
    remote.put_vectors("c", "w", {name_of(i): others[i % 4] for i in (0, 1, 99)})
    assert remote.count("c") == 4
    assert [point.id for point in remote.scroll("c", lacking="w")] == sorted([name_of(2), name_of(3)])
    found = remote.get("c", [name_of(0)])[name_of(0)]
    np.testing.assert_allclose(found.vectors["w"], others[0], atol=1e-6)
    np.testing.assert_allclose(found.vectors["v"], points[0].vectors["v"], atol=1e-6)
    assert found.payload == points[0].payload
    assert {hit.id for hit in remote.search("c", VectorQuery("w", [others[0]]))} == {name_of(0), name_of(1)}
    with pytest.raises(QueryError, match="no named vector 'x'"):
        remote.put_vectors("c", "x", {name_of(0): others[0]})
    with pytest.raises(DimensionMismatchError):
        remote.put_vectors("c", "w", {name_of(0): rows(1)[0]})
    with pytest.raises(InvalidPointError):
        remote.put_vectors("c", "w", {name_of(0): np.full(4, np.nan, np.float32)})


@pytest.mark.parametrize("quantization", ["none", "int8", "turbo4"])
@pytest.mark.parametrize("wire", ["rest", "grpc"])
def test_an_optimized_collection_answers_as_before(stub: QdrantStub, rows: Rows, wire: str, quantization: str) -> None:
    """The graph and the packing are real: the stub's engine builds them."""
    layout = ServerLayout(graph_above=100, quantization=quantization)  # type: ignore[arg-type]  # a literal of the list
    with closing(ServerStore(connect(stub.url, grpc_port=stub.grpc.port if wire == "grpc" else 0), layout)) as store:
        vectors = rows(600)
        store.ensure("c", SCHEMA)
        staged = store.stage("c", SCHEMA)
        store.upsert(staged, points_of(vectors))
        assert store.describe(staged) == CollectionInfo(600, 0, quantization, None, False)  # type: ignore[arg-type]  # as above
        queries = [VectorQuery("v", [row], k=10) for row in vectors[:20]]
        exact = [[name_of(i) for i in np.argsort(-(vectors @ row))[:10]] for row in vectors[:20]]
        info = store.optimize(staged)
        assert (info.points, info.graphed, info.quantization, info.optimizing) == (600, 600, quantization, False)
        store.publish(staged)
        found = store.search_batch("c", queries)
        same = [len({*ids} & {hit.id for hit in hits}) for ids, hits in zip(exact, found, strict=True)]
        assert sum(same) >= 0.97 * 200
        wide = [VectorQuery("v", [row], k=10, ef=600) for row in vectors[:20]]
        scanned = [VectorQuery("v", [row], k=10, exact=True) for row in vectors[:20]]
        assert [[hit.id for hit in hits] for hits in store.search_batch("c", scanned)] == exact
        assert [hits[0].similarity for hits in store.search_batch("c", wide)] == pytest.approx([1.0] * 20, abs=1e-5)


def test_an_optimization_brings_a_collection_to_the_settings_of_today(stub: QdrantStub, rows: Rows) -> None:
    def store_with(layout: ServerLayout) -> ServerStore:
        return ServerStore(connect(stub.url), layout)

    with closing(store_with(ServerLayout(quantization="turbo4"))) as store:
        store.ensure("c", SCHEMA)
        store.upsert("c", points_of(rows(300)))
        assert store.optimize("c").graphed == 0
    for quantization, above, graphed in [("int8", 100, 300), ("none", 100, 300)]:
        layout = ServerLayout(quantization=quantization, graph_above=above)  # type: ignore[arg-type]  # as above
        with closing(store_with(layout)) as store:
            assert store.optimize("c") == CollectionInfo(300, graphed, quantization, None, False)  # type: ignore[arg-type]  # as above
            assert store.schema("c") == SCHEMA


def test_an_optimization_that_takes_too_long_goes_on_alone(stub: QdrantStub, rows: Rows) -> None:
    with closing(ServerStore(connect(stub.url), ServerLayout(graph_above=10), build_s=0.0)) as store:
        store.ensure("c", SCHEMA)
        store.upsert("c", points_of(rows(300)))
        with pytest.raises(StoreError, match="goes on by itself"):
            store.optimize("c")


def test_a_payload_is_set_in_one_request_whatever_ids_are_unknown(stub: QdrantStub, rows: Rows) -> None:
    with closing(open_server_store(stub.url)) as store:
        store.ensure("c", SCHEMA)
        store.upsert("c", points_of(rows(3)))
        before = len(stub.requests)
        store.set_payload("c", [name_of(0), name_of(99), "junk"], {"label": "z"})
        assert stub.requests[before:] == ["POST /collections/c/points/payload"]
        assert store.facet("c", "label") == {"b": 1, "c": 1, "z": 1}


def test_the_key_is_wanted_and_sent(tmp_path: Path) -> None:
    with running_stub(tmp_path, api_key="secret") as stub:
        with pytest.raises(StoreUnavailableError, match="FACIES_STORE__API_KEY"):
            open_server_store(stub.url)
        with (
            pytest.warns(UserWarning, match="insecure"),
            pytest.raises(StoreUnavailableError, match="FACIES_STORE__API_KEY"),
        ):
            open_server_store(stub.url, api_key="wrong")
        settings = StoreSettings(backend="server", url=stub.url, api_key=SecretStr("secret"), grpc_port=stub.grpc.port)
        with pytest.warns(UserWarning, match="insecure"):
            store = open_store(settings, tmp_path)
        with closing(store):
            store.ensure("c", SCHEMA)
            assert store.count("c") == 0
