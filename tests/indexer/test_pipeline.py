from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.errors import (
    ConfigurationError,
    DimensionMismatchError,
    FingerprintMismatchError,
    ModelError,
    SourceError,
    StorageError,
)
from facies.core.images import RgbImage, image_id
from facies.core.metrics import Embeddings
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.ledger import Outcome
from facies.indexer.limits import Limits
from facies.indexer.pipeline import index_source
from facies.indexer.progress import ProgressUpdate
from facies.indexer.sources import ListSource, SourceItem, open_source

from .conftest import Draw, Index, PixelEmbedder


def write_tiff(path: Path, pages: int, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (pages, 16, 18, 3), dtype=np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", metadata=None)
    return path


def counts(workspace: Workspace) -> tuple[int, int]:
    return workspace.catalog.count("c"), workspace.store.count("c")


def test_every_image_has_row_point_and_thumbnail(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(11):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.failed, report.unchanged) == (11, 0, 0)
    assert report.collection == "c"
    assert report.model == "pixels"
    assert counts(workspace) == (11, 11)
    records = list(workspace.catalog.iter_images("c"))
    points = workspace.store.get("c", [record.id for record in records])
    for record in records:
        assert record.id == image_id(record.sha256)
        assert record.label == Path(record.uri).parent.name
        assert record.state == "validated"
        assert workspace.blobs.thumbnail(record.id) is not None
        assert dict(points[record.id].payload) == {"label": record.label, "state": "validated", "sha256": record.sha256}
        assert np.linalg.norm(points[record.id].vectors["pixels"]) == pytest.approx(1, abs=1e-5)
    assert workspace.store.facet("c", "label") == {"a": 6, "b": 5}


def test_again_changes_nothing_and_embeds_nothing(
    workspace: Workspace, draw: Draw, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    for i in range(5):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    before = list(workspace.catalog.iter_images("c"))
    embedded = embedder.embedded
    again = index(tmp_path / "in")
    assert (again.indexed, again.unchanged) == (0, 5)
    assert embedder.embedded == embedded
    assert list(workspace.catalog.iter_images("c")) == before
    draw("in/new.png", 99)
    third = index(tmp_path / "in")
    assert (third.indexed, third.unchanged) == (1, 5)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    limits=st.builds(
        Limits,
        memory_bytes=st.sampled_from([1, 5_000, 2**20]),
        decode_threads=st.integers(1, 4),
        batch_size=st.integers(1, 5),
        upsert_size=st.integers(1, 7),
    ),
)
def test_bounds_and_threads_change_nothing(
    seeds: list[int], limits: Limits, draw: Draw, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the bounds, each content is one image, and the first file in order keeps it."""
    folder = tmp_path_factory.mktemp("bounds")
    for i, seed in enumerate(seeds):
        draw(str(folder / "in" / f"{i:02d}.png"), seed)
    with open_workspace(Settings(data_dir=folder / "data")) as workspace:
        report = index_source(workspace, PixelEmbedder(), "c", open_source(str(folder / "in")), limits=limits)
        assert report.indexed == len(set(seeds)) == workspace.catalog.count("c") == workspace.store.count("c")
        assert report.duplicates == len(seeds) - len(set(seeds))
        kept = {Path(record.uri).name for record in workspace.catalog.iter_images("c")}
        assert kept == {f"{seeds.index(seed):02d}.png" for seed in set(seeds)}


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
    assert len(list((tmp_path / "data/thumbnails").rglob("*.webp"))) == 1


def test_bad_files_are_listed_and_others_indexed(draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("in/good.png", 1)
    (tmp_path / "in/text.jpg").write_text("no image")
    (tmp_path / "in/empty.png").touch()
    (tmp_path / "in/cut.png").write_bytes((tmp_path / "in/good.png").read_bytes()[:300])
    (tmp_path / "in/notes.txt").write_text("notes")
    (tmp_path / "in/.hidden.png").write_bytes(b"x")
    (tmp_path / "in/really.txt").write_bytes(draw("other.png", 2).read_bytes())
    report = index(tmp_path / "in")
    assert (report.indexed, report.failed, report.skipped) == (2, 3, 2)
    assert {Path(f.path).name for f in report.failures} == {"text.jpg", "empty.png", "cut.png"}
    assert all(failure.reason for failure in report.failures)


def test_too_large_files_are_not_read(draw: Draw, index: Index, tmp_path: Path) -> None:
    path = draw("in/1.png", 1)
    with path.open("ab") as stream:
        stream.truncate(2**33)
    report = index(tmp_path / "in")
    assert report.failed == 1
    assert "FACIES_INDEXER__MAX_FILE_BYTES" in report.failures[0].reason


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
    assert len(list((tmp_path / "data/thumbnails").rglob("*.webp"))) == 1


def test_a_bad_collection_name_leaves_nothing(
    workspace: Workspace, draw: Draw, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    draw("in/1.png", 1)
    with pytest.raises(ConfigurationError):
        index_source(workspace, embedder, "no/such name", open_source(str(tmp_path / "in")))
    assert workspace.catalog.collections() == []


def test_stop_keeps_what_is_done_and_the_next_run_goes_on(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(30):
        draw(f"in/{i:02d}.png", i)
    stop = threading.Event()

    def watch(update: ProgressUpdate) -> None:
        if update.done >= 8:
            stop.set()

    report = index(tmp_path / "in", progress=watch, stop=stop)
    assert report.interrupted
    assert 8 <= report.indexed < 30
    assert counts(workspace) == (report.indexed, report.indexed)
    again = index(tmp_path / "in")
    assert not again.interrupted
    assert (again.indexed, again.unchanged) == (30 - report.indexed, report.indexed)


def test_stop_inside_a_file_leaves_no_half(
    workspace: Workspace, index: Index, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    write_tiff(tmp_path / "in/stack.tif", 40)
    stop = threading.Event()
    embed = embedder.embed

    def stopping(images: list[RgbImage]) -> Embeddings:
        if embedder.embedded > 10:
            stop.set()
        return embed(images)

    embedder.embed = stopping  # type: ignore[method-assign, assignment]  # the real method runs inside
    report = index(tmp_path / "in", stop=stop)
    assert report.interrupted
    assert report.indexed == 0
    assert counts(workspace) == (0, 0)


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
    embed = embedder.embed

    def picky(images: list[RgbImage]) -> Embeddings:
        if any(pixels.shape[1] == 40 for pixels in images):
            raise ModelError("a vector without direction")
        return embed(images)

    embedder.embed = picky  # type: ignore[method-assign, assignment]  # the real method runs inside
    report = index(tmp_path / "in")
    assert (report.indexed, report.failed) == (6, 1)
    assert report.failures[0].reason == "a vector without direction"
    assert counts(workspace) == (6, 6)


def test_errors_of_the_source_come_through(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        index(tmp_path / "nowhere")


def test_no_thread_outlives_the_run(draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(6):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


def test_outcomes_and_progress_are_told(draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(6):
        draw(f"in/{i}.png", i)
    (tmp_path / "in/z.jpg").write_text("no")
    outcomes: list[Outcome] = []
    updates: list[ProgressUpdate] = []
    index(tmp_path / "in", on_outcome=outcomes.append, progress=updates.append)
    assert {Path(o.uri).name: o.status for o in outcomes} == {f"{i}.png": "indexed" for i in range(6)} | {
        "z.jpg": "failed"
    }
    assert (updates[-1].done, updates[-1].total, updates[-1].images) == (7, 7, 6)
    assert [u.done for u in updates] == sorted(u.done for u in updates)


def test_metadata_reaches_catalogue_payload_and_index(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(3):
        draw(f"{i}.png", i)
    (tmp_path / "first.csv").write_text("path,well,depth_m\n0.png,6407/6-5,1200\n1.png,,\n")
    index(tmp_path / "first.csv")
    assert workspace.catalog.metadata_fields("c") == {"well": "keyword", "depth_m": "integer"}
    (tmp_path / "second.csv").write_text("path,well,depth_m\n2.png,12,1200.5\n0.png,other,1200\n")
    report = index(tmp_path / "second.csv")
    assert (report.indexed, report.unchanged) == (1, 1)
    assert any("other metadata" in note for note in report.notes)
    assert workspace.catalog.metadata_fields("c") == {"well": "keyword", "depth_m": "float"}
    indexes = dict(workspace.store.schema("c").indexes)
    assert indexes == {"well": "keyword", "depth_m": "float", "label": "keyword", "state": "keyword"}
    by_name = {Path(r.uri).name: dict(r.metadata) for r in workspace.catalog.iter_images("c")}
    assert by_name == {
        "0.png": {"well": "6407/6-5", "depth_m": 1200},
        "1.png": {},
        "2.png": {"well": "12", "depth_m": 1200.5},
    }


def test_text_in_a_column_of_numbers_is_refused(draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("0.png", 0)
    draw("1.png", 1)
    (tmp_path / "first.csv").write_text("path,depth_m\n0.png,1200\n")
    index(tmp_path / "first.csv")
    (tmp_path / "second.csv").write_text("path,depth_m\n1.png,deep\n")
    with pytest.raises(SourceError, match="'deep' in line 2"):
        index(tmp_path / "second.csv")


def test_items_of_a_list_are_checked_alone(workspace: Workspace, draw: Draw, embedder: PixelEmbedder) -> None:
    one, two = draw("0.png", 0), draw("1.png", 1)
    entries = (
        SourceItem(str(one), "0.png", metadata={"depth_m": 1}),
        SourceItem(str(two), "1.png", metadata={"depth_m": "deep"}),
    )
    report = index_source(workspace, embedder, "c", ListSource("uploads", entries))
    assert (report.indexed, report.failed) == (1, 1)
    assert "depth_m" in report.failures[0].reason
