from __future__ import annotations

import threading
import time

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from facies.api.embedders import Embedders
from facies.api.service import open_service
from facies.core.errors import StoreLockedError
from facies.core.settings import ImageSettings, IndexerSettings, Settings
from facies.core.wire import IndexReport
from facies.indexer.progress import OnProgress


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


def test_the_end_of_a_service_stops_its_run(settings: Settings) -> None:
    stopped = threading.Event()

    def work(progress: OnProgress, stop: threading.Event) -> IndexReport:
        stop.wait(20)
        time.sleep(0.05)
        stopped.set()
        return IndexReport(interrupted=True)

    with open_service(settings) as service:
        service.runs.start("c", "/data", work)
    assert stopped.is_set()
