from __future__ import annotations

from collections.abc import Callable

import pytest

from facies.api.collections import create_collection, delete_whole_collection, list_collections
from facies.api.images import list_images
from facies.api.labelling import label_images
from facies.api.service import Service
from facies.api.tallies import Tallies
from facies.core.actors import Actor
from facies.core.catalog import Catalog
from facies.core.wire import CollectionBody
from facies.core.wire_labels import LabelBody, LabelIn


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collections whose labels were counted."""
    found: list[str] = []
    count: Callable[[Catalog, str], dict[str, int]] = Catalog.label_counts

    def label_counts(self: Catalog, collection: str) -> dict[str, int]:
        found.append(collection)
        return count(self, collection)

    monkeypatch.setattr(Catalog, "label_counts", label_counts)
    return found


def test_images_are_counted_once_until_something_changes(filled: Service, counted: list[str]) -> None:
    catalog, tallies = filled.workspace.catalog, Tallies()
    record = catalog.collection("g")
    first = tallies.get(catalog, record)
    assert tallies.get(catalog, record) is first
    assert counted == ["g"]
    image = list_images(filled.workspace, "g", offset=0, limit=1, label=None).images[0]
    label_images(filled, "g", LabelBody(labels=[LabelIn(id=image.id, label="quite new")]), Actor("Ann"))
    second = tallies.get(catalog, record)
    assert second.labels["quite new"] == 1
    assert second.images == first.images
    assert counted == ["g", "g"]


def test_a_collection_made_anew_under_its_name_is_counted_anew(filled: Service) -> None:
    (before,) = list_collections(filled)
    delete_whole_collection(filled, "g")
    create_collection(filled, CollectionBody(name="g"))
    (after,) = list_collections(filled)
    assert before.images > after.images == 0
