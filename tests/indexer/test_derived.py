"""What is computed from a vector is there as soon as that one is, whichever way it came."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import CatalogError, FingerprintMismatchError, QueryError
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace
from facies.indexer.collections import schema_of
from facies.indexer.derived import Derivations, fill_all_derived, fill_derived, project_apart
from facies.indexer.further_models import fill_vector
from facies.indexer.named_vectors import choose_default, describe_gaps, drop_vector, open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.projections import write_projection
from facies.indexer.sources import open_source
from facies.models.projection import Projection

from .conftest import Draw, Index, PixelEmbedder
from .test_projections import made

NAME = "pixels-turned"


def derive(record: CollectionRecord, source: str, name: str, projection: Projection) -> VectorRecord:
    print_ = next(one for one in record.vectors if one.name == source).fingerprint
    return VectorRecord(
        name, projection.dim, print_.projected(projection.method, projection.digest), source, projection.digest
    )


def add_derived(
    workspace: Workspace, projection: Projection, *, source: str = "pixels", name: str = NAME, default: bool = True
) -> VectorRecord:
    """Give collection ``c`` a derived vector that no image has yet."""
    vector = derive(workspace.catalog.collection("c"), source, name, projection)
    record = workspace.catalog.add_vector("c", vector, write_projection(projection), default=default)
    workspace.store.ensure("c", schema_of(record, workspace.catalog.metadata_fields("c")))
    return vector


@pytest.fixture
def filled(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    """Five images with labels, a vector computed from theirs, which is the default, and another computed from that."""
    for i in range(5):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    add_derived(workspace, made(1))
    add_derived(workspace, made(2, 5, 3), source=NAME, name="head", default=False)
    assert fill_all_derived(workspace, "c", "pixels") == 10
    return workspace


def expect_all(workspace: Workspace, images: int) -> None:
    """Every image has all three vectors, each computed from the one before."""
    points = list(workspace.store.scroll("c", vectors=True))
    assert len(points) == images
    for point in points:
        assert point.vectors.keys() == {"pixels", NAME, "head"}
        turned = made(1).apply(point.vectors["pixels"][None])
        np.testing.assert_allclose(point.vectors[NAME], turned[0], atol=2e-6)
        np.testing.assert_allclose(point.vectors["head"], made(2, 5, 3).apply(turned)[0], atol=1e-5)
        for name, vector in point.vectors.items():
            assert workspace.store.search("c", VectorQuery(name, [vector], k=1))[0].similarity > 0.9999


def test_all_images_get_what_follows_from_their_vector(filled: Workspace) -> None:
    expect_all(filled, 5)
    assert fill_all_derived(filled, "c", "pixels") == 0
    assert describe_gaps(filled, "c") == []


def test_new_images_get_it_too_and_restored_ones(
    filled: Workspace, index: Index, embedder: PixelEmbedder, draw: Draw, tmp_path: Path
) -> None:
    draw("in/b/new.png", 50)
    lost = next(filled.store.scroll("c")).id
    filled.store.delete("c", [lost])
    report = index(tmp_path / "in", labels="folder")
    assert (report.indexed, report.unchanged) == (1, 5)
    assert report.notes == ["1 images had lost their vector or thumbnail; these were made again"]
    assert embedder.embedded == 7
    expect_all(filled, 6)


def test_the_embedder_is_that_of_the_source(filled: Workspace, tmp_path: Path) -> None:
    with pytest.raises(FingerprintMismatchError, match="weights_sha256"):
        index_source(filled, PixelEmbedder(weights="1" * 64), "c", open_source(str(tmp_path / "in")))
    record = filled.catalog.collection("c")
    assert (record.default_vector.name, record.embedded_vector.name) == (NAME, "pixels")


def test_a_further_model_brings_what_is_computed_from_it(
    filled: Workspace, embedder: PixelEmbedder, draw: Draw, tmp_path: Path
) -> None:
    other = PixelEmbedder(7, weights="7" * 64)
    open_vector(filled, "c", other, "other")
    choose = made(3, 7, 4)
    add_derived(filled, choose, source="other", name="other-turned", default=False)
    fill_vector(filled, "c", other, "other")
    for point in filled.store.scroll("c", vectors=True):
        np.testing.assert_allclose(
            point.vectors["other-turned"], choose.apply(point.vectors["other"][None])[0], atol=2e-6
        )
    # An image that came by way of the other model lacks the first one, and what is computed from it.
    choose_default(filled, "c", "other-turned")
    new = draw("in/b/new.png", 51)
    report = index_source(filled, other, "c", open_source(str(new)))
    command = "`facies collections add-model c --model pixels` makes them"
    assert report.notes == [f"1 images have no vector {name} yet: {command}" for name in (NAME, "pixels", "head")]
    with pytest.raises(CatalogError, match="1 images have vector 'other-turned', the default, and lack") as caught:
        choose_default(filled, "c", NAME)
    assert "add-model c --model pixels`" in caught.value.message
    assert fill_vector(filled, "c", embedder, "pixels").embedded == 1
    assert describe_gaps(filled, "c") == []
    assert choose_default(filled, "c", NAME).default_vector.name == NAME


def test_no_model_makes_a_derived_vector(filled: Workspace, embedder: PixelEmbedder) -> None:
    with pytest.raises(
        QueryError, match="'pixels-turned' of collection 'c' is computed from 'pixels', no model"
    ) as one:
        open_vector(filled, "c", embedder, NAME)
    assert "`facies collections add-model c --model pixels`" in one.value.message


def test_a_source_stays_and_a_derived_vector_goes(filled: Workspace) -> None:
    with pytest.raises(CatalogError, match=f"{NAME}, head of collection 'c' cannot do without 'pixels'") as caught:
        drop_vector(filled, "c", "pixels")
    assert "`facies collections drop-model c head`" in caught.value.message
    with pytest.raises(CatalogError, match=f"head of collection 'c' cannot do without '{NAME}'"):
        drop_vector(filled, "c", NAME)
    assert drop_vector(filled, "c", "head").remaining == [NAME, "pixels"]
    with pytest.raises(CatalogError, match="set-default c pixels`"):
        drop_vector(filled, "c", NAME)
    choose_default(filled, "c", "pixels")
    assert drop_vector(filled, "c", NAME).remaining == ["pixels"]
    assert filled.store.schema("c").vectors == {"pixels": 16}
    with pytest.raises(QueryError, match="has pixels"):
        choose_default(filled, "c", NAME)


def test_an_image_without_direction_is_left_out_and_the_others_stay(filled: Workspace) -> None:
    points = {p.id: p.vectors["pixels"] for p in filled.store.scroll("c", vectors=True)}
    first, row = next(iter(points.items()))
    through = Projection(row, np.eye(16, 2, dtype=np.float32), "centred on one image")
    record = filled.catalog.collection("c")
    vector = derive(record, "pixels", "centred", through)
    outcomes = project_apart(through, list(points.values()))
    assert [isinstance(one, Exception) for one in outcomes] == [True, False, False, False, False]
    assert project_apart(through, []) == []
    record = filled.catalog.add_vector("c", vector, write_projection(through))
    completed = Derivations(filled.catalog).complete(record, "pixels", list(points.values()))
    assert ["centred" in one for one in completed] == [False, True, True, True, True]
    filled.store.ensure("c", schema_of(record, {}))
    result = fill_derived(filled.store, "c", vector, through)
    assert (result.written, list(result.refused)) == (4, [first])
    assert "no direction" in result.refused[first]


def test_a_stopped_filling_keeps_what_it_has(filled: Workspace) -> None:
    vector = add_derived(filled, made(4), name="later", default=False)
    stop = threading.Event()
    stop.set()
    assert fill_derived(filled.store, "c", vector, made(4), stop=stop).written == 0
    told: list[int] = []
    assert fill_derived(filled.store, "c", vector, made(4), told=told.append).written == 5
    assert told == [5]


def test_a_run_follows_a_generation_that_takes_over_meanwhile(
    filled: Workspace, draw: Draw, embedder: PixelEmbedder, tmp_path: Path
) -> None:
    """With a Qdrant server another process may put a new fit in use while a run goes on."""
    drop_vector(filled, "c", "head")
    for i in range(8):
        draw(f"in/a/more{i}.png", 200 + i)
    new = made(9)

    def switch(_: object) -> None:
        record = filled.catalog.collection("c")
        if record.default_vector.name == NAME and filled.catalog.count("c") > 5:
            vector = derive(record, "pixels", "pixels-turned-2", new)
            filled.store.ensure("c", schema_of(record, {}).__class__({vector.name: vector.dim}))
            filled.catalog.replace_vector("c", NAME, vector, write_projection(new))
            filled.store.drop_vector("c", NAME)

    from facies.indexer.limits import Limits

    report = index_source(
        filled, embedder, "c", open_source(str(tmp_path / "in")), limits=Limits(upsert_size=2), progress=switch
    )
    assert (report.indexed, report.failed) == (8, 0)
    assert fill_all_derived(filled, "c", "pixels") > 0
    assert filled.store.schema("c").vectors == {"pixels": 16, "pixels-turned-2": 5}
    assert describe_gaps(filled, "c") == []
