"""Whitening a collection: fitted on its own images, in use for all of them, fitted anew as it grows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import (
    CatalogError,
    CollectionNotFoundError,
    ConfigurationError,
    FingerprintMismatchError,
    QueryError,
)
from facies.core.settings import Settings, StoreSettings
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.further_models import fill_vector, make_default
from facies.indexer.named_vectors import choose_default, describe_gaps, drop_vector, open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.progress import ProgressUpdate
from facies.indexer.projections import read_projection, write_projection
from facies.indexer.sources import open_source
from facies.indexer.whitening import WhitenedReport, choose_source, stage_whitening, use_whitening
from facies.models.embedder import Prepared, Views
from facies.models.whitening import MIN_IMAGES
from tests.stubs.qdrant import running_stub

from .conftest import Draw, Index, PixelEmbedder, TurningEmbedder, fit_axes
from .test_derived import derive
from .test_projections import made

ONE, TWO = "pixels-whitened-1", "pixels-whitened-2"
IMAGES = 60


@pytest.fixture
def embedder() -> TurningEmbedder:
    return TurningEmbedder()


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    for i in range(IMAGES):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    return workspace


def whiten(workspace: Workspace, embedder: TurningEmbedder | None = None, **options: object) -> WhitenedReport:
    given = {"fit": fit_axes, **options}
    staged = stage_whitening(workspace, "c", embedder or TurningEmbedder(), **given)  # type: ignore[arg-type]  # free
    return use_whitening(workspace, staged)


@pytest.fixture
def whitened(filled: Workspace) -> Workspace:
    whiten(filled)
    return filled


def names(workspace: Workspace) -> list[str]:
    return [vector.name for vector in workspace.catalog.collection("c").vectors]


def expect_whole(workspace: Workspace, vector: str, images: int) -> None:
    """The vector is in use, every image has it as its projection computes it, and nothing else is in the store."""
    record = workspace.catalog.collection("c")
    assert record.default_vector.name == vector
    assert workspace.store.schema("c").vectors.keys() == {one.name for one in record.vectors}
    kept = workspace.catalog.projection(str(record.default_vector.projection))
    projection = read_projection(kept, "here")
    assert record.default_vector.fingerprint == record.embedded_vector.fingerprint.projected(kept.method, kept.digest)
    points = list(workspace.store.scroll("c", vectors=True))
    assert len(points) == images == workspace.catalog.count("c")
    expected = projection.apply(np.stack([point.vectors["pixels"] for point in points]))
    for point, row in zip(points, expected, strict=True):
        np.testing.assert_allclose(point.vectors[vector], row, atol=2e-6)
        assert workspace.store.search("c", VectorQuery(vector, [row], k=1))[0].id == point.id


def test_every_image_gets_the_whitened_vector_and_it_is_the_default(filled: Workspace) -> None:
    updates: list[ProgressUpdate] = []
    labels = filled.catalog.label_counts("c")
    report = whiten(filled, sample=55, progress=updates.append)
    assert (report.vector, report.source, report.replaced, report.is_default) == (ONE, "pixels", None, True)
    assert (report.sampled, report.fitted_on, report.written, report.lacking) == (55, 60, 60, 0)
    assert (report.failures, report.interrupted) == ([], False)
    assert [note.partition(" (")[0] for note in report.notes] == ["55 images are few to learn from"]
    assert (updates[-1].done, updates[-1].total) == (115, 115)
    expect_whole(filled, ONE, IMAGES)
    assert names(filled) == [ONE, "pixels"]
    assert filled.catalog.label_counts("c") == labels


def test_new_images_get_the_frozen_fit(whitened: Workspace, index: Index, draw: Draw, tmp_path: Path) -> None:
    before = whitened.catalog.collection("c")
    draw("in/a/new.png", 500)
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.notes) == (1, [])
    assert whitened.catalog.collection("c") == before
    expect_whole(whitened, ONE, IMAGES + 1)


def test_a_refit_takes_the_place_of_the_fit_before(
    whitened: Workspace, index: Index, draw: Draw, tmp_path: Path
) -> None:
    first = whitened.catalog.collection("c").default_vector
    for i in range(10):
        draw(f"in/a/more{i}.png", 600 + i)
    index(tmp_path / "in", labels="folder")
    report = whiten(whitened)
    assert (report.vector, report.replaced, report.is_default, report.written) == (TWO, ONE, True, 70)
    expect_whole(whitened, TWO, 70)
    assert names(whitened) == [TWO, "pixels"]
    with pytest.raises(CatalogError, match="no projection"):
        whitened.catalog.projection(str(first.projection))
    assert whiten(whitened, sample=60, seed=1).vector == "pixels-whitened-3"


def test_a_fit_that_comes_out_the_same_changes_nothing(whitened: Workspace) -> None:
    before = whitened.catalog.collection("c")
    report = whiten(whitened)
    assert (report.vector, report.replaced, report.written, report.is_default) == (ONE, None, 0, True)
    assert report.notes == [f"the fit came out as that of {ONE}, which stays in use"]
    assert whitened.catalog.collection("c") == before
    expect_whole(whitened, ONE, IMAGES)


def test_a_refit_keeps_the_place_among_the_vectors(whitened: Workspace) -> None:
    choose_default(whitened, "c", "pixels")
    report = whiten(whitened, seed=5, sample=52)
    assert (report.vector, report.replaced, report.is_default) == (TWO, ONE, False)
    assert names(whitened) == ["pixels", TWO]
    choose_default(whitened, "c", TWO)
    expect_whole(whitened, TWO, IMAGES)


def test_each_source_has_its_own(whitened: Workspace) -> None:
    other = TurningEmbedder(9, weights="9" * 64)
    open_vector(whitened, "c", other, "other")
    make_default(whitened, fill_vector(whitened, "c", other, "other"))
    report = whiten(whitened, other)
    assert (report.vector, report.source) == ("other-whitened-1", "other")
    assert names(whitened) == ["other-whitened-1", "other", ONE, "pixels"]
    assert whiten(whitened, vector="pixels", seed=3, sample=55).replaced == ONE
    assert names(whitened) == ["other-whitened-1", "other", TWO, "pixels"]
    with pytest.raises(FingerprintMismatchError, match="vectors 'pixels'"):
        whiten(whitened, other, vector="pixels")


def test_what_cannot_be_whitened_is_said(whitened: Workspace, embedder: TurningEmbedder) -> None:
    with pytest.raises(QueryError, match=f"no vector 'x'. There are: {ONE}, pixels"):
        whiten(whitened, vector="x")
    with pytest.raises(QueryError, match=f"'{ONE}' .* computed from 'pixels' itself. Give `--vector pixels`"):
        whiten(whitened, vector=ONE)
    with pytest.raises(CollectionNotFoundError):
        stage_whitening(whitened, "none", embedder)
    record = whitened.catalog.collection("c")
    head = made(7, record.default_vector.dim, 3)
    whitened.catalog.add_vector("c", derive(record, ONE, "head", head), write_projection(head))
    with pytest.raises(CatalogError, match=r"head of collection 'c' is computed from.*drop-model c head"):
        choose_source(whitened.catalog.collection("c"), None)
    assert names(whitened) == [ONE, "pixels", "head"]


def test_too_few_images_are_said_with_the_remedy(filled: Workspace, tmp_path: Path) -> None:
    for path in list((tmp_path / "in" / "a").iterdir())[:15]:
        path.unlink()
    with pytest.raises(
        ConfigurationError, match=rf"needs {MIN_IMAGES} images .* found 45 .* 15 could not be read"
    ) as one:
        whiten(filled)
    assert "--relink DIR -c c" in one.value.message
    with pytest.raises(ConfigurationError, match="found 20 in a sample of 20"):
        whiten(filled, sample=20, seed=filled_seed(filled, tmp_path))
    assert filled.store.schema("c").vectors == {"pixels": 16}
    assert names(filled) == ["pixels"]


def test_vectors_of_one_view_are_said_before_all_are_decoded(filled: Workspace) -> None:
    class Narrow(TurningEmbedder):
        asked = 0

        def embed_views(self, prepared: Sequence[Prepared]) -> Views:
            self.asked += len(prepared)
            return super().embed_views(prepared)[:, :1]

    narrow = Narrow()
    with pytest.raises(
        ConfigurationError, match=r"'pixels' .* one view .* add-model c --model pixels --recipe default"
    ):
        whiten(filled, narrow)
    assert narrow.asked < IMAGES / 2
    assert filled.store.schema("c").vectors == {"pixels": 16}


def filled_seed(workspace: Workspace, folder: Path) -> int:
    """Put the originals back; any seed does."""
    for record in workspace.catalog.iter_images("c"):
        if not Path(record.uri).exists():
            number = int(Path(record.uri).stem)
            pixels = np.random.default_rng(number).integers(0, 256, (20, 24, 3), dtype=np.uint8)
            from PIL import Image

            Image.fromarray(pixels).save(record.uri)
    return 4


def test_originals_that_are_gone_are_listed_and_their_images_whitened(filled: Workspace, tmp_path: Path) -> None:
    gone = tmp_path / "in" / "a" / "0.png"
    gone.unlink()
    report = whiten(filled)
    assert [Path(one.path) for one in report.failures] == [gone]
    assert (report.sampled, report.written, report.lacking) == (59, 60, 0)
    expect_whole(filled, ONE, IMAGES)


@pytest.mark.parametrize("done", [1, 20, 61, 100])
def test_interrupted_it_leaves_what_was_in_use(whitened: Workspace, done: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.indexer.derived._AT_ONCE", 8)
    stop = threading.Event()

    def watch(update: ProgressUpdate) -> None:
        if update.done >= done:
            stop.set()

    report = whiten(whitened, seed=8, sample=55, progress=watch, stop=stop)
    assert report.interrupted
    assert (report.vector, report.is_default) == (ONE, True)
    assert any("nothing was changed" in note for note in report.notes)
    expect_whole(whitened, ONE, IMAGES)


def test_interrupted_the_first_time_there_is_none(filled: Workspace) -> None:
    stop = threading.Event()
    stop.set()
    report = whiten(filled, stop=stop)
    assert (report.interrupted, report.vector, report.is_default) == (True, "", False)
    assert names(filled) == ["pixels"]


def test_images_that_lack_the_raw_vector_are_said_and_never_lost(
    filled: Workspace, draw: Draw, tmp_path: Path, embedder: TurningEmbedder
) -> None:
    """Images that came by another model are found by that one, so the whitened vector must not be the default yet."""
    other = PixelEmbedder(7, weights="7" * 64)
    open_vector(filled, "c", other, "other")
    make_default(filled, fill_vector(filled, "c", other, "other"))
    draw("in/b/late.png", 700)
    index_source(filled, other, "c", open_source(str(tmp_path / "in")))
    report = whiten(filled, vector="pixels")
    assert (report.vector, report.lacking, report.is_default) == (ONE, 1, False)
    assert f"`facies collections set-default c {ONE}`" in report.notes[0]
    assert "`facies collections add-model c --model pixels` makes both" in report.notes[1]
    assert names(filled) == ["other", "pixels", ONE]
    with pytest.raises(CatalogError, match="1 images have vector 'other', the default"):
        choose_default(filled, "c", ONE)
    fill_vector(filled, "c", embedder, "pixels")
    choose_default(filled, "c", ONE)
    expect_whole(filled, ONE, IMAGES + 1)


def test_a_refit_that_would_lose_images_changes_nothing(whitened: Workspace) -> None:
    """The raw vector of some images is gone, so their next generation cannot be computed."""
    record = whitened.catalog.collection("c")
    point = next(whitened.store.scroll("c", vectors=True))
    whitened.store.upsert("c", [type(point)(point.id, {ONE: point.vectors[ONE]}, point.payload)])
    with pytest.raises(CatalogError, match=f"1 images of collection 'c' have vector '{ONE}' and lack") as caught:
        whiten(whitened, seed=2, sample=55)
    assert "add-model c --model pixels`" in caught.value.message
    assert whitened.catalog.collection("c") == record
    assert whitened.store.schema("c").vectors.keys() == {ONE, "pixels"}


def test_the_same_with_a_qdrant_server(draw: Draw, tmp_path: Path, embedder: TurningEmbedder) -> None:
    for i in range(52):
        draw(f"in/{i}.png", i)
    with running_stub(tmp_path / "server") as stub:
        store = StoreSettings(backend="server", url=stub.url, grpc_port=0)
        with open_workspace(Settings(data_dir=tmp_path / "other", store=store)) as served:
            index_source(served, embedder, "c", open_source(str(tmp_path / "in")))
            assert whiten(served).is_default
            draw("in/new.png", 500)
            index_source(served, embedder, "c", open_source(str(tmp_path / "in")))
            expect_whole(served, ONE, 53)
            assert whiten(served).replaced == ONE
            expect_whole(served, TWO, 53)


def test_dropped_and_made_again(whitened: Workspace) -> None:
    choose_default(whitened, "c", "pixels")
    drop_vector(whitened, "c", ONE)
    assert describe_gaps(whitened, "c") == []
    assert whiten(whitened).vector == ONE
    expect_whole(whitened, ONE, IMAGES)
