from __future__ import annotations

from pathlib import Path

import numpy as np

from facies.core.workspace import Workspace
from facies.indexer.limits import Limits

from .conftest import Draw, Index, PixelEmbedder, counts, write_tiff


def test_same_bytes_under_two_labels_are_a_conflict(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    draw("in/b/1.png", 1)
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.duplicates, len(report.conflicts)) == (1, 1, 1)
    assert report.conflicts[0].path.endswith("in/b/1.png")
    assert "'a'" in report.conflicts[0].reason
    again = index(tmp_path / "in", labels="folder")
    assert (again.unchanged, again.duplicates, len(again.conflicts)) == (1, 1, 1)
    assert workspace.catalog.label_counts("c") == {"a": 1}


def test_an_earlier_copy_does_not_take_over(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    """The file that was indexed keeps its content, although a copy now comes first in order."""
    draw("in/m/1.png", 1)
    index(tmp_path / "in", labels="folder")
    draw("in/a/1.png", 1)
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.unchanged, report.duplicates) == (0, 1, 1)
    assert report.duplicate_paths[0].path.endswith("a/1.png")
    (record,) = workspace.catalog.iter_images("c")
    assert (record.label, record.uri) == ("m", str(tmp_path / "in/m/1.png"))


def test_label_of_unchanged_image_stays(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    (tmp_path / "in/a").rename(tmp_path / "in/b")
    report = index(tmp_path / "in", labels="folder")
    assert (report.relinked, report.indexed, len(report.conflicts)) == (1, 0, 1)
    (record,) = workspace.catalog.iter_images("c")
    assert record.label == "a"
    assert record.uri == str(tmp_path / "in/b/1.png")


def test_missing_labels_are_filled_in(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in")
    report = index(tmp_path / "in", labels="folder")
    assert report.unchanged == 1
    assert any("got the one of this source" in note for note in report.notes)
    assert workspace.catalog.label_counts("c") == workspace.store.facet("c", "label") == {"a": 1}


def test_moved_file_is_relinked(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    path = draw("in/1.png", 1)
    index(tmp_path / "in")
    path.rename(tmp_path / "in/2.png")
    report = index(tmp_path / "in")
    assert (report.relinked, report.unchanged, report.indexed) == (1, 0, 0)
    assert next(iter(workspace.catalog.iter_images("c"))).uri.endswith("2.png")


def test_same_folder_by_another_name_is_unchanged(draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    index(tmp_path / "in")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    assert index(tmp_path / "link").unchanged == 1


def test_lost_vectors_and_thumbnails_are_made_again(
    workspace: Workspace, draw: Draw, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    for i in range(12):
        draw(f"in/x/{i:02d}.png", i)
    write_tiff(tmp_path / "in/x/stack.tif", 3)
    index(tmp_path / "in", labels="folder")
    ids = [record.id for record in workspace.catalog.iter_images("c")]
    before = workspace.store.get("c", ids)
    workspace.store.delete("c", ids[:7])
    workspace.blobs.remove_thumbnail(ids[9])
    report = index(tmp_path / "in", labels="none", limits=Limits(memory_bytes=1))
    assert (report.indexed, report.unchanged) == (0, 15)
    assert any("made again" in note for note in report.notes)
    after = workspace.store.get("c", ids)
    assert after.keys() == before.keys()
    for image in ids:
        assert dict(after[image].payload) == dict(before[image].payload)
        np.testing.assert_allclose(after[image].vectors["pixels"], before[image].vectors["pixels"], atol=1e-6)
    assert workspace.blobs.thumbnail(ids[9]) is not None


def test_a_dropped_store_is_rebuilt(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(4):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    workspace.store.drop("c")
    report = index(tmp_path / "in")
    assert (report.indexed, report.unchanged) == (0, 4)
    assert counts(workspace) == (4, 4)


def test_files_that_swap_names_keep_their_images(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    one, two = draw("in/1.png", 1), draw("in/2.png", 2)
    index(tmp_path / "in")
    before = {Path(record.uri).name: record.id for record in workspace.catalog.iter_images("c")}
    one.rename(tmp_path / "aside")
    two.rename(one)
    (tmp_path / "aside").rename(two)
    report = index(tmp_path / "in", prune=True)
    assert (report.relinked, report.duplicates, report.pruned) == (2, 0, 0)
    after = {Path(record.uri).name: record.id for record in workspace.catalog.iter_images("c")}
    assert after == {"1.png": before["2.png"], "2.png": before["1.png"]}
