from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from facies.api.cli_maps import make as make_command
from facies.api.cli_maps import map_app
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, JobError, MapNotFoundError, StoreLockedError
from facies.indexer.maps import layouts
from facies.indexer.maps.job import MapParameters
from tests.api.conftest import Run


@pytest.fixture(autouse=True)
def flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave all where they start: the real layout takes ten seconds to compile."""

    def stay(_table: object, start: Any, _options: object, tell: Callable[..., None]) -> Any:
        tell(1, 1)
        return start

    monkeypatch.setattr(layouts, "lay_out_apart", stay)


@pytest.fixture
def data(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gallery, closed, in the folder that commands open."""
    filled.workspace.close()


@pytest.mark.usefixtures("data")
def test_a_map_is_made_listed_shown_and_deleted(run: Run) -> None:
    assert run(map_app, "list", "-c", "g")["maps"] == []
    assert "facies map make" in run(map_app, "list", "-c", "g", as_json=False)
    made = run(map_app, "make", "-c", "g")
    assert (made["action"], made["points"], made["fitted"]) == ("fitted", 24, 24)
    assert run(map_app, "make", "-c", "g")["action"] == "nothing"
    (listed,) = run(map_app, "list", "-c", "g")["maps"]
    assert (listed["number"], listed["method"], listed["current"]) == (made["map"], "umap", True)
    text = run(map_app, "show", str(made["map"]), "-c", "g", as_json=False)
    assert "24 images, 24 of them laid out" in text
    assert "min_dist: 0.1" in text
    run(map_app, "delete", str(made["map"]), "-c", "g")
    with pytest.raises(MapNotFoundError):
        run(map_app, "show", str(made["map"]), "-c", "g")


@pytest.mark.usefixtures("data")
def test_mistakes_are_told(run: Run) -> None:
    with pytest.raises(CollectionNotFoundError):
        run(map_app, "make", "-c", "nothing")


def test_beside_a_service_it_says_how_to_ask_that(run: Run, filled: Service) -> None:
    assert filled.workspace.catalog.maps("g") == []
    with pytest.raises(StoreLockedError, match="--api"):
        run(map_app, "make", "-c", "g")


def test_a_service_makes_it_as_a_job(run: Run, busy_client: Client) -> None:
    api = busy_client.base_url
    made = run(map_app, "make", "-c", "g", "--api", api)
    assert (made["action"], made["points"]) == ("fitted", 24)
    assert "up to date already: 24 images" in run(map_app, "make", "-c", "g", "--api", api, as_json=False)
    with pytest.raises(JobError, match="no vector 'other'"):
        run(map_app, "make", "-c", "g", "--vector", "other", "--api", api)


def test_the_command_and_the_job_take_the_same_options() -> None:
    command = make_command.__annotations__.keys() - {"json", "api", "return"}
    assert command == MapParameters.model_fields.keys()
