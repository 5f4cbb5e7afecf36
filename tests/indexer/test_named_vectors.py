"""Named vectors come under a name of their own, go again, and a kill in between leaves nothing that misleads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import (
    CatalogError,
    CollectionNotFoundError,
    ConfigurationError,
    DimensionMismatchError,
    FingerprintMismatchError,
    QueryError,
)
from facies.core.records import Fingerprint
from facies.core.store import CollectionSchema, VectorQuery
from facies.core.workspace import Workspace
from facies.indexer.collections import make_collection
from facies.indexer.further_models import fill_vector, make_default
from facies.indexer.named_vectors import add_command, check_card, describe_gaps, drop_vector, find_vector, open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import Draw, Index, PixelEmbedder

NEW = "pixels-bf16"


class BriefEmbedder(PixelEmbedder):
    """The same card, run in another way."""

    def __init__(self, dim: int = 16, weights: str = "0" * 64) -> None:
        super().__init__(dim)
        self.fingerprint = Fingerprint("pixels", weights, "8x8 mean", "one view", "numpy", "bf16")


@pytest.fixture
def brief() -> BriefEmbedder:
    return BriefEmbedder()


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    """Five images with labels."""
    for i in range(5):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    return workspace


@pytest.fixture
def switched(filled: Workspace, brief: BriefEmbedder) -> Workspace:
    """Embedded again; the new vector is the default."""
    open_vector(filled, "c", brief, NEW)
    assert make_default(filled, fill_vector(filled, "c", brief, NEW))
    return filled


def names(workspace: Workspace) -> list[str]:
    return [vector.name for vector in workspace.catalog.collection("c").vectors]


def die(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_same_card_comes_under_another_name(filled: Workspace, brief: BriefEmbedder) -> None:
    made = open_vector(filled, "c", brief, NEW)
    assert (made.name, made.fingerprint.card, made.fingerprint.precision) == (NEW, "pixels", "bf16")
    report = fill_vector(filled, "c", brief, NEW)
    assert (report.vector, report.embedded, report.lacking, report.is_default) == (NEW, 5, 0, False)
    assert open_vector(filled, "c", brief, NEW) == made
    for point in filled.store.scroll("c", vectors=True):
        np.testing.assert_allclose(point.vectors[NEW], point.vectors["pixels"], atol=1e-6)
        assert filled.store.search("c", VectorQuery(NEW, [point.vectors[NEW]], k=1))[0].id == point.id


def test_without_a_name_of_its_own_it_is_refused_with_the_remedy(filled: Workspace, brief: BriefEmbedder) -> None:
    remedy = "`facies collections add-model c --model pixels --as NAME`"
    with pytest.raises(FingerprintMismatchError, match=r"vectors 'pixels'.*precision: stored f32, now bf16") as caught:
        open_vector(filled, "c", brief)
    assert remedy in caught.value.message
    longer = PixelEmbedder(20)
    with pytest.raises(DimensionMismatchError, match="dimension 20, expected 16") as too_long:
        open_vector(filled, "c", longer)
    assert remedy in too_long.value.message
    record = filled.catalog.collection("c")
    pixels = record.default_vector
    with pytest.raises(FingerprintMismatchError, match="card: stored pixels, now greys") as other:
        check_card(record, pixels, "greys")
    assert "--model greys --as NAME" in other.value.message
    check_card(record, pixels, "pixels")
    assert names(filled) == ["pixels"]


@pytest.mark.parametrize("name", ["a b", ".x", "a/b", "timm:x", "x" * 101])
def test_a_bad_name_is_refused(filled: Workspace, brief: BriefEmbedder, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a vector; expected 1 to 100"):
        open_vector(filled, "c", brief, name)
    assert filled.store.schema("c").vectors == {"pixels": 16}


def test_a_card_whose_name_no_vector_can_have(workspace: Workspace) -> None:
    embedder = PixelEmbedder()
    embedder.name = "timm:pixels"
    embedder.fingerprint = Fingerprint("timm:pixels", "0" * 64, "p", "r", "numpy", "f32")
    record = make_collection(workspace, "t", "generic", embedder)
    assert record.default_vector.name == "timm-pixels"
    assert open_vector(workspace, "t", embedder) == record.default_vector
    assert add_command("t", record.default_vector) == "facies collections add-model t --model timm:pixels"


def test_after_the_switch_runs_write_under_the_new_name(
    switched: Workspace, brief: BriefEmbedder, draw: Draw, tmp_path: Path
) -> None:
    new = draw("in/b/new.png", 50)
    report = index_source(switched, brief, "c", open_source(str(tmp_path / "in")))
    assert (report.indexed, report.unchanged) == (1, 5)
    assert report.notes == [
        "1 images have no vector pixels yet: `facies collections add-model c --model pixels` makes them"
    ]
    added = next(r for r in switched.catalog.iter_images("c") if r.uri == str(new))
    assert list(switched.store.get("c", [added.id])[added.id].vectors) == [NEW]
    with pytest.raises(FingerprintMismatchError, match="precision: stored bf16, now f32"):
        index_source(switched, PixelEmbedder(), "c", open_source(str(tmp_path / "in")))


def test_what_an_older_run_wrote_is_said_and_not_lost(
    switched: Workspace, brief: BriefEmbedder, embedder: PixelEmbedder, draw: Draw, tmp_path: Path
) -> None:
    """A run that began before the switch goes on with the vector that was the default then."""
    switched.catalog.set_default_vector("c", "pixels")
    draw("in/b/late.png", 51)
    index_source(switched, embedder, "c", open_source(str(tmp_path / "in")))
    switched.catalog.set_default_vector("c", NEW)
    command = f"facies collections add-model c --model pixels --as {NEW}"
    assert describe_gaps(switched, "c") == [f"1 images have no vector {NEW} yet: `{command}` makes them"]
    with pytest.raises(CatalogError, match="1 images have vector 'pixels' and lack") as caught:
        drop_vector(switched, "c", "pixels")
    assert command in caught.value.message
    assert fill_vector(switched, "c", brief, NEW).embedded == 1
    assert drop_vector(switched, "c", "pixels").notes == []


def test_a_dropped_vector_is_gone_and_its_name_free(switched: Workspace) -> None:
    labels = switched.catalog.label_counts("c")
    report = drop_vector(switched, "c", "pixels")
    assert (report.vector, report.remaining, report.notes) == ("pixels", [NEW], [])
    assert (names(switched), switched.store.schema("c").vectors) == ([NEW], {NEW: 16})
    assert switched.catalog.label_counts("c") == labels
    other = PixelEmbedder(7)
    assert open_vector(switched, "c", other).dim == 7
    assert fill_vector(switched, "c", other).embedded == 5


def test_default_and_only_vector_stay(filled: Workspace, brief: BriefEmbedder) -> None:
    with pytest.raises(CatalogError, match=r"'pixels' is the only vector of collection 'c'.*add-model c.*delete c"):
        drop_vector(filled, "c", "pixels")
    open_vector(filled, "c", brief, NEW)
    with pytest.raises(CatalogError, match=f"set-default c {NEW}`"):
        drop_vector(filled, "c", "pixels")
    with pytest.raises(QueryError, match=f"no vector 'x'. There are: pixels, {NEW}"):
        drop_vector(filled, "c", "x")
    with pytest.raises(CollectionNotFoundError, match="There are: c"):
        drop_vector(filled, "none", "x")
    assert names(filled) == ["pixels", NEW]


def test_a_collection_that_the_store_does_not_have(filled: Workspace) -> None:
    filled.store.drop("c")
    with pytest.raises(QueryError, match="no vector 'x'"):
        drop_vector(filled, "c", "x")


def test_a_kill_between_catalogue_and_store_is_ended_by_the_next_call(
    switched: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(type(switched.store), "drop_vector", die)
        with pytest.raises(KeyboardInterrupt):
            drop_vector(switched, "c", "pixels")
    assert names(switched) == [NEW]
    assert describe_gaps(switched, "c") == []
    assert drop_vector(switched, "c", "pixels").remaining == [NEW]
    assert switched.store.schema("c").vectors == {NEW: 16}
    with pytest.raises(QueryError):
        drop_vector(switched, "c", "pixels")


@pytest.mark.parametrize("dim", [7, 16])
def test_what_a_kill_left_is_never_taken_for_another_models(
    switched: Workspace, monkeypatch: pytest.MonkeyPatch, draw: Draw, tmp_path: Path, dim: int
) -> None:
    """The rows of the dropped vector are still in the store; a vector that comes under its name begins without any."""
    with monkeypatch.context() as patched:
        patched.setattr(type(switched.store), "drop_vector", die)
        with pytest.raises(KeyboardInterrupt):
            drop_vector(switched, "c", "pixels")
    draw("in/a/more.png", 60)
    index_source(switched, BriefEmbedder(), "c", open_source(str(tmp_path / "in")))
    other = PixelEmbedder(dim, weights="7" * 64)
    open_vector(switched, "c", other)
    assert switched.store.count("c", lacking="pixels") == 6
    assert fill_vector(switched, "c", other).embedded == 6


def test_an_empty_vector_that_nobody_knows_can_be_dropped(filled: Workspace) -> None:
    filled.store.ensure("c", CollectionSchema({"left-over": 3}))
    assert drop_vector(filled, "c", "left-over").remaining == ["pixels"]
    assert filled.store.schema("c").vectors == {"pixels": 16}


def test_a_vector_is_found_by_its_name(switched: Workspace) -> None:
    record = switched.catalog.collection("c")
    assert find_vector(record, NEW) == record.default_vector
    assert find_vector(record, "none") is None
