from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.workspace import Workspace
from facies.indexer.evaluation.stored import read_gallery
from tests.indexer.conftest import Draw, Index, PixelEmbedder, write_tiff


def test_vectors_labels_and_pictures_of_a_collection(
    draw: Draw, index: Index, workspace: Workspace, tmp_path: Path, embedder: PixelEmbedder
) -> None:
    draw("in/a/1.png", 1)
    draw("in/b/2.png", 2)
    draw("in/3.png", 3)
    write_tiff(tmp_path / "in" / "b" / "pages.tif", 2)
    index(tmp_path / "in", labels="folder")
    found = read_gallery(workspace, "c")
    assert sorted(zip(found.titles, found.labels, strict=True)) == [
        ("a/1.png", "a"),
        ("b/2.png", "b"),
        ("b/pages.tif, page 1", "b"),
        ("b/pages.tif, page 2", "b"),
    ]
    assert (found.name, found.model, found.images_per_s, found.raw) == ("pixels", "pixels", None, None)
    assert found.fingerprint == embedder.fingerprint
    assert found.vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert all(found.read_thumbnail(key) for key in found.keys)
    assert found.notes == ("1 images without a validated label take no part",)


def test_a_vector_that_is_not_there(draw: Draw, index: Index, workspace: Workspace, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    with pytest.raises(QueryError, match="There are: pixels"):
        read_gallery(workspace, "c", "pixel")
    ids = [record.id for record in workspace.catalog.iter_images("c")]
    workspace.store.delete("c", ids)
    with pytest.raises(QueryError, match="no validated image"):
        read_gallery(workspace, "c", "pixels")
