from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from facies.api.backend import open_backend
from facies.api.service import open_service
from facies.core.errors import ConfigurationError, ServiceUnavailableError, StoreLockedError
from facies.core.settings import Settings


def test_a_service_is_asked_over_http(shared_http: httpx.Client, settings: Settings) -> None:
    with open_backend(settings, str(shared_http.base_url)) as backend:
        assert [c.name for c in backend.collections()] == ["g"]


def test_without_an_address_the_data_is_opened_here(settings: Settings) -> None:
    with open_backend(settings, None) as backend:
        assert backend.collections() == []


def test_a_held_folder_points_to_the_service(settings: Settings) -> None:
    with open_service(settings), pytest.raises(StoreLockedError, match="with --api"), open_backend(settings, None):
        pass


def test_a_checkpoint_is_not_for_a_service(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="--weights"), open_backend(settings, "http://x", Path("a.pth")):
        pass


def test_an_address_without_a_service_is_told(settings: Settings) -> None:
    with open_backend(settings, "http://127.0.0.1:9") as backend, pytest.raises(ServiceUnavailableError):
        backend.collections()
