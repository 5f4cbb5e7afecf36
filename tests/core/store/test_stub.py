"""The stub servers are strict: what a server would refuse, or do late, they do too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.stubs.qdrant import QdrantStub, running_stub
from tests.stubs.qdrant_engine import LATE_S

ID = "0f6a4a1e-7a52-5a7b-9a44-000000000001"


@pytest.fixture(params=["rest", "grpc"])
def client(request: pytest.FixtureRequest, stub: QdrantStub) -> Iterator[QdrantClient]:
    """A plain client; collections are made over REST, since the gRPC stub knows points only."""
    vectors = {"v": models.VectorParams(size=2, distance=models.Distance.COSINE)}
    with closing(QdrantClient(url=stub.url, check_compatibility=False)) as plain:
        plain.create_collection("c", vectors_config=vectors)
    grpc = request.param == "grpc"
    with closing(
        QdrantClient(url=stub.url, grpc_port=stub.grpc.port, prefer_grpc=grpc, check_compatibility=False)
    ) as made:
        yield made


def put(client: QdrantClient, row: list[float], *, wait: bool = True, name: str = "v") -> models.UpdateResult:
    return client.upsert("c", [models.PointStruct(id=ID, vector={name: row}, payload={"a": "x"})], wait=wait)


def test_a_write_that_did_not_wait_is_seen_late(client: QdrantClient) -> None:
    assert put(client, [1.0, 0.0], wait=False).status == models.UpdateStatus.ACKNOWLEDGED
    assert client.count("c").count == 0
    time.sleep(LATE_S + 0.05)
    assert client.count("c").count == 1
    assert put(client, [1.0, 0.0]).status == models.UpdateStatus.COMPLETED


def test_what_a_server_refuses(client: QdrantClient) -> None:
    put(client, [1.0, 0.0])
    rows = [models.PointVectors(id="0f6a4a1e-7a52-5a7b-9a44-000000000002", vector={"v": [1.0, 0.0]})]
    refused: dict[str, Callable[[], object]] = {
        "Vector dimension error: expected dim: 2, got 3": lambda: put(client, [1.0, 0.0, 0.0]),
        "Not existing vector name error: w": lambda: put(client, [1.0, 0.0], name="w"),
        "No appropriate index for faceting": lambda: client.facet("c", "a"),
        r"Not found: Collection `gone` doesn.+t exist!": lambda: client.count("gone"),
        "No point with id": lambda: client.update_vectors("c", rows),
    }
    for words, call in refused.items():
        with pytest.raises(Exception, match=words):  # each wire has its own class
            call()


def test_what_a_server_refuses_of_collections(stub: QdrantStub) -> None:
    vectors = {"v": models.VectorParams(size=2, distance=models.Distance.COSINE)}
    with closing(QdrantClient(url=stub.url, check_compatibility=False)) as client:
        client.create_collection("c", vectors_config=vectors)
        alias = models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name="c", alias_name="a"))
        client.update_collection_aliases([alias])
        for name in ("c", "a"):
            with pytest.raises(UnexpectedResponse, match="already exists") as caught:
                client.create_collection(name, vectors_config=vectors)
            assert caught.value.status_code == 409
        with pytest.raises(UnexpectedResponse, match="Not found: Collection `a`"):
            client.update_collection("a", metadata={"x": 1})
        assert not client.delete_collection("a")
        assert client.count("a").count == 0
        assert client.delete_collection("c")
        assert client.get_aliases().aliases == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/collections/c/points?wait=true", {"points": [], "surplus": 1}),
        ("PUT", "/collections/c/points?hurry=true", {"points": []}),
        ("POST", "/collections/c/points/odd", {}),
        ("PUT", "/collections/c", {"vectors": {"v": {"size": "many"}}}),
    ],
)
def test_nonsense_fails_the_test_that_sent_it(tmp_path: Path, method: str, path: str, body: object) -> None:
    stub_of = running_stub(tmp_path)
    stub = stub_of.__enter__()
    vectors = {"v": models.VectorParams(size=2, distance=models.Distance.COSINE)}
    stub.engine.create("c", models.CreateCollection(vectors=vectors))
    if path == "/collections/c":
        stub.engine.delete_collection("c")
    assert httpx.request(method, stub.url + path, json=body).status_code in (400, 404)
    with pytest.raises(AssertionError):
        stub_of.__exit__(None, None, None)
