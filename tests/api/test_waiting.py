"""Waiting for a graph, whether it is built here or by a service."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest

from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.api.waiting import wait_until_optimized
from facies.core.client import Client
from facies.core.errors import StorageError, StoreError
from facies.core.store import CollectionInfo


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as opened:
        yield opened


def test_here_and_through_a_service(filled: Service, client: Client) -> None:
    through_service = wait_until_optimized(client, "g")
    assert through_service.graphed == 24
    assert wait_until_optimized(LocalBackend(filled), "g") == through_service


@pytest.mark.parametrize("deleted", [False, True])
def test_what_goes_wrong_meanwhile_is_told(
    filled: Service, client: Client, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    polled = threading.Event()

    def fail(_collection: str) -> CollectionInfo:
        polled.wait(30)
        raise StorageError("/data", "no space left")

    def collection(name: str) -> object:
        if deleted:
            filled.workspace.store.drop(name)
        polled.set()
        filled.optimizations.join()
        return plain(name)

    plain = client.collection
    monkeypatch.setattr(filled.workspace.store, "optimize", fail)
    monkeypatch.setattr(client, "collection", collection)
    with pytest.raises(StoreError, match="are gone" if deleted else "no space left"):
        wait_until_optimized(client, "g")
