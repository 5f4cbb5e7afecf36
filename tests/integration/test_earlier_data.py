"""A data folder that facies 0.1 made, before there were runtimes, drafts, graphs and JPEG thumbnails, in use today.

The archive is frozen: `data/` (eight images of one collection), `originals/` (two of its images, and one that it has
not), and `neighbours.json` (for each image the four nearest, as that release answered).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facies.core.images import decode_image
from facies.core.settings import ModelSettings, Settings
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.maintenance import relink
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.embedder import NetworkEmbedder, load_embedder

from .archives import unpack

NAME, CARD = "microfossils", "efficientnet-lite0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpack("folder-0.1", tmp_path)


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Of this release, over the folder of the other."""
    return Settings(data_dir=folder / "data", models=ModelSettings(offline=True, device="cpu"))


def expect_neighbours(workspace: Workspace, folder: Path) -> None:
    """Every image has the neighbours that it had."""
    for image_id, expected in json.loads((folder / "neighbours.json").read_text()).items():
        own = workspace.store.get(NAME, [image_id])[image_id].vectors[CARD]
        hits = workspace.store.search(NAME, VectorQuery(CARD, [own], k=4, exclude=frozenset([image_id])))
        assert [hit.id for hit in hits] == [one for one, _ in expected]
        assert [hit.similarity for hit in hits] == pytest.approx([similarity for _, similarity in expected], abs=1e-4)


def load_like(workspace: Workspace, settings: Settings) -> NetworkEmbedder:
    """The embedder that continues the collection."""
    like = workspace.catalog.collection(NAME).default_vector.fingerprint
    return load_embedder(CARD, settings=settings.models, weights_dir=settings.weights_dir, like=like)


def test_images_labels_and_neighbours_are_there(folder: Path, settings: Settings) -> None:
    with open_workspace(settings) as workspace:
        ids = list(json.loads((folder / "neighbours.json").read_text()))
        images = workspace.catalog.images(NAME, ids)
        assert len(images) == 8
        assert {image.state for image in images.values()} == {"validated"}
        assert {image.metadata["well"] for image in images.values()} == {"6407/6-5", "6507/7-1"}
        assert all(workspace.blobs.thumbnail(one) is not None for one in ids)
        expect_neighbours(workspace, folder)


def test_it_goes_on_as_it_was_made(folder: Path, settings: Settings) -> None:
    with open_workspace(settings) as workspace:
        embedder = load_like(workspace, settings)
        assert embedder.fingerprint == workspace.catalog.collection(NAME).default_vector.fingerprint
        assert (embedder.fingerprint.runtime, embedder.draft_px) == ("torch", None)
        assert relink(workspace, NAME, folder / "originals") == (2, 6)
        source = open_source(str(folder / "originals"), labels="none")
        report = index_source(workspace, embedder, NAME, source)
        assert (report.indexed, report.unchanged, report.failed) == (1, 2, 0)
        for name in ("bar_chart.png", "cross_section.png"):
            image = decode_image((folder / "originals" / name).read_bytes(), name, max_pixels=10**8)
            stored = workspace.store.get(NAME, [image.id])[image.id].vectors[CARD]
            assert embedder.embed([image.pixels])[0] @ stored > 1 - 1e-5


def test_its_graph_is_built_and_its_packing_changed(folder: Path, settings: Settings) -> None:
    packed = settings.model_copy(update={"store": settings.store.model_copy(update={"quantization": "int8"})})
    with open_workspace(packed) as workspace:
        info = workspace.store.optimize(NAME)
        assert (info.points, info.graphed, info.quantization) == (8, 8, "int8")
        expect_neighbours(workspace, folder)
    with open_workspace(settings) as workspace:
        expect_neighbours(workspace, folder)
