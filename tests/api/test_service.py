from __future__ import annotations

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from facies.api.embedders import Embedders
from facies.api.service import open_service
from facies.core.errors import StoreLockedError
from facies.core.settings import ImageSettings, IndexerSettings, Settings


def test_limits_come_from_the_settings(settings: Settings, embedders: Embedders) -> None:
    narrow = settings.model_copy(
        update={"images": ImageSettings(max_pixels=7), "indexer": IndexerSettings(max_file_bytes=8)}
    )
    with open_service(narrow, embedders) as service:
        limits = service.limits
    assert (limits.max_k, limits.max_pixels, limits.max_file_bytes) == (50, 7, 8)


def test_two_services_cannot_hold_one_data_folder(settings: Settings) -> None:
    with open_service(settings), pytest.raises(StoreLockedError, match="with --api"), open_service(settings):
        pass
    with open_service(settings):
        pass


def test_small_products_take_one_thread_while_a_service_is_open(settings: Settings) -> None:
    def threads() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with open_service(settings):
            assert threads() == {1}
        assert threads() == before


def test_a_dead_service_keeps_nothing_from_the_next_one(settings: Settings) -> None:
    with open_service(settings) as service:
        catalog = service.workspace.catalog
        job = service.desk.order("index", {"collection": "c", "path": "/x"}, actor="ann")
        assert catalog.claim_job(f"{service.place}/1") is not None
        catalog.hold_turn("0" * 16, "collection:d", service.place)
    with open_service(settings) as service:  # nothing was let go of in order, as after a kill
        assert service.workspace.catalog.job(job.id).state == "queued"
        with service.kept_out("c"), service.kept_out("d"):
            assert service.workspace.catalog.claim_job("somebody") is None
        begun = service.workspace.catalog.claim_job("somebody")
        assert begun is not None
        assert (begun.id, begun.attempt) == (job.id, 2)


def test_each_opening_has_a_name_of_its_own(settings: Settings) -> None:
    places = []
    for _ in range(2):
        with open_service(settings) as service:
            places.append(service.place)
    assert places[0] != places[1]
