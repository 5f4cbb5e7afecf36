from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.errors import (
    SourceError,
)
from facies.core.images import image_id
from facies.core.metrics import Embeddings
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.ledger import Outcome
from facies.indexer.limits import Limits
from facies.indexer.pipeline import index_source
from facies.indexer.progress import ProgressUpdate
from facies.indexer.sources import open_source
from facies.models.embedder import Prepared

from .conftest import Draw, Index, PixelEmbedder, counts, write_tiff


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


def test_the_data_folder_itself_can_be_indexed(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> None:
    draw("data/mine/1.png", 1)
    draw("data/mine/2.png", 2)
    first = index(tmp_path / "data", progress=lambda _: None)
    assert (first.indexed, first.failed, first.failures) == (2, 0, [])
    workspace.blobs.put_upload("ab" * 32, "PNG", draw("3.png", 3).read_bytes())
    again = index(tmp_path / "data")
    assert (again.indexed, again.unchanged, again.failed) == (0, 2, 0)
    kept = {path.name for path in (tmp_path / "data").iterdir()} - {"mine"}
    assert kept >= {"catalog.sqlite", "thumbnails", "uploads", "vectors"}
    assert again.skipped == len(kept)
    assert counts(workspace) == (2, 2)


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
    write_tiff(tmp_path / "in/stack.tif", 400)
    stop = threading.Event()
    embed = embedder.embed_prepared

    def stopping(prepared: Sequence[Prepared]) -> Embeddings:
        if embedder.embedded > 10:
            stop.set()
        return embed(prepared)

    embedder.embed_prepared = stopping  # type: ignore[method-assign]  # the real method runs inside
    report = index(tmp_path / "in", stop=stop)
    assert report.interrupted
    assert report.indexed == 0
    assert counts(workspace) == (0, 0)


def test_errors_of_the_source_come_through(index: Index, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        index(tmp_path / "nowhere")


def test_no_thread_outlives_the_run(draw: Draw, index: Index, tmp_path: Path) -> None:
    for i in range(6):
        draw(f"in/{i}.png", i)
    index(tmp_path / "in")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("decode", "embed"))]


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


def test_labels_that_are_none_fail_with_their_file_and_end_nothing(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    good, folder = draw("in/good/1.png", 1), tmp_path / "in" / "two\nlines"
    draw("in/two\nlines/2.png", 2)
    (folder / "notes.txt").write_text("passed over, whatever its label would be")
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.skipped, report.failed) == (1, 1, 1)
    assert report.failures[0].path == str(folder / "2.png")
    assert report.failures[0].reason == (
        "its label has a control character, expected one line of text, got 'two\\nlines'; "
        "correct it where it comes from"
    )
    manifest = tmp_path / "labels.csv"
    manifest.write_bytes(
        f'path,label\n{good},"a\x85b"\n{folder / "2.png"},fine\n'.encode().replace(b"two\nlines", b"x")
    )
    folder.rename(tmp_path / "in" / "x")
    again = index(manifest, labels="manifest")
    assert (again.indexed, again.failed, again.failures[0].path) == (1, 1, str(good))
    assert workspace.catalog.label_counts("c") == {"fine": 1, "good": 1}


def test_pruning_spares_an_image_whose_label_is_none_now(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    image, manifest = draw("in/1.png", 1), tmp_path / "in" / "labels.csv"
    for label in ("fine", "x" * 300):
        manifest.write_text(f"path,label\n{image},{label}\n")
        report = index(manifest, labels="manifest", prune=True)
    assert (report.failed, report.pruned) == (1, 0)
    assert workspace.catalog.label_counts("c") == {"fine": 1}
