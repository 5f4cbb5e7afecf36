"""Collections under another name and in another store."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    StoreError,
)
from facies.core.images import image_id
from facies.core.settings import Settings, StoreSettings
from facies.core.store import CollectionSchema, Point, VectorQuery, open_store
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.exchange.copying import copy_collection, copy_to_store
from tests.stubs.qdrant import running_stub

from .conftest import DIMS, assert_equal, unit


def test_a_copy_is_the_same_and_stands_alone(gallery: Workspace) -> None:
    report = copy_collection(gallery, "g", "h")
    assert (report.images, report.written) == (20, 20)
    assert_equal(gallery, "g", gallery, "h")
    some = gallery.catalog.list_images("h")[0].id
    gallery.store.delete("h", [some])
    assert some in gallery.store.get("g", [some])
    with pytest.raises(CollectionNotFoundError):
        copy_collection(gallery, "none", "x")


def test_a_collection_moves_to_a_server_and_is_searched_there(gallery: Workspace, tmp_path: Path) -> None:
    """The way from the embedded store to a server, as docs/data.md tells it: copy, switch, search."""
    query = VectorQuery("a", [unit(np.random.default_rng(9), 5)], k=5)
    here = gallery.store.search("g", query)
    with running_stub(tmp_path / "server") as stub:
        settings = StoreSettings(backend="server", url=stub.url, grpc_port=0)
        with closing(open_store(settings, tmp_path)) as server:
            report = copy_to_store(gallery, "g", server, where=stub.url)
            assert (report.images, report.written, report.vectors) == (20, 20, {"a": 20, "b": 15})
            again = copy_to_store(gallery, "g", server, where=stub.url)
            assert again.written == 0, "what is there already is not written again"
        gallery.close()
        with open_workspace(Settings(data_dir=tmp_path / "data", store=settings)) as switched:
            there = switched.store.search("g", query)
            assert [h.id for h in there] == [h.id for h in here]
            np.testing.assert_allclose([h.similarity for h in there], [h.similarity for h in here], atol=1e-6)
            assert switched.store.facet("g", "label") == switched.catalog.label_counts("g")
            assert switched.catalog.count("g") == switched.store.count("g")


def test_a_copy_goes_on_after_an_interruption(gallery: Workspace, tmp_path: Path) -> None:
    with closing(open_store(StoreSettings(), tmp_path / "second")) as target:
        copy_to_store(gallery, "g", target, where="there")
        ids = [record.id for record in gallery.catalog.iter_images("g")]
        target.delete("g", ids[:3])
        target.set_payload("g", ids[5:6], {"label": "stale"})
        report = copy_to_store(gallery, "g", target, where="there")
        assert report.written == 4
        assert target.get("g", ids[5:6])[ids[5]].payload.get("label") == gallery.catalog.image("g", ids[5]).label


def test_a_copy_does_not_mix_with_what_is_there(gallery: Workspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    with closing(open_store(StoreSettings(), tmp_path / "second")) as target:
        target.ensure("g", CollectionSchema({"a": 5}))
        with pytest.raises(CollectionExistsError, match="--replace"):
            copy_to_store(gallery, "g", target, where="there")
        target.drop("g")
        target.ensure("g", CollectionSchema(DIMS))
        target.upsert("g", [Point(image_id("9" * 64), {"a": unit(rng, 5)}, {})])
        with pytest.raises(StoreError, match="21 points after the copy, expected 20"):
            copy_to_store(gallery, "g", target, where="there")
        report = copy_to_store(gallery, "g", target, where="there", replace=True)
        assert report.written == target.count("g") == 20
