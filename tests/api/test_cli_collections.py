from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from facies.api.cli import collections_app
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, ConfigurationError, FaciesError, ImageNotFoundError
from facies.core.images import encode_png

from .conftest import fill, serving

Run = Callable[..., str]


@pytest.fixture
def http(working: Service, gallery: Path) -> Iterator[httpx.Client]:
    """A client of a served gallery, by a service that does jobs."""
    fill(working, gallery)
    with serving(working) as client:
        yield client


@pytest.fixture
def run(http: httpx.Client) -> Run:
    def call(*arguments: str, stdin: str | None = None, status: int = 0) -> str:
        result = CliRunner().invoke(collections_app, [*arguments, "--api", str(http.base_url)], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status
        return result.stdout

    return call


def test_list_and_show_print_json(run: Run) -> None:
    listed = json.loads(run("list", "--json"))["collections"]
    shown = json.loads(run("show", "g", "--json"))
    assert listed == [{**shown, "stored": None}]
    assert shown["stored"]["points"] == 24
    assert (shown["images"], shown["labelled"]) == (24, 24)
    assert "24" in run("list")
    assert "well_log" in run("show", "g")


def test_create_and_delete(run: Run) -> None:
    made = json.loads(run("create", "new", "--model", "efficientnet-lite0", "--json"))
    assert made["images"] == 0
    assert "efficientnet-lite0" in run("create", "other", "--preset", "figures")
    assert json.loads(run("delete", "new", "--yes", "--json")) == {"deleted": "new", "images": 0}
    assert "deleted other" in run("delete", "other", stdin="y\n")
    assert [c["name"] for c in json.loads(run("list", "--json"))["collections"]] == ["g"]


def test_a_graph_is_built(run: Run) -> None:
    assert "24 points (all scanned, exactly)" in " ".join(run("show", "g").split())
    assert "optimized g: 24 points (24 through the graph, 0 scanned)" in run("optimize", "g")
    assert json.loads(run("optimize", "g", "--json"))["graphed"] == 24
    with pytest.raises(CollectionNotFoundError):
        run("optimize", "nothing")


def test_one_image_is_deleted(run: Run, http: httpx.Client) -> None:
    run("create", "two", "--model", "efficientnet-lite0")
    with Client(str(http.base_url)) as client:
        files = [(f"{grey}.png", encode_png(np.full((9, 9, 3), grey, np.uint8))) for grey in (50, 200)]
        gone, stays = (result.ids[0] for result in client.upload_images("two", files).results)
        assert json.loads(run("delete-image", "two", gone, "--json")) == {"deleted": gone, "collection": "two"}
        assert [image.id for image in client.images("two").images] == [stays]
    with pytest.raises(ImageNotFoundError):
        run("delete-image", "two", gone)
    run("delete", "two", "--yes")


def test_weights_go_to_the_network_that_this_process_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "own"))
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"no checkpoint at all")
    arguments = ["create", "c", "--model", "efficientnet-lite0", "--weights", str(weights)]
    result = CliRunner().invoke(collections_app, arguments)
    assert isinstance(result.exception, FaciesError)
    assert "w.safetensors" in str(result.exception)
    with pytest.raises(ConfigurationError, match="facies serve --weights"):
        run(*arguments)


def test_deleting_asks_first(run: Run) -> None:
    run("delete", "g", stdin="n\n", status=1)
    assert json.loads(run("show", "g", "--json"))["images"] == 24


def test_a_missing_collection_is_named(run: Run) -> None:
    with pytest.raises(CollectionNotFoundError, match="There are: g"):
        run("show", "x")
    with pytest.raises(CollectionNotFoundError):
        run("delete", "x", "--yes")
