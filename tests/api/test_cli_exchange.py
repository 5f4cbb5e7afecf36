"""The commands over real parts: packaged networks, an embedded store, a stub of a Qdrant server."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.cli import collections_app, search_app
from facies.core.errors import (
    CollectionExistsError,
    ConfigurationError,
    QueryError,
    StoreLockedError,
    UnknownModelError,
)
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from tests.stubs.qdrant import running_stub

from .conftest import CARD, ColourEmbedder, Run

FURTHER = "efficientnet-lite1"
"""A card whose weights a package brings."""


@pytest.fixture
def filled(run: Run, small: Path, tmp_path: Path) -> Run:
    """The images in collection ``g``, their vectors made without a network."""
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        index_source(workspace, ColourEmbedder(CARD), "g", open_source(str(small), labels="folder"))
    return run


def ids(tmp_path: Path, folder: str = "data") -> dict[str, str]:
    """Ids of the images by their path below the source."""
    with open_workspace(Settings(data_dir=tmp_path / folder)) as workspace:
        return {"/".join(Path(r.uri).parts[-2:]): r.id for r in workspace.catalog.iter_images("g")}


def test_a_further_model_is_added_exported_and_found_elsewhere(
    filled: Run, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a real network: embed, make it the default, export, import without a model, search there by a file."""
    added = filled(collections_app, "add-model", "g", "--model", FURTHER)
    assert (added["embedded"], added["lacking"], added["is_default"]) == (6, 0, False)
    image = ids(tmp_path)["well_log/0.png"]
    by_first = filled(search_app, image, "-c", "g", "--k", "3")
    by_second = filled(search_app, image, "-c", "g", "--k", "3", "--vector", FURTHER)
    assert (by_first["vector"], by_second["vector"]) == (CARD, FURTHER)

    switched = filled(collections_app, "add-model", "g", "--model", FURTHER, "--default")
    assert (switched["embedded"], switched["is_default"]) == (0, True)
    assert filled(search_app, image, "-c", "g", "--k", "3")["neighbours"] == by_second["neighbours"]
    assert [v["name"] for v in filled(collections_app, "show", "g")["vectors"]] == [FURTHER, CARD]

    exported = filled(collections_app, "export", "g", str(tmp_path / "g.parquet"), "--thumbnails")
    assert exported["vectors"] == {FURTHER: 6, CARD: 6}
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "elsewhere"))
    imported = filled(collections_app, "import", str(tmp_path / "g.parquet"), "--as", "h")
    assert (imported["images"], imported["labelled"], imported["thumbnails"]) == (6, 6, 6)
    there = filled(search_app, str(small / "well_log" / "0.png"), "-c", "h", "--k", "4")["neighbours"]
    assert there[0]["id"] == image
    assert there[0]["similarity"] > 0.9999
    assert [n["id"] for n in there[1:]] == [n["id"] for n in by_second["neighbours"]]


def test_an_embedded_collection_moves_to_a_server_and_back(
    filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = ids(tmp_path)["bar_chart/1.png"]
    here = filled(search_app, image, "-c", "g", "--k", "4")["neighbours"]
    with running_stub(tmp_path / "server") as stub:
        monkeypatch.setenv("FACIES_STORE__GRPC_PORT", str(stub.grpc.port))
        copied = filled(collections_app, "copy", "g", "--to-url", stub.url)
        assert (copied["images"], copied["written"], copied["target"]) == (6, 6, stub.url)
        assert any("FACIES_STORE__BACKEND=server" in note for note in copied["notes"])
        monkeypatch.setenv("FACIES_STORE__BACKEND", "server")
        monkeypatch.setenv("FACIES_STORE__URL", stub.url)
        there = filled(search_app, image, "-c", "g", "--k", "4")["neighbours"]
        assert [n["id"] for n in there] == [n["id"] for n in here]
        assert [n["similarity"] for n in there] == pytest.approx([n["similarity"] for n in here], abs=1e-6)
        with pytest.raises(ConfigurationError, match="already"):
            filled(collections_app, "copy", "g", "--to-url", stub.url + "/")
        assert filled(collections_app, "copy", "g", "--to-embedded", "--replace")["written"] == 6
    monkeypatch.setenv("FACIES_STORE__BACKEND", "edge")
    assert filled(search_app, image, "-c", "g", "--k", "4")["neighbours"] == here
    with pytest.raises(ConfigurationError, match="already"):
        filled(collections_app, "copy", "g", "--to-embedded")


def test_a_copy_under_another_name(filled: Run, tmp_path: Path) -> None:
    report = filled(collections_app, "copy", "g", "h")
    assert (report["source"], report["target"], report["images"]) == ("g", "h", 6)
    text = filled(collections_app, "copy", "g", "i", as_json=False)
    assert "made collection i: 6 images" in text
    assert filled(collections_app, "copy", "g", "h")["written"] == 0
    filled(collections_app, "delete-image", "g", next(iter(ids(tmp_path).values())))
    with pytest.raises(CollectionExistsError):
        filled(collections_app, "copy", "g", "h")


@pytest.mark.parametrize("arguments", [[], ["h", "--to-embedded"], ["h", "--to-url", "http://x"], ["h", "--replace"]])
def test_a_copy_has_one_target(run: Run, arguments: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        run(collections_app, "copy", "g", *arguments)


def test_what_needs_the_data_to_itself_says_so(filled: Run, tmp_path: Path) -> None:
    with open_workspace(Settings(data_dir=tmp_path / "data")):
        for arguments in (
            ["export", "g", str(tmp_path / "g.parquet")],
            ["import", str(tmp_path / "g.parquet")],
            ["copy", "g", "h"],
            ["add-model", "g", "--model", FURTHER],
        ):
            with pytest.raises(StoreLockedError, match="Stop that process"):
                filled(collections_app, *arguments)


def test_a_switch_that_cannot_be_made_is_an_error(filled: Run, small: Path, tmp_path: Path) -> None:
    lost = ids(tmp_path)["bar_chart/0.png"]
    (small / "bar_chart" / "0.png").unlink()
    report = filled(collections_app, "add-model", "g", "--model", FURTHER, "--default", status=1)
    assert (report["embedded"], report["lacking"], report["is_default"]) == (5, 1, False)
    assert [f["path"] for f in report["failures"]] == [str(small / "bar_chart" / "0.png")]
    assert filled(search_app, lost, "-c", "g", "--k", "1")["vector"] == CARD
    with pytest.raises(QueryError, match=f"has no vector '{FURTHER}' yet"):
        filled(search_app, lost, "-c", "g", "--vector", FURTHER)


def test_an_unknown_model_is_said_before_anything(filled: Run) -> None:
    with pytest.raises(UnknownModelError):
        filled(collections_app, "add-model", "g", "--model", "efficientnet-lite99")
    assert len(filled(collections_app, "show", "g")["vectors"]) == 1
