"""A data folder with vectors that are computed from others, as they were first made, in use today.

The archive is frozen: `data/` (sixty images of four classes in one collection, with a whitened vector, which is the
default, and an adapted one), `originals/` (one image that it has not), `neighbours.json` (by each named vector the four
nearest of ten images, as they were answered then) and `new.json` (the vectors that image would have got).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facies.core.images import content_hash, image_id
from facies.core.settings import Settings
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.adaptation import stage_adaptation, try_head, use_adaptation
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.metric_head import MetricHead
from tests.indexer.conftest import TurningEmbedder

from .archives import unpack

NAME, RAW, WHITENED, ADAPTED = "grains", "pixels", "pixels-whitened-1", "pixels-adapted-1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return unpack("folder-derived", tmp_path)


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Of this release, over the folder of the other."""
    return Settings(data_dir=folder / "data")


def expect_neighbours(workspace: Workspace, folder: Path, *vectors: str) -> None:
    """By each of the named vectors every image has the neighbours that it had."""
    then = json.loads((folder / "neighbours.json").read_text())
    for vector in vectors:
        assert len(then[vector]) == 10
        for one, expected in then[vector].items():
            own = workspace.store.get(NAME, [one])[one].vectors[vector]
            hits = workspace.store.search(NAME, VectorQuery(vector, [own], k=4, exclude=frozenset([one])))
            assert [hit.id for hit in hits] == [neighbour for neighbour, _ in expected]
            assert [hit.similarity for hit in hits] == pytest.approx([value for _, value in expected], abs=1e-4)


def test_each_vector_finds_what_it_found(folder: Path, settings: Settings) -> None:
    with open_workspace(settings) as workspace:
        record = workspace.catalog.collection(NAME)
        assert record.default_vector.name == WHITENED
        assert {vector.name: vector.source for vector in record.vectors} == {RAW: None, WHITENED: RAW, ADAPTED: RAW}
        expect_neighbours(workspace, folder, RAW, WHITENED, ADAPTED)


def test_an_image_that_comes_today_gets_the_vectors_of_then(folder: Path, settings: Settings) -> None:
    with open_workspace(settings) as workspace:
        source = open_source(str(folder / "originals"), labels="none")
        assert index_source(workspace, TurningEmbedder(48), NAME, source).indexed == 1
        (original,) = (folder / "originals").rglob("*.png")
        one = image_id(content_hash(original.read_bytes()))
        found = workspace.store.get(NAME, [one])[one].vectors
        expected = json.loads((folder / "new.json").read_text())
        assert found.keys() == expected.keys() == {RAW, WHITENED, ADAPTED}
        for name, row in found.items():
            np.testing.assert_allclose(row, expected[name], atol=2e-5)


def test_what_was_fitted_is_fitted_anew_beside_the_rest(folder: Path, settings: Settings) -> None:
    head = MetricHead(shrinkage=0.2)
    with open_workspace(settings) as workspace:
        tried = try_head(workspace, NAME, RAW, head=head)
        report = use_adaptation(workspace, stage_adaptation(workspace, NAME, tried, head=head))
        assert (report.vector, report.replaced, report.written) == ("pixels-adapted-2", ADAPTED, 60)
        assert workspace.store.schema(NAME).vectors.keys() == {RAW, WHITENED, report.vector}
        expect_neighbours(workspace, folder, RAW, WHITENED)
