"""The commands over real parts: the real fit, an embedded store, colours in place of a network."""

from __future__ import annotations

import _thread
import inspect
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.api.cli import classify_app, collections_app, search_app
from facies.api.cli_derived import whiten
from facies.core.errors import CatalogError, ConfigurationError, QueryError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.cli import index_app
from facies.indexer.whitening import SAMPLE
from facies.models.embedder import Prepared, Views

from .conftest import CARD, ColourEmbedder, Run

ONE, TWO = f"{CARD}-whitened-1", f"{CARD}-whitened-2"
IMAGES = 54


class MirroredEmbedder(ColourEmbedder):
    """Looks at each image as it is and upside down."""

    def embed_views(self, prepared: Sequence[Prepared]) -> Views:
        turned = [np.reshape(one, (4, 4, 3))[::-1].reshape(-1) for one in prepared]
        views: Views = np.stack([self.embed_prepared(prepared), self.embed_prepared(turned)], axis=1)
        return views


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.embedder.load_embedder", lambda card, **_: MirroredEmbedder(card))


def draw(folder: Path, name: str, seed: int) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    path = folder / "ab"[seed % 2] / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((24, 24), Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def indexed(run: Run, colours: None, tmp_path: Path) -> Run:
    for i in range(IMAGES):
        draw(tmp_path / "in", str(i), i)
    report = run(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder", "--model", CARD)
    assert report["indexed"] == IMAGES
    return run


def test_the_sample_is_the_one_of_the_indexer() -> None:
    assert inspect.signature(whiten).parameters["sample"].default == SAMPLE


def test_a_collection_is_whitened_searched_extended_and_whitened_anew(indexed: Run, tmp_path: Path) -> None:
    report = indexed(collections_app, "whiten", "g")
    assert (report["vector"], report["source"], report["is_default"]) == (ONE, CARD, True)
    assert (report["sampled"], report["written"], report["lacking"], report["failures"]) == (IMAGES, IMAGES, 0, [])

    query = str(tmp_path / "in" / "a" / "0.png")
    found = indexed(search_app, query, "-c", "g", "--k", "3")
    assert (found["vector"], found["neighbours"][0]["path"]) == (ONE, query)
    assert found["neighbours"][0]["similarity"] > 0.9999
    raw = indexed(search_app, query, "-c", "g", "--k", "3", "--vector", CARD)
    assert (raw["vector"], raw["neighbours"][0]["path"]) == (CARD, query)
    assert indexed(classify_app, query, "-c", "g")["predictions"][0]["top"]

    shown = {one["name"]: one for one in indexed(collections_app, "show", "g")["vectors"]}
    assert list(shown) == [ONE, CARD]
    assert (shown[ONE]["source"], shown[ONE]["projection"]) == (CARD, report["projection"])
    assert report["projection"] in shown[ONE]["fingerprint"]["recipe"]
    assert (shown[CARD]["source"], shown[CARD]["projection"]) == (None, None)
    assert f"computed from {CARD}" in " ".join(indexed(collections_app, "show", "g", as_json=False).split())

    for i in range(6):
        draw(tmp_path / "in", f"more{i}", 100 + i)
    again = indexed(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder")
    assert (again["indexed"], again["unchanged"], again["notes"]) == (6, IMAGES, [])
    refit = indexed(collections_app, "whiten", "g")
    assert (refit["vector"], refit["replaced"], refit["is_default"]) == (TWO, ONE, True)
    assert indexed(search_app, query, "-c", "g")["vector"] == TWO
    with pytest.raises(QueryError, match=f"There are: {TWO}, {CARD}"):
        indexed(search_app, query, "-c", "g", "--vector", ONE)


def test_the_default_is_chosen_and_what_stands_in_the_way_is_said(indexed: Run) -> None:
    indexed(collections_app, "whiten", "g")
    with pytest.raises(CatalogError, match=f"{ONE} of collection 'g' cannot do without '{CARD}'"):
        indexed(collections_app, "drop-model", "g", CARD)
    with pytest.raises(CatalogError, match=f"set-default g {CARD}`"):
        indexed(collections_app, "drop-model", "g", ONE)
    with pytest.raises(QueryError, match=rf"computed from '{CARD}', no model makes it.*add-model g --model {CARD}`"):
        indexed(collections_app, "add-model", "g", "--model", CARD, "--as", ONE)
    assert indexed(collections_app, "set-default", "g", CARD)["vectors"] == [CARD, ONE]
    assert indexed(collections_app, "set-default", "g", ONE)["vectors"] == [ONE, CARD]
    with pytest.raises(QueryError, match="no named vector 'x'"):
        indexed(collections_app, "set-default", "g", "x")
    indexed(collections_app, "set-default", "g", CARD)
    assert indexed(collections_app, "drop-model", "g", ONE)["remaining"] == [CARD]


def test_what_does_not_fit_is_said_before_a_network_is_loaded(indexed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    indexed(collections_app, "whiten", "g")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network was loaded")

    monkeypatch.setattr("facies.models.embedder.load_embedder", refuse)
    with pytest.raises(QueryError, match=f"Give `--vector {CARD}`"):
        indexed(collections_app, "whiten", "g", "--vector", ONE)
    with pytest.raises(QueryError, match=f"There are: {ONE}, {CARD}"):
        indexed(collections_app, "whiten", "g", "--vector", "x")


def test_an_export_brings_the_projection_along(indexed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    indexed(collections_app, "whiten", "g")
    query = str(tmp_path / "in" / "a" / "0.png")
    there = indexed(search_app, query, "-c", "g")["neighbours"]
    indexed(collections_app, "export", "g", str(tmp_path / "g.parquet"))
    monkeypatch.setenv("FACIES_DATA_DIR", str(tmp_path / "elsewhere"))
    assert indexed(collections_app, "import", str(tmp_path / "g.parquet"))["vectors"] == {ONE: IMAGES, CARD: IMAGES}
    here = indexed(search_app, query, "-c", "g")["neighbours"]
    assert [(one["id"], one["similarity"]) for one in here] == [(one["id"], one["similarity"]) for one in there]
    draw(tmp_path / "in", "new", 300)
    indexed(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder")
    with open_workspace(Settings(data_dir=tmp_path / "elsewhere")) as workspace:
        assert workspace.store.count("g") == IMAGES + 1
        assert workspace.store.count("g", lacking=ONE) == 0


def test_ctrl_c_leaves_what_was_in_use(indexed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(MirroredEmbedder):
        def embed_views(self, prepared: Sequence[Prepared]) -> Views:
            _thread.interrupt_main()  # as Ctrl-C does, without a signal that could end the tests
            return super().embed_views(prepared)

    indexed(collections_app, "whiten", "g")
    monkeypatch.setattr("facies.models.embedder.load_embedder", lambda card, **_: Interrupted(card))
    report = indexed(collections_app, "whiten", "g", "--seed", "3", "--sample", "51", status=130)
    assert (report["interrupted"], report["vector"], report["is_default"]) == (True, ONE, True)


def test_too_few_images_are_said(run: Run, colours: None, tmp_path: Path) -> None:
    for i in range(5):
        draw(tmp_path / "in", str(i), i)
    run(index_app, str(tmp_path / "in"), "-c", "g", "--model", CARD)
    with pytest.raises(ConfigurationError, match="needs 50 images"):
        run(collections_app, "whiten", "g")
