"""Waiting for a graph, whether it is built here or by a service."""

from __future__ import annotations

import threading

import pytest

from facies.api.jobs import list_jobs
from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.api.waiting import wait_until_optimized
from facies.core.client import Client
from facies.core.errors import StorageError, StoreError
from facies.core.store import CollectionInfo

from .conftest import over


def test_here_and_through_a_service(busy: Service, busy_client: Client) -> None:
    through_service = wait_until_optimized(busy_client, "g")
    assert through_service.graphed == 24
    assert wait_until_optimized(LocalBackend(busy), "g") == through_service


@pytest.mark.parametrize("deleted", [False, True])
def test_what_goes_wrong_meanwhile_is_told(
    busy: Service, busy_client: Client, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    polled = threading.Event()

    def fail(_collection: str) -> CollectionInfo:
        polled.wait(30)
        raise StorageError("/data", "no space left")

    def collection(name: str) -> object:
        if deleted:
            busy.workspace.store.drop(name)
        polled.set()
        for job in list_jobs(busy).jobs:
            over(busy, job)
        return plain(name)

    plain = busy_client.collection
    monkeypatch.setattr(busy.workspace.store, "optimize", fail)
    monkeypatch.setattr(busy_client, "collection", collection)
    with pytest.raises(StoreError, match="are gone" if deleted else "no space left"):
        wait_until_optimized(busy_client, "g")
