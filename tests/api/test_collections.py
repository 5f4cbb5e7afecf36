from __future__ import annotations

import threading
from pathlib import Path

import pytest

from facies.api.collections import (
    check_name,
    create_collection,
    delete_one_image,
    delete_whole_collection,
    describe_collection,
    list_collections,
)
from facies.api.service import Service
from facies.core.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    ImageNotFoundError,
    JobConflictError,
    QueryError,
)
from facies.core.wire import CollectionBody, IndexReport

from .conftest import CARD


def test_a_collection_is_described_with_its_counts(filled: Service) -> None:
    shown = describe_collection(filled.workspace, "g")
    assert (shown.images, shown.labelled) == (24, 24)
    assert shown.labels == {"bar_chart": 6, "laminated_shale": 6, "seismic_section": 6, "well_log": 6}
    (vector,) = shown.vectors
    assert (vector.name, vector.dim, vector.fingerprint["card"]) == (CARD, 48, CARD)
    assert list_collections(filled.workspace) == [shown]


def test_a_new_collection_is_empty_and_belongs_to_the_model_named(service: Service) -> None:
    made = create_collection(service, CollectionBody(name="new", model="vgg16"))
    assert (made.name, made.images, made.vectors[0].name, made.notes) == ("new", 0, "vgg16", [])
    assert service.workspace.store.collections() == ["new"]


def test_a_preset_falls_back_to_weights_at_hand_and_says_so(service: Service) -> None:
    made = create_collection(service, CollectionBody(name="new", preset="microfossils"))
    assert made.vectors[0].name == CARD
    assert "scampi-vits16" in " ".join(made.notes)


def test_a_name_that_is_taken_is_refused_before_any_model_is_loaded(filled: Service) -> None:
    with pytest.raises(CollectionExistsError, match="vectors of efficientnet-lite0"):
        create_collection(filled, CollectionBody(name="g", model="no such model"))


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "a b", "é", "x" * 101])
def test_a_name_that_no_store_takes_is_the_callers_mistake(service: Service, name: str) -> None:
    with pytest.raises(QueryError, match="cannot name a collection"):
        create_collection(service, CollectionBody(name=name))
    assert service.workspace.catalog.collections() == []


@pytest.mark.parametrize("name", ["a", "Well_6407-6.5", "x" * 100])
def test_sensible_names_pass(name: str) -> None:
    check_name(name)


def test_a_deleted_collection_is_gone_and_its_originals_are_not(filled: Service, gallery: Path) -> None:
    delete_whole_collection(filled, "g")
    assert list_collections(filled.workspace) == []
    assert len(list(gallery.rglob("*.png"))) == 24
    with pytest.raises(CollectionNotFoundError):
        delete_whole_collection(filled, "g")


def test_a_deleted_image_is_gone_from_catalogue_and_store(filled: Service) -> None:
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    delete_one_image(filled, "g", image.id)
    assert filled.workspace.catalog.count("g") == filled.workspace.store.count("g") == 23
    assert Path(image.uri).exists()
    with pytest.raises(ImageNotFoundError):
        delete_one_image(filled, "g", image.id)


def test_nothing_is_deleted_under_a_running_index(filled: Service) -> None:
    go_on = threading.Event()

    def work(progress: object, stop: threading.Event) -> IndexReport:
        go_on.wait(20)
        return IndexReport()

    filled.runs.start("g", "/x", work)
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    with pytest.raises(JobConflictError, match="is writing to collection 'g'"):
        delete_whole_collection(filled, "g")
    with pytest.raises(JobConflictError):
        delete_one_image(filled, "g", image.id)
    go_on.set()
