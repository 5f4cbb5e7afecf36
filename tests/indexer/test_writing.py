from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile

from facies.core.errors import (
    ModelError,
    StorageError,
)
from facies.core.images import RgbImage, image_id
from facies.core.metrics import Embeddings
from facies.core.workspace import Workspace
from facies.indexer.ledger import Outcome
from facies.indexer.pipeline import index_source
from facies.indexer.sources import ListSource, SourceItem
from facies.models.embedder import Prepared

from .conftest import Draw, Index, PixelEmbedder, counts, write_tiff


def test_pages_of_a_tiff_are_images_acknowledged_together(
    workspace: Workspace, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    write_tiff(tmp_path / "in/stack.tif", 10)
    report = index(tmp_path / "in")
    assert report.indexed == 10
    records = sorted(workspace.catalog.iter_images("c"), key=lambda r: r.page or 0)
    assert [record.page for record in records] == list(range(10))
    assert {record.id for record in records} == {image_id(records[0].sha256, page) for page in range(10)}
    embedded = embedder.embedded
    assert index(tmp_path / "in").unchanged == 10
    assert embedder.embedded == embedded


def test_bad_page_fails_the_file_and_leaves_nothing(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    path = write_tiff(tmp_path / "in/stack.tif", 12)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as opened:
        page = opened.pages[11]
        offset = page.offset
    # The last page says deflate, which its bytes are not; the eleven before it are sound.
    tags = int.from_bytes(data[offset : offset + 2], "little")
    for i in range(tags):
        at = offset + 2 + 12 * i
        if int.from_bytes(data[at : at + 2], "little") == 259:
            data[at + 8 : at + 10] = (8).to_bytes(2, "little")
    path.write_bytes(data)
    draw("in/good.png", 1)
    report = index(tmp_path / "in")
    assert (report.indexed, report.failed) == (1, 1)
    assert report.failures[0].path == str(path)
    assert counts(workspace) == (1, 1)
    assert len(list((tmp_path / "data/thumbnails").rglob("*.jpg"))) == 1


def test_deleted_image_comes_back_with_its_label(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    (record,) = workspace.catalog.iter_images("c")
    workspace.store.delete("c", [record.id])
    workspace.catalog.delete_images("c", [record.id])
    assert index(tmp_path / "in").indexed == 1
    (back,) = workspace.catalog.iter_images("c")
    assert back.label == "a"
    assert workspace.store.facet("c", "label") == {"a": 1}


def test_disk_full_ends_the_run_and_keeps_the_acknowledged(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(12):
        draw(f"in/{i:02d}.png", i)
    told: list[Outcome] = []

    def full(outcome: Outcome) -> None:
        told.append(outcome)
        if len(told) == 5:
            # From here on no thumbnail can be written: a file stands where their folder was.
            (tmp_path / "data/thumbnails").rename(tmp_path / "data/before")
            (tmp_path / "data/thumbnails").touch()

    with pytest.raises(StorageError, match="acknowledged"):
        index(tmp_path / "in", on_outcome=full)
    acknowledged = workspace.catalog.count("c")
    assert 5 <= acknowledged < 12
    assert {o.ids[0] for o in told} <= {r.id for r in workspace.catalog.iter_images("c")}
    (tmp_path / "data/thumbnails").unlink()
    (tmp_path / "data/before").rename(tmp_path / "data/thumbnails")
    again = index(tmp_path / "in")
    assert (again.unchanged, again.indexed) == (acknowledged, 12 - acknowledged)
    assert counts(workspace) == (12, 12)


def test_an_image_without_direction_fails_alone(
    workspace: Workspace, draw: Draw, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    for i in range(7):
        draw(f"in/{i}.png", i, (40, 20) if i == 3 else (24, 20))
    prepare, embed = embedder.prepare, embedder.embed_prepared

    def marking(image: RgbImage) -> Prepared:
        return prepare(image) if image.shape[1] != 40 else np.zeros((8, 8, 3), np.uint8)

    def picky(prepared: Sequence[Prepared]) -> Embeddings:
        if any(not pixels.any() for pixels in prepared):
            raise ModelError("a vector without direction")
        return embed(prepared)

    embedder.prepare = marking  # type: ignore[method-assign]  # the real methods run inside
    embedder.embed_prepared = picky  # type: ignore[method-assign]  # the real methods run inside
    report = index(tmp_path / "in")
    assert (report.indexed, report.failed) == (6, 1)
    assert report.failures[0].reason == "a vector without direction"
    assert counts(workspace) == (6, 6)


def test_items_of_a_list_are_checked_alone(workspace: Workspace, draw: Draw, embedder: PixelEmbedder) -> None:
    one, two = draw("0.png", 0), draw("1.png", 1)
    entries = (
        SourceItem(str(one), "0.png", metadata={"depth_m": 1}),
        SourceItem(str(two), "1.png", metadata={"depth_m": "deep"}),
    )
    report = index_source(workspace, embedder, "c", ListSource("uploads", entries))
    assert (report.indexed, report.failed) == (1, 1)
    assert "depth_m" in report.failures[0].reason
