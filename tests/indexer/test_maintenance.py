from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, ImageNotFoundError, SourceError
from facies.core.images import content_hash
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.maintenance import delete_collection, delete_image, prune, relink
from facies.indexer.originals import original_is_gone
from facies.indexer.pipeline import index_source
from facies.indexer.sources import ListSource, SourceItem, open_source

from .conftest import Draw, Index, PixelEmbedder


def thumbnails(tmp_path: Path) -> int:
    return len(list((tmp_path / "data/thumbnails").rglob("*.webp")))


def test_one_image_is_deleted_everywhere(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(3):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    gone, *stay = list(workspace.catalog.iter_images("c"))
    delete_image(workspace, "c", gone.id)
    assert [record.id for record in workspace.catalog.iter_images("c")] == [record.id for record in stay]
    assert workspace.store.get("c", [gone.id]) == {}
    assert workspace.store.count("c") == 2
    assert thumbnails(tmp_path) == 2
    assert Path(gone.uri).exists()
    with pytest.raises(ImageNotFoundError):
        delete_image(workspace, "c", gone.id)
    with pytest.raises(CollectionNotFoundError):
        delete_image(workspace, "nowhere", gone.id)


def test_what_another_collection_uses_stays(
    workspace: Workspace, draw: Draw, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    data = draw("1.png", 1).read_bytes()
    copy = workspace.blobs.put_upload(content_hash(data), "PNG", data)
    source = ListSource("uploads", (SourceItem(str(copy), "1.png"),))
    for name in ("a", "b"):
        index_source(workspace, embedder, name, source)
    (record,) = workspace.catalog.iter_images("a")
    delete_image(workspace, "a", record.id)
    assert workspace.blobs.thumbnail(record.id) is not None
    assert copy.exists()
    delete_collection(workspace, "b")
    assert workspace.blobs.thumbnail(record.id) is None
    assert not copy.exists()


def test_a_collection_is_deleted_and_its_name_is_free(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    delete_collection(workspace, "c")
    assert workspace.catalog.collections() == []
    assert workspace.store.collections() == []
    assert thumbnails(tmp_path) == 0
    assert (tmp_path / "in/a/1.png").exists()
    other = PixelEmbedder(dim=5)
    assert index_source(workspace, other, "c", open_source(str(tmp_path / "in"))).indexed == 1
    assert workspace.catalog.label_counts("c") == {}
    with pytest.raises(CollectionNotFoundError):
        delete_collection(workspace, "nowhere")


def test_moved_originals_are_found_by_content(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(4):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    (tmp_path / "new").mkdir()
    for i in range(3):
        (tmp_path / f"in/{i}.png").rename(tmp_path / f"new/grain {i}.png")
    (tmp_path / "new/grain 2.png").unlink()
    draw("new/other.png", 77)
    (tmp_path / "new/notes.txt").write_text("notes")
    read: list[str] = []
    assert relink(workspace, "c", tmp_path / "new", on_file=read.append) == (2, 1)
    assert "other.png" in read
    uris = {Path(record.uri).name for record in workspace.catalog.iter_images("c")}
    assert uris == {"grain 0.png", "grain 1.png", "2.png", "3.png"}
    assert relink(workspace, "c", tmp_path / "new") == (0, 1)
    assert index(tmp_path / "new").unchanged == 2


def test_prune_drops_what_is_gone_from_this_source_alone(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(3):
        draw(f"in/{i}.png", i)
    draw("other/9.png", 9)
    index(tmp_path / "in")
    index(tmp_path / "other")
    (tmp_path / "in/0.png").unlink()
    (tmp_path / "in/1.png").rename(tmp_path / "in/moved.png")
    (tmp_path / "other/9.png").unlink()
    assert index(tmp_path / "in").pruned == 0
    report = index(tmp_path / "in", prune=True)
    assert (report.pruned, report.unchanged) == (1, 2)
    uris = {Path(record.uri).name for record in workspace.catalog.iter_images("c")}
    assert uris == {"moved.png", "2.png", "9.png"}
    assert workspace.store.count("c") == thumbnails(tmp_path) == 3


def test_prune_refuses_an_empty_source(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    path = draw("in/1.png", 1)
    index(tmp_path / "in")
    path.unlink()
    with pytest.raises(SourceError, match="mounted"):
        index(tmp_path / "in", prune=True)
    with pytest.raises(SourceError, match="mounted"):
        prune(workspace, "c", open_source(str(tmp_path / "in")), {})
    assert workspace.catalog.count("c") == 1


def test_prune_waits_until_everything_can_be_listed(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    draw("in/2.png", 2)
    index(tmp_path / "in")
    (tmp_path / "in/a/1.png").unlink()
    (tmp_path / "in/b").symlink_to("b")  # cannot be looked into
    report = index(tmp_path / "in", prune=True)
    assert report.pruned == 0
    assert any("nothing was pruned" in note for note in report.notes)
    assert workspace.catalog.count("c") == 2


def test_gone_is_only_what_is_certainly_gone(draw: Draw, tmp_path: Path) -> None:
    path = draw("in/1.png", 1)
    assert not original_is_gone(str(path))
    assert original_is_gone(str(tmp_path / "in/2.png"))
    assert original_is_gone(str(path / "below.png"))
    (tmp_path / "loop").symlink_to("loop")
    assert not original_is_gone(str(tmp_path / "loop/1.png"))
    assert not original_is_gone("http://127.0.0.1:9/1.png")
    assert original_is_gone(f"zip://1.png::{tmp_path}/gone.zip")


def test_readded_images_have_their_label_back(draw: Draw, index: Index, workspace: Workspace, tmp_path: Path) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    (record,) = workspace.catalog.iter_images("c")
    delete_image(workspace, "c", record.id)
    assert index(tmp_path / "in").indexed == 1
    assert workspace.catalog.label_counts("c") == {"a": 1}


def test_maintenance_survives_a_restart(draw: Draw, tmp_path: Path) -> None:
    for i in range(3):
        draw(f"in/{i}.png", i)
    settings = Settings(data_dir=tmp_path / "data")
    with open_workspace(settings) as workspace:
        index_source(workspace, PixelEmbedder(), "c", open_source(str(tmp_path / "in")))
        delete_image(workspace, "c", next(iter(workspace.catalog.iter_images("c"))).id)
    with open_workspace(settings) as workspace:
        assert workspace.catalog.count("c") == workspace.store.count("c") == 2
        assert index_source(workspace, PixelEmbedder(), "c", open_source(str(tmp_path / "in"))).indexed == 1


def test_prune_drops_what_was_overwritten(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("in/1.png", 1)
    draw("in/2.png", 2)
    index(tmp_path / "in")
    draw("in/1.png", 11)
    (tmp_path / "in/2.png").write_text("damaged")
    report = index(tmp_path / "in", prune=True)
    assert (report.indexed, report.failed, report.pruned) == (1, 1, 1)
    assert sorted(Path(record.uri).name for record in workspace.catalog.iter_images("c")) == ["1.png", "2.png"]


def test_prune_by_a_manifest_that_names_missing_files(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    one = draw("in/1.png", 1)
    draw("in/2.png", 2)
    (tmp_path / "in/m.csv").write_text("path\n1.png\n2.png\n")
    index(tmp_path / "in/m.csv")
    one.unlink()
    report = index(tmp_path / "in/m.csv", prune=True)
    assert (report.unchanged, report.failed, report.pruned) == (1, 1, 1)
    assert workspace.catalog.count("c") == 1
