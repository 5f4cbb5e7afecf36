from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from facies.api.collections import (
    MAX_FACET_VALUES,
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
from facies.core.wire import CollectionBody
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import CARD


def test_a_collection_is_described_with_its_counts(filled: Service) -> None:
    shown = describe_collection(filled, "g")
    assert (shown.images, shown.labelled) == (24, 24)
    assert shown.labels == {"bar_chart": 6, "laminated_shale": 6, "seismic_section": 6, "well_log": 6}
    (vector,) = shown.vectors
    assert (vector.name, vector.dim, vector.fingerprint["card"]) == (CARD, 48, CARD)
    assert shown.stored is not None
    assert (shown.stored.points, shown.stored.graphed, shown.stored.error) == (24, 0, None)
    assert list_collections(filled) == [shown.model_copy(update={"stored": None})]


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
    assert list_collections(filled) == []
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


def test_nothing_is_deleted_under_a_running_job(filled: Service) -> None:
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    with running_job(filled, "g"):
        with pytest.raises(JobConflictError, match="is writing to collection 'g'"):
            delete_whole_collection(filled, "g")
        with pytest.raises(JobConflictError):
            delete_one_image(filled, "g", image.id)
    delete_one_image(filled, "g", image.id)


@pytest.mark.parametrize("whole", [True, False])
def test_a_job_that_begins_while_a_delete_waits_stops_it(filled: Service, whole: bool) -> None:
    image = filled.workspace.catalog.list_images("g", limit=1)[0]
    outcomes: list[Exception | None] = []

    def delete() -> None:
        try:
            if whole:
                delete_whole_collection(filled, "g")
            else:
                delete_one_image(filled, "g", image.id)
            outcomes.append(None)
        except JobConflictError as error:
            outcomes.append(error)

    thread = threading.Thread(target=delete)
    with ExitStack() as running:
        with filled.copies:
            thread.start()
            thread.join(0.2)  # long enough to pass what comes before the lock
            assert thread.is_alive()
            running.enter_context(running_job(filled, "g"))
        thread.join(20)
    assert isinstance(outcomes[0], JobConflictError)
    assert filled.workspace.catalog.count("g") == 24


def test_no_job_begins_while_something_is_deleted_and_those_of_other_collections_do(service: Service) -> None:
    catalog = service.workspace.catalog
    with service.kept_out("g"):
        mine = service.desk.order("index", {"collection": "g", "path": "/x"}, actor="ann")
        with running_job(service, "h"):
            assert catalog.job(mine.id).state == "queued"
    begun = catalog.claim_job("somebody")
    assert begun is not None
    assert begun.id == mine.id


@contextmanager
def running_job(service: Service, collection: str) -> Iterator[None]:
    """A job of a collection that somebody runs for the time of the context."""
    catalog = service.workspace.catalog
    job = service.desk.order("index", {"collection": collection, "path": "/x"}, actor="ann", priority=1)
    begun = catalog.claim_job("somebody")
    assert begun is not None
    assert begun.id == job.id
    yield
    catalog.finish_job(begun.lease, "done")


def test_the_values_of_keyword_fields_are_counted_in_a_description_alone(service: Service, tmp_path: Path) -> None:
    source = tmp_path / "m.csv"
    rows = ["path,well,depth_m"]
    for number in range(60):
        Image.new("RGB", (16, 16), (number, 255 - number, 40)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'6407/6-5' if number < 6 else f'w{number:02}'},{number}")
    source.write_text("\n".join(rows))
    index_source(service.workspace, service.embedders.get(CARD), "m", open_source(str(source)))
    facets = describe_collection(service, "m").facets
    assert list(facets) == ["well"]
    assert len(facets["well"]) == MAX_FACET_VALUES
    assert next(iter(facets["well"].items())) == ("6407/6-5", 6)
    assert facets["well"]["w06"] == 1
    assert [one.facets for one in list_collections(service)] == [{}]


def test_a_collection_that_the_store_lacks_is_still_described(service: Service) -> None:
    create_collection(service, CollectionBody(name="half", model=CARD))
    service.workspace.store.drop("half")
    assert describe_collection(service, "half").facets == {}
