"""A data folder, its backup, and what is in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.images import content_hash
from facies.core.records import ImageRecord
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.backup import make_backup
from tests.indexer.conftest import Draw, Index

Contents = dict[str, tuple[list[ImageRecord], dict[str, dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]]]]


@pytest.fixture
def source(tmp_path: Path, draw: Draw, index: Index, workspace: Workspace) -> Settings:
    """The settings of a closed data folder with a labelled collection and one upload."""
    for i in range(6):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    upload = draw("later.png", 77)
    kept = workspace.blobs.put_upload(content_hash(upload.read_bytes()), "PNG", upload.read_bytes())
    index(kept)
    workspace.close()
    return Settings(data_dir=tmp_path / "data")


def contents(settings: Settings) -> Contents:
    """Every record and every vector of every collection."""
    with open_workspace(settings) as opened:
        found: Contents = {}
        for collection in opened.catalog.collections():
            records = list(opened.catalog.iter_images(collection.name))
            points = opened.store.get(collection.name, [record.id for record in records])
            assert all(opened.blobs.thumbnail(record.id) for record in records)
            found[collection.name] = (records, {i: dict(p.vectors) for i, p in points.items()})
        return found


def assert_same(got: Contents, expected: Contents, old: Path, new: Path) -> None:
    assert got.keys() == expected.keys()
    for name, (records, vectors) in expected.items():
        moved = [r.uri.replace(str(old / "uploads"), str(new / "uploads")) for r in records]
        assert [r.uri for r in got[name][0]] == moved
        assert [(r.id, r.label, r.state, r.metadata) for r in got[name][0]] == [
            (r.id, r.label, r.state, r.metadata) for r in records
        ]
        assert got[name][1].keys() == vectors.keys()
        for image_id, named in vectors.items():
            for vector_name, row in named.items():
                np.testing.assert_array_equal(got[name][1][image_id][vector_name], row)


@pytest.fixture
def file(source: Settings, tmp_path: Path) -> Path:
    made = tmp_path / "b.tar"
    make_backup(source, made)
    return made
