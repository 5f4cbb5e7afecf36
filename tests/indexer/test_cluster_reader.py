"""A run with workers as its reader, the workers being called in this process: all but Ray itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from facies.core.records import ImageRecord
from facies.core.settings import Settings
from facies.core.wire import IndexReport
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.cluster.engine import EmbeddedElsewhere
from facies.indexer.cluster.reader import ClusterReader, Task, find_known
from facies.indexer.cluster.rows import Row, rows_of
from facies.indexer.cluster.session import Nodes
from facies.indexer.cluster.worker import Worker
from facies.indexer.derived import fill_all_derived
from facies.indexer.hashes import Hashes, holds
from facies.indexer.limits import Limits
from facies.indexer.maintenance import delete_images
from facies.indexer.pipeline import index_source
from facies.indexer.progress import ProgressUpdate
from facies.indexer.sources import open_source

from .conftest import Draw, Index, PixelEmbedder, counts, write_tiff
from .test_derived import add_derived
from .test_projections import made


@pytest.fixture
def index_spread(workspace: Workspace, embedder: PixelEmbedder) -> Index:
    """Index into ``c`` as on a cluster; ``embedders`` are those of the workers."""

    def run(location: Path | str, *, labels: str = "none", workers: list[PixelEmbedder] | None = None,
            between: Callable[[], None] | None = None, back: Callable[[], None] | None = None,
            **options: object) -> IndexReport:  # fmt: skip
        made = [PixelEmbedder()] if workers is None else workers

        def here(task: Task, tables: list[pa.Table], known: Hashes) -> Iterator[Row]:
            if between is not None:
                between()
            several = [Worker(partial(give, one), task.fingerprint, "c", task.limits, lambda: known) for one in made]
            answers = [
                answer for number, table in enumerate(tables) for answer in several[number % len(several)](table)
            ]
            if back is not None:
                back()
            for answer in answers:
                yield from rows_of(answer)

        limits = Limits(upsert_size=4)
        task = Task(partial(give, made[0]), embedder.fingerprint, "c", limits, Nodes(len(made), 1, 0.9))
        reader = partial(ClusterReader, task, workspace, embedder, run=here)
        source = open_source(str(location), labels=labels)  # type: ignore[arg-type]  # tests pass plain text
        settings = {"limits": limits, "reader": reader, **options}
        try:
            return index_source(workspace, EmbeddedElsewhere(embedder), "c", source, **settings)  # type: ignore[arg-type]  # free
        finally:
            source.close()

    return run


def give(embedder: PixelEmbedder) -> PixelEmbedder:
    return embedder


def records(workspace: Workspace) -> dict[str, ImageRecord]:
    return {record.id: record for record in workspace.catalog.iter_images("c")}


def fill(draw: Draw, folder: Path) -> None:
    """Copies, conflicts, several pages, and files of every bad kind."""
    for i in range(40):
        draw(f"in/{'abc'[i % 3]}/{i:02d}.png", i)
    draw("in/b/copy of 00.png", 0)
    draw("in/c/another copy of 00.png", 0)
    draw("in/c/copy of 02.png", 2)
    write_tiff(folder / "a/pages.tif", 5)
    write_tiff(folder / "b/cut.tif", 5)
    data = (folder / "b/cut.tif").read_bytes()
    (folder / "b/cut.tif").write_bytes(data[: len(data) - 200])
    (folder / "a/text.jpg").write_text("no image")
    (folder / "a/empty.png").touch()
    (folder / "a/notes.txt").write_text("notes")
    (folder / "a/.hidden.png").write_bytes(b"x")


def same(one: IndexReport, other: IndexReport) -> bool:
    return one.model_dump(exclude={"seconds"}) == other.model_dump(exclude={"seconds"})


def test_the_same_report_and_collection_as_without_workers(
    workspace: Workspace, draw: Draw, index: Index, index_spread: Index, tmp_path: Path
) -> None:
    fill(draw, tmp_path / "in")
    several = [PixelEmbedder(), PixelEmbedder()]
    spread = index_spread(tmp_path / "in", labels="folder", workers=several)
    assert all(one.embedded for one in several)
    with open_workspace(Settings(data_dir=tmp_path / "plain")) as plain_workspace:
        source = open_source(str(tmp_path / "in"), labels="folder")
        plain = index_source(plain_workspace, PixelEmbedder(), "c", source, limits=Limits(upsert_size=4))
        assert same(spread, plain), (spread, plain)
        assert (spread.indexed, spread.duplicates, spread.failed, len(spread.conflicts)) == (45, 3, 3, 2)
        ours, theirs = records(workspace), records(plain_workspace)
        assert ours == theirs
        points = workspace.store.get("c", list(ours))
        for image_id, point in plain_workspace.store.get("c", list(ours)).items():
            assert points[image_id].payload == point.payload
            np.testing.assert_allclose(points[image_id].vectors["pixels"], point.vectors["pixels"], atol=1e-6)
            ours_path, theirs_path = workspace.blobs.thumbnail(image_id), plain_workspace.blobs.thumbnail(image_id)
            assert ours_path is not None
            assert theirs_path is not None
            assert ours_path.read_bytes() == theirs_path.read_bytes()


def test_what_is_computed_from_a_vector_comes_with_it(
    workspace: Workspace, draw: Draw, index_spread: Index, tmp_path: Path
) -> None:
    """The driver computes it; workers know of the raw vector alone, and so does what embeds in their place."""
    draw("in/first.png", 1)
    index_spread(tmp_path / "in")
    vector, by = add_derived(workspace, made(1)), made(1)
    fill_all_derived(workspace, "c", "pixels")
    for i in range(9):
        draw(f"in/{i}.png", 20 + i)
    workspace.store.delete("c", [next(workspace.store.scroll("c")).id])
    report = index_spread(tmp_path / "in", workers=[PixelEmbedder(), PixelEmbedder()])
    assert (report.indexed, report.unchanged, report.failed) == (9, 1, 0)
    points = list(workspace.store.scroll("c", vectors=True))
    assert len(points) == 10
    for point in points:
        np.testing.assert_allclose(point.vectors[vector.name], by.apply(point.vectors["pixels"][None])[0], atol=2e-6)


def test_again_nothing_is_embedded(
    workspace: Workspace, draw: Draw, index: Index, index_spread: Index, tmp_path: Path
) -> None:
    fill(draw, tmp_path / "in")
    first = index_spread(tmp_path / "in")
    worker = PixelEmbedder()
    again = index_spread(tmp_path / "in", workers=[worker])
    assert worker.embedded == 0
    assert (again.indexed, again.unchanged, again.duplicates) == (0, first.indexed, first.duplicates)
    assert same(again, index(tmp_path / "in"))
    draw("in/new.png", 999)
    third = index_spread(tmp_path / "in", workers=[worker])
    assert (third.indexed, worker.embedded) == (1, 1)


def test_metadata_of_a_manifest_arrives(workspace: Workspace, draw: Draw, index_spread: Index, tmp_path: Path) -> None:
    for i in range(3):
        draw(f"{i}.png", i)
    (tmp_path / "all.csv").write_text("path,well,depth_m\n0.png,6407/6-5,1200\n1.png,,\n2.png,12,1200.5\n")
    index_spread(tmp_path / "all.csv")
    got = {Path(record.uri).name: dict(record.metadata) for record in records(workspace).values()}
    assert got == {
        "0.png": {"well": "6407/6-5", "depth_m": 1200.0},
        "1.png": {},
        "2.png": {"well": "12", "depth_m": 1200.5},
    }


def test_lost_points_are_made_again_by_the_workers(
    workspace: Workspace, embedder: PixelEmbedder, draw: Draw, index_spread: Index, tmp_path: Path
) -> None:
    for i in range(12):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in/pages.tif", 3)
    index_spread(tmp_path / "in")
    before = records(workspace)
    lost = [*[one for one in before if before[one].page is None][:4], next(i for i in before if before[i].page == 1)]
    workspace.store.delete("c", lost)
    worker = PixelEmbedder()
    report = index_spread(tmp_path / "in", workers=[worker])
    assert (report.indexed, report.unchanged) == (0, 15)
    assert worker.embedded == 4 + 3
    assert embedder.embedded == 0
    assert any("made again" in note for note in report.notes)
    assert counts(workspace) == (15, 15)
    assert records(workspace) == before


def test_a_lost_point_that_a_stray_one_hides_is_made_again_here(
    workspace: Workspace, embedder: PixelEmbedder, draw: Draw, index_spread: Index, tmp_path: Path
) -> None:
    for i in range(4):
        draw(f"in/{i}.png", i)
    index_spread(tmp_path / "in")
    kept = next(iter(records(workspace)))
    [point] = workspace.store.get("c", [kept]).values()
    from facies.core.store import Point

    workspace.store.upsert("c", [Point("00000000-0000-4000-8000-000000000000", point.vectors)])
    workspace.store.delete("c", [kept])
    worker = PixelEmbedder()
    report = index_spread(tmp_path / "in", workers=[worker])
    assert report.unchanged == 4
    assert (worker.embedded, embedder.embedded) == (0, 1)
    assert kept in workspace.store.get("c", [kept])


def test_what_is_deleted_while_the_workers_read_is_embedded_here(
    workspace: Workspace, embedder: PixelEmbedder, draw: Draw, index_spread: Index, tmp_path: Path
) -> None:
    for i in range(4):
        draw(f"in/{i}.png", i)
    index_spread(tmp_path / "in")
    gone = next(iter(records(workspace).values()))
    report = index_spread(tmp_path / "in", between=lambda: delete_images(workspace, "c", [gone]))
    assert (report.indexed, report.unchanged) == (1, 3)
    assert embedder.embedded == 1
    assert counts(workspace) == (4, 4)


def test_what_another_process_indexes_meanwhile_is_known(
    workspace: Workspace, draw: Draw, index: Index, index_spread: Index, tmp_path: Path
) -> None:
    for i in range(4):
        draw(f"in/{i}.png", i)
    draw("first/0.png", 0)
    index(tmp_path / "first")
    draw("second/1.png", 1)
    report = index_spread(tmp_path / "in", between=lambda: index(tmp_path / "second"))
    assert (report.indexed, report.duplicates) == (2, 2)
    assert counts(workspace) == (4, 4)


def test_known_content_is_what_has_all_its_points(
    workspace: Workspace, draw: Draw, index_spread: Index, tmp_path: Path
) -> None:
    draw("in/0.png", 0)
    write_tiff(tmp_path / "in/pages.tif", 2)
    index_spread(tmp_path / "in")
    pages = [record for record in records(workspace).values() if record.page is not None]
    [single] = [record for record in records(workspace).values() if record.page is None]
    known, lost = find_known(workspace, "c")
    assert (holds(known, single.sha256), holds(known, pages[0].sha256), lost) == (True, True, frozenset())
    workspace.store.delete("c", [pages[1].id])
    known, lost = find_known(workspace, "c")
    assert (holds(known, single.sha256), holds(known, pages[0].sha256)) == (True, False)
    assert lost == {pages[0].sha256}


def test_a_stop_keeps_what_is_done(workspace: Workspace, draw: Draw, index_spread: Index, tmp_path: Path) -> None:
    for i in range(40):
        draw(f"in/{i:02d}.png", i)
    stop = threading.Event()

    def watch(update: ProgressUpdate) -> None:
        if update.done >= 6:
            stop.set()

    report = index_spread(tmp_path / "in", progress=watch, stop=stop)
    assert report.interrupted
    assert 6 <= report.indexed < 40
    assert counts(workspace) == (report.indexed, report.indexed)
    again = index_spread(tmp_path / "in")
    assert (again.indexed, again.unchanged) == (40 - report.indexed, report.indexed)


def test_prune_deletes_what_is_gone(workspace: Workspace, draw: Draw, index_spread: Index, tmp_path: Path) -> None:
    for i in range(5):
        draw(f"in/{i}.png", i)
    index_spread(tmp_path / "in")
    (tmp_path / "in/2.png").unlink()
    report = index_spread(tmp_path / "in", prune=True)
    assert (report.pruned, report.unchanged) == (1, 4)
    assert counts(workspace) == (4, 4)


def test_a_file_that_no_worker_finds_though_it_is_here_says_so(draw: Draw, index_spread: Index, tmp_path: Path) -> None:
    here, gone = draw("in/1.png", 1), draw("in/2.png", 2)
    aside = here.with_suffix(".aside")

    def hide() -> None:
        here.rename(aside)
        gone.unlink()

    # Refused files are told of in their order, so the first is back when it is looked for here.
    report = index_spread(tmp_path / "in", between=hide, back=lambda: aside.rename(here))
    reasons = {Path(one.path).name: one.reason for one in report.failures}
    assert reasons["2.png"] == "No such file or directory"
    assert "put originals where all nodes find them" in reasons["1.png"]


def test_an_empty_source_starts_no_worker(workspace: Workspace, index_spread: Index, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()

    def never() -> None:
        raise AssertionError("a worker was started for nothing")

    report = index_spread(tmp_path / "in", between=never)
    assert report.indexed == 0
    assert any("no image" in note for note in report.notes)
