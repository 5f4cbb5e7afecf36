from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, ImageNotFoundError, SourceError
from facies.core.images import content_hash
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer import known, maintenance
from facies.indexer.maintenance import delete_collection, delete_image, prune, relink, sweep_orphans
from facies.indexer.originals import original_is_gone
from facies.indexer.pipeline import index_source
from facies.indexer.sources import ListSource, SourceItem, open_source

from .conftest import Draw, Index, PixelEmbedder, write_tiff


def thumbnails(tmp_path: Path) -> int:
    return len(list((tmp_path / "data/thumbnails").rglob("*.jpg")))


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
    workspace.blobs.put_thumbnail("00000000-0000-0000-0000-000000000000", b"of a run that was killed long ago")
    orphan = workspace.blobs.thumbnail("00000000-0000-0000-0000-000000000000")
    assert orphan is not None
    os.utime(orphan, (0, 0))
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


def test_a_copy_goes_when_only_other_files_hold_its_bytes(
    workspace: Workspace, draw: Draw, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    data = draw("in/1.png", 1).read_bytes()
    copy = workspace.blobs.put_upload(content_hash(data), "PNG", data)
    index_source(workspace, embedder, "x", ListSource("uploads", (SourceItem(str(copy), "1.png"),)))
    index_source(workspace, embedder, "y", open_source(str(tmp_path / "in")))
    (record,) = workspace.catalog.iter_images("x")
    delete_image(workspace, "x", record.id)
    assert not copy.exists()
    assert workspace.blobs.thumbnail(record.id) is not None
    delete_image(workspace, "y", record.id)
    assert not list((tmp_path / "data/uploads").rglob("*.png"))
    assert (tmp_path / "in/1.png").exists()


def test_a_copy_stays_while_one_of_its_pages_does(
    workspace: Workspace, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    data = write_tiff(tmp_path / "stack.tif", 2).read_bytes()
    copy = workspace.blobs.put_upload(content_hash(data), "TIFF", data)
    index_source(workspace, embedder, "c", ListSource("uploads", (SourceItem(str(copy), "stack.tif"),)))
    one, two = workspace.catalog.iter_images("c")
    delete_image(workspace, "c", one.id)
    assert copy.exists()
    delete_image(workspace, "c", two.id)
    assert not copy.exists()


def test_deleted_pages_come_back_once_the_whole_file_was_deleted(
    workspace: Workspace, index: Index, tmp_path: Path
) -> None:
    write_tiff(tmp_path / "in/stack.tif", 3)
    index(tmp_path / "in")
    one, *others = workspace.catalog.iter_images("c")
    delete_image(workspace, "c", one.id)
    assert (index(tmp_path / "in").indexed, workspace.catalog.count("c")) == (0, 2)
    for other in others:
        delete_image(workspace, "c", other.id)
    assert (index(tmp_path / "in").indexed, workspace.store.count("c")) == (3, 3)


def test_what_no_row_refers_to_is_swept(
    workspace: Workspace, draw: Draw, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    index(draw("in/1.png", 1).parent)
    data = draw("2.png", 2).read_bytes()
    copy = workspace.blobs.put_upload(content_hash(data), "PNG", data)
    index_source(workspace, embedder, "other", ListSource("uploads", (SourceItem(str(copy), "2.png"),)))
    rows = [*workspace.catalog.iter_images("c"), *workspace.catalog.iter_images("other")]
    kept = {path for path in (tmp_path / "data").rglob("*") if path.is_file()}
    # What kills leave: a copy and a thumbnail that got no row, a copy whose row names another file, halves of files.
    lost = draw("3.png", 3).read_bytes()
    orphan = workspace.blobs.put_upload(content_hash(lost), "PNG", lost)
    known = (tmp_path / "in/1.png").read_bytes()
    workspace.blobs.put_upload(content_hash(known), "PNG", known)
    workspace.blobs.put_thumbnail("0" * 8 + "-0000-0000-0000-" + "0" * 12, b"thumbnail")
    for half in (orphan.with_name(".part-x1"), tmp_path / "data/thumbnails" / rows[0].id[:2] / ".part-x2"):
        half.write_bytes(b"half")
    foreign = orphan.with_name("notes.txt")
    foreign.write_text("not ours")
    assert sweep_orphans(workspace) == 0, "somebody may be about to use what is young"
    for path in (tmp_path / "data").rglob("*"):
        os.utime(path, (0, 0))
    workspace.blobs.put_upload(content_hash(lost), "PNG", lost)
    assert sweep_orphans(workspace) == 4
    assert orphan.exists(), "it was uploaded again just now"
    assert sweep_orphans(workspace, older_than_s=0) == 1
    assert {path for path in (tmp_path / "data").rglob("*") if path.is_file()} == kept | {foreign}
    assert all(workspace.blobs.thumbnail(row.id) for row in rows)


def test_a_moved_data_folder_keeps_its_uploads(draw: Draw, embedder: PixelEmbedder, tmp_path: Path) -> None:
    data = draw("1.png", 1).read_bytes()
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        copy = workspace.blobs.put_upload(content_hash(data), "PNG", data)
        index_source(workspace, embedder, "c", ListSource("uploads", (SourceItem(str(copy), "1.png"),)))
    (tmp_path / "data").rename(tmp_path / "moved")
    with open_workspace(Settings(data_dir=tmp_path / "moved")) as workspace:
        assert sweep_orphans(workspace, older_than_s=0) == 0
    assert list((tmp_path / "moved/uploads").rglob("*.png"))


def test_a_file_of_many_pages_is_looked_up_once(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = write_tiff(tmp_path / "in/stack.tif", 5)
    draw("in/1.png", 1)
    index(tmp_path / "in")
    stack.unlink()
    asked: list[str] = []

    def ask(uri: str) -> bool:
        asked.append(uri)
        return original_is_gone(uri)

    monkeypatch.setattr(maintenance, "original_is_gone", ask)
    (tmp_path / "empty").mkdir()
    assert relink(workspace, "c", tmp_path / "empty") == (0, 5)
    assert sorted(asked) == sorted({*asked})
    asked.clear()
    one = str(tmp_path / "in/1.png")
    assert prune(workspace, "c", open_source(str(tmp_path / "in")), {one: None}) == 5
    assert asked == [str(stack)]


def test_large_local_files_are_hashed_piece_by_piece_and_whole(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = draw("in/1.png", 1)
    with large.open("r+b") as file:
        file.truncate(48 * 2**20)
    assert index(large.parent).indexed == 1
    # The limit for what is not local: a smaller one than a gibibyte keeps the test quick.
    for module in (maintenance, known):
        monkeypatch.setattr(module, "MAX_BYTES", 2**20, raising=False)
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy/1.png"
    copy.write_bytes(large.read_bytes())
    assert index(copy).duplicates == 1, "the first file still holds the content"
    large.unlink()
    tracemalloc.start()
    try:
        assert relink(workspace, "c", tmp_path / "copy") == (1, 0)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()
