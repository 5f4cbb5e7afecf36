from __future__ import annotations

from pathlib import Path

import httpx

from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.core.client import Client
from facies.core.wire import CollectionBody
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Example, SearchBody

from .conftest import CARD


def test_it_answers_as_the_service_does(shared: Service, shared_http: httpx.Client) -> None:
    with Client(str(shared_http.base_url)) as remote:
        compare(LocalBackend(shared), remote)


def compare(local: LocalBackend, remote: Client) -> None:
    assert local.collections() == remote.collections()
    assert local.collection("g") == remote.collection("g")
    image = remote.images("g", limit=1).images[0]
    assert local.image("g", image.id) == remote.image("g", image.id)
    files = [("a.png", Path(image.path).read_bytes())]
    search = SearchBody(positive=[Example(upload=0)], negative=[Example(id=image.id)], k=3)
    assert local.search("g", search, files) == remote.search("g", search, files)
    assert local.search_side_by_side("g", search, files) == remote.search_side_by_side("g", search, files)
    shaped = search.model_copy(update={"rerank": True, "group_by": "label", "fold": 0.99, "diversity": 0.2})
    assert local.search("g", shaped, files) == remote.search("g", shaped, files)
    classify = ClassifyBody(examples=[Example(upload=0), Example(id=image.id)])
    assert local.classify("g", classify, files) == remote.classify("g", classify, files)


def test_it_makes_and_deletes_collections(service: Service) -> None:
    local = LocalBackend(service)
    assert local.create_collection(CollectionBody(name="new", model=CARD)).name == "new"
    local.delete_collection("new")
    assert local.collections() == []
