"""A further model: its vectors come beside the others, once each, and nothing else changes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import (
    CollectionNotFoundError,
    DimensionMismatchError,
    FingerprintMismatchError,
    ModelError,
)
from facies.core.metrics import Embeddings
from facies.core.records import Fingerprint
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace
from facies.indexer.further_models import (
    AddedModelReport,
    fill_vector,
    finish_report,
    list_failures,
    make_default,
)
from facies.indexer.limits import Limits
from facies.indexer.named_vectors import describe_gaps, open_vector
from facies.indexer.progress import ProgressUpdate
from facies.models.embedder import Prepared

from .conftest import Draw, Index, PixelEmbedder, write_tiff


class GreyEmbedder(PixelEmbedder):
    """Another way to embed, under another name."""

    name = "greys"

    def __init__(self, dim: int = 9, weights: str = "9" * 64) -> None:
        super().__init__(dim)
        self.fingerprint = Fingerprint("greys", weights, "8x8 mean", "one view", "numpy", "bf16")


@pytest.fixture
def greys() -> GreyEmbedder:
    return GreyEmbedder()


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    """Nine images, two of them pages of one file, with labels."""
    for i in range(7):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    write_tiff(tmp_path / "in" / "a" / "pages.tif", 2)
    index(tmp_path / "in", labels="folder")
    return workspace


LIMITS = Limits(upsert_size=2)


def test_every_image_gets_the_vector_of_its_original(
    filled: Workspace, greys: GreyEmbedder, index: Index, tmp_path: Path
) -> None:
    before = {p.id: p for p in filled.store.scroll("c", vectors=True)}
    events = filled.catalog.label_counts("c")
    open_vector(filled, "c", greys)
    report = fill_vector(filled, "c", greys, limits=LIMITS)
    assert (report.embedded, report.lacking, report.failures, report.is_default) == (9, 0, [], False)
    assert greys.embedded == 9
    after = {p.id: p for p in filled.store.scroll("c", vectors=True)}
    for image_id, point in after.items():
        np.testing.assert_array_equal(point.vectors["pixels"], before[image_id].vectors["pixels"])
        assert dict(point.payload) == dict(before[image_id].payload)
        # Both embedders project the same small picture, one to fewer numbers.
        expected = GreyEmbedder().embed([_pixels(filled, image_id)])[0]
        np.testing.assert_allclose(point.vectors["greys"], expected, atol=1e-6)
    assert filled.catalog.label_counts("c") == events
    assert [v.name for v in filled.catalog.collection("c").vectors] == ["pixels", "greys"]


def _pixels(workspace: Workspace, image_id: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    from facies.core.images import decode_image

    record = workspace.catalog.image("c", image_id)
    data = Path(record.uri).read_bytes()
    return decode_image(data, record.uri, max_pixels=10**6, page=record.page).pixels


def test_searches_find_by_either_vector(filled: Workspace, greys: GreyEmbedder) -> None:
    open_vector(filled, "c", greys)
    fill_vector(filled, "c", greys)
    for point in filled.store.scroll("c", vectors=True):
        for name in ("pixels", "greys"):
            hits = filled.store.search("c", VectorQuery(name, [point.vectors[name]], k=1))
            assert hits[0].id == point.id


def test_a_second_run_embeds_only_what_lacks_it(
    filled: Workspace, greys: GreyEmbedder, index: Index, draw: Draw, tmp_path: Path
) -> None:
    open_vector(filled, "c", greys)
    fill_vector(filled, "c", greys)
    draw("in/b/new.png", 50)
    write_tiff(tmp_path / "in" / "a" / "more.tif", 3, seed=5)
    notes = index(tmp_path / "in", labels="folder").notes
    assert any("4 images have no vector greys yet" in note and "add-model c --model greys" in note for note in notes)
    greys.sizes.clear()
    report = fill_vector(filled, "c", greys)
    assert (report.embedded, greys.embedded, report.lacking) == (4, 4, 0)
    assert describe_gaps(filled, "c") == []
    assert all("greys" not in note for note in index(tmp_path / "in", labels="folder").notes)


def test_a_stopped_run_goes_on(
    filled: Workspace, greys: GreyEmbedder, index: Index, draw: Draw, tmp_path: Path
) -> None:
    for i in range(31):
        draw(f"in/a/more{i}.png", 100 + i)
    index(tmp_path / "in", labels="folder")
    open_vector(filled, "c", greys)
    stop = threading.Event()

    def stop_early(update: ProgressUpdate) -> None:
        if update.done >= 2:
            stop.set()

    report = fill_vector(filled, "c", greys, limits=LIMITS, stop=stop, progress=stop_early)
    assert report.interrupted
    assert 2 <= report.embedded < 40
    assert report.lacking == 40 - report.embedded
    assert not make_default(filled, report)
    second = fill_vector(filled, "c", greys, limits=LIMITS)
    assert report.embedded + second.embedded == 40
    assert (second.lacking, greys.embedded) == (0, 40)


def test_the_default_follows_when_all_is_there(filled: Workspace, greys: GreyEmbedder, tmp_path: Path) -> None:
    open_vector(filled, "c", greys)
    early = finish_report(filled, AddedModelReport("c", "greys"), 0.0)
    assert early.lacking == 9
    assert not make_default(filled, early)
    assert "not made the default" in early.notes[-1]
    assert filled.catalog.collection("c").default_vector.name == "pixels"
    report = fill_vector(filled, "c", greys)
    assert make_default(filled, report)
    assert report.is_default
    assert [v.name for v in filled.catalog.collection("c").vectors] == ["greys", "pixels"]
    assert describe_gaps(filled, "c") == []


def test_after_the_switch_new_images_get_the_new_vector(
    filled: Workspace, greys: GreyEmbedder, draw: Draw, tmp_path: Path
) -> None:
    from facies.indexer.pipeline import index_source
    from facies.indexer.sources import open_source

    open_vector(filled, "c", greys)
    make_default(filled, fill_vector(filled, "c", greys))
    new = draw("in/b/new.png", 51)
    report = index_source(filled, greys, "c", open_source(str(new)))
    assert report.indexed == 1
    assert any("1 images have no vector pixels" in note for note in report.notes)


def test_originals_that_are_gone_or_changed_are_said(
    filled: Workspace, greys: GreyEmbedder, draw: Draw, tmp_path: Path
) -> None:
    (tmp_path / "in" / "a" / "0.png").unlink()
    (tmp_path / "in" / "a" / "pages.tif").unlink()
    draw("in/b/1.png", 1234)
    (tmp_path / "in" / "b" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    open_vector(filled, "c", greys)
    report = fill_vector(filled, "c", greys)
    assert (report.embedded, report.lacking, len(report.failures)) == (4, 5, 5)
    reasons = {Path(f.path).name: f.reason for f in report.failures}
    assert "No such file" in reasons["0.png"]
    assert "another file" in reasons["1.png"]
    assert reasons["3.png"]
    assert sum(Path(f.path).name == "pages.tif" for f in report.failures) == 2
    assert any("--relink" in note for note in report.notes)
    assert not make_default(filled, report)
    assert len(list_failures(report.failures, at_most=2)) == 3


def test_one_picture_that_the_network_refuses_is_said(filled: Workspace) -> None:
    class Picky(GreyEmbedder):
        def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
            if any(int(one.sum()) == self.refused for one in prepared):
                raise ModelError("no direction")
            return super().embed_prepared(prepared)

        refused = -1

    picky = Picky()
    first = next(filled.store.scroll("c"))
    picky.refused = int(picky.prepare(_pixels(filled, first.id)).sum())
    open_vector(filled, "c", picky)
    report = fill_vector(filled, "c", picky)
    assert (report.embedded, report.lacking) == (8, 1)
    assert [f.reason for f in report.failures] == ["no direction"]


def test_another_way_of_the_same_model_is_refused(filled: Workspace, greys: GreyEmbedder) -> None:
    open_vector(filled, "c", greys)
    open_vector(filled, "c", GreyEmbedder())
    with pytest.raises(FingerprintMismatchError):
        open_vector(filled, "c", GreyEmbedder(weights="8" * 64))
    with pytest.raises(DimensionMismatchError):
        open_vector(filled, "c", GreyEmbedder(dim=4))
    with pytest.raises(CollectionNotFoundError):
        open_vector(filled, "none", greys)
    assert len(filled.catalog.collection("c").vectors) == 2


def test_a_kill_between_store_and_catalogue_is_made_good(
    filled: Workspace, greys: GreyEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(filled.catalog), "add_vector", _die)
    with pytest.raises(KeyboardInterrupt):
        open_vector(filled, "c", greys)
    monkeypatch.undo()
    assert len(filled.catalog.collection("c").vectors) == 1
    open_vector(filled, "c", greys)
    assert fill_vector(filled, "c", greys).embedded == 9


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_image_whose_points_are_lost_is_said(filled: Workspace, greys: GreyEmbedder) -> None:
    filled.store.delete("c", [next(filled.store.scroll("c")).id])
    open_vector(filled, "c", greys)
    report = fill_vector(filled, "c", greys)
    assert (report.embedded, report.lacking) == (8, 0)
    assert any("lost all their vectors" in note for note in report.notes)
