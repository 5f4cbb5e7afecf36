from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facies.core.errors import (
    CollectionExistsError,
    ConfigurationError,
    DimensionMismatchError,
    FingerprintMismatchError,
)
from facies.core.records import ImageRecord
from facies.core.workspace import Workspace
from facies.indexer.collections import find_collection, make_collection, open_collection, payload_of
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import Draw, Index, PixelEmbedder, counts


def test_other_model_or_weights_are_refused_before_anything_is_written(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/1.png", 1)
    index(tmp_path / "in")
    draw("in/2.png", 2)
    other = PixelEmbedder(weights="1" * 64)
    with pytest.raises(FingerprintMismatchError, match="weights_sha256"):
        index_source(workspace, other, "c", open_source(str(tmp_path / "in")))
    with pytest.raises(DimensionMismatchError):
        index_source(workspace, PixelEmbedder(dim=17), "c", open_source(str(tmp_path / "in")))
    named = PixelEmbedder()
    named.fingerprint = type(named.fingerprint)("other", "0" * 64, "8x8 mean", "one view", "numpy", "f32")
    with pytest.raises(ConfigurationError, match="indexed with pixels"):
        index_source(workspace, named, "c", open_source(str(tmp_path / "in")))
    assert counts(workspace) == (1, 1)
    assert len(list((tmp_path / "data/thumbnails").rglob("*.jpg"))) == 1


def test_a_bad_collection_name_leaves_nothing(
    workspace: Workspace, draw: Draw, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    draw("in/1.png", 1)
    with pytest.raises(ConfigurationError):
        index_source(workspace, embedder, "no/such name", open_source(str(tmp_path / "in")))
    assert workspace.catalog.collections() == []


def test_schema_and_payload_of_a_record() -> None:
    record = ImageRecord("i", "s", 0, "u", 1, 1, "PNG", "uint8", {"well": "x"}, "a", "validated")
    assert payload_of(record) == {"well": "x", "sha256": "s", "label": "a", "state": "validated"}
    assert payload_of(replace(record, label=None, state=None)) == {"well": "x", "sha256": "s"}


def test_a_collection_without_its_store_is_completed(workspace: Workspace, embedder: PixelEmbedder) -> None:
    made = make_collection(workspace, "c", "figures", embedder)
    assert (made.preset, made.default_vector.name, made.default_vector.dim) == ("figures", "pixels", 16)
    workspace.store.drop("c")
    assert open_collection(workspace, "c", "generic", embedder) == made
    assert workspace.store.collections() == ["c"]
    assert find_collection(workspace, "d") is None
    with pytest.raises(CollectionExistsError):
        make_collection(workspace, "c", "figures", embedder)
