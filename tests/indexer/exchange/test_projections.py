"""Vectors that are computed from others travel with what computes them, or not at all."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from facies.core.errors import CatalogError, SourceError
from facies.core.records import VectorRecord
from facies.core.settings import Settings, StoreSettings
from facies.core.store import Point, VectorQuery, open_store
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import schema_of
from facies.indexer.derived import fill_all_derived
from facies.indexer.exchange.copying import copy_collection, copy_to_store
from facies.indexer.exchange.exporting import export_collection
from facies.indexer.exchange.importing import import_collection
from facies.indexer.exchange.projections import KEY
from facies.indexer.maintenance import delete_collection
from facies.indexer.projections import write_projection
from tests.indexer.test_derived import derive
from tests.indexer.test_projections import made
from tests.stubs.qdrant import running_stub

from .conftest import assert_equal, write_described

NAME = "a-whitened-1"
BY = made(3, 5, 4)


@pytest.fixture
def whitened(gallery: Workspace) -> Workspace:
    """The collection with a further vector, computed from its first, as the default."""
    vector = derive(gallery.catalog.collection("g"), "a", NAME, BY)
    record = gallery.catalog.add_vector("g", vector, write_projection(BY), default=True)
    gallery.store.ensure("g", schema_of(record, gallery.catalog.metadata_fields("g")))
    assert fill_all_derived(gallery, "g", "a") == 20
    return gallery


@pytest.fixture
def file(whitened: Workspace, tmp_path: Path) -> Path:
    target = tmp_path / "g.parquet"
    assert export_collection(whitened, "g", target).vectors == {NAME: 20, "a": 20, "b": 15}
    return target


def expect_projection(workspace: Workspace, name: str) -> None:
    """New images of the collection can be given the vector."""
    vector = workspace.catalog.collection(name).default_vector
    assert (vector.name, vector.source) == (NAME, "a")
    assert workspace.catalog.projection(str(vector.projection)) == write_projection(BY)


def test_an_import_elsewhere_has_all_of_it(whitened: Workspace, file: Path, tmp_path: Path) -> None:
    with open_workspace(Settings(data_dir=tmp_path / "elsewhere")) as other:
        assert import_collection(other, file).vectors == {NAME: 20, "a": 20, "b": 15}
        assert_equal(whitened, "g", other, "g")
        expect_projection(other, "g")
        import_collection(other, file)  # again, as after a kill
        expect_projection(other, "g")
        delete_collection(other, "g")
        with pytest.raises(CatalogError, match="no projection"):
            other.catalog.projection(BY.digest)


def test_a_copy_stands_alone(whitened: Workspace) -> None:
    copy_collection(whitened, "g", "h")
    assert_equal(whitened, "g", whitened, "h")
    delete_collection(whitened, "g")
    expect_projection(whitened, "h")


def test_a_copy_to_a_server_has_the_vector(whitened: Workspace, tmp_path: Path) -> None:
    query = VectorQuery(NAME, [np.eye(4, dtype=np.float32)[0]], k=5)
    here = whitened.store.search("g", query)
    with running_stub(tmp_path / "server") as stub:
        settings = StoreSettings(backend="server", url=stub.url, grpc_port=0)
        with closing(open_store(settings, tmp_path)) as server:
            assert copy_to_store(whitened, "g", server, where=stub.url).vectors[NAME] == 20
            assert [hit.id for hit in server.search("g", query)] == [hit.id for hit in here]


def test_a_file_without_derived_vectors_is_one_that_earlier_releases_read(gallery: Workspace, tmp_path: Path) -> None:
    export_collection(gallery, "g", tmp_path / "plain.parquet")
    assert described(tmp_path / "plain.parquet")["format"] == 1
    assert all("source" not in vector for vector in described(tmp_path / "plain.parquet")["vectors"])


def described(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(pq.read_schema(file).metadata[b"facies"])
    return document


def rewritten(file: Path, entries: dict[str, str], vectors: Any = None) -> Path:
    """Write the file anew with other entries, and other words about its vectors."""
    document = described(file)
    if vectors is not None:
        vectors(document["vectors"])
    path = file.with_name("changed.parquet")
    table = pq.read_table(file)
    write_described(table, document, path)
    given = pq.read_schema(path).metadata
    table = table.replace_schema_metadata({**{k: v for k, v in given.items() if not k.startswith(b"ARROW")}, **entries})
    pq.write_table(table, path)
    return path


def packed(data: bytes) -> dict[str, str]:
    return {KEY + BY.digest: base64.b64encode(data).decode()}


def test_a_file_that_a_tool_has_rewritten_whole_is_taken(whitened: Workspace, file: Path, tmp_path: Path) -> None:
    assert described(file)["format"] == 2
    path = rewritten(file, packed(BY.to_bytes()))
    import_collection(whitened, path, name="again")
    assert_equal(whitened, "g", whitened, "again")


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({}, "lacks projection"),
        (packed(BY.to_bytes()[:400]), "is damaged"),
        (packed(b""), "is damaged"),
        ({KEY + BY.digest: "*"}, "is damaged"),
        (packed(made(4, 5, 4).to_bytes()), "its values have another digest"),
    ],
)
def test_a_missing_or_damaged_projection_is_said_and_nothing_written(
    whitened: Workspace, file: Path, entries: dict[str, str], said: str
) -> None:
    with pytest.raises(SourceError, match=rf"changed\.parquet.*{said}"):
        import_collection(whitened, rewritten(file, entries), name="new")
    assert [one.name for one in whitened.catalog.collections()] == ["g"]
    assert whitened.store.collections() == ["g"]


def other_source(vectors: list[dict[str, Any]]) -> None:
    vectors[0]["source"] = "none"


def no_source(vectors: list[dict[str, Any]]) -> None:
    del vectors[0]["source"]


def each_other(vectors: list[dict[str, Any]]) -> None:
    vectors[1].update(source=NAME, projection=BY.digest)


def other_fingerprint(vectors: list[dict[str, Any]]) -> None:
    vectors[0]["fingerprint"]["recipe"] = "one view"


@pytest.mark.parametrize("change", [other_source, no_source, each_other, other_fingerprint])
def test_words_about_vectors_that_do_not_fit_are_refused(whitened: Workspace, file: Path, change: Any) -> None:
    with pytest.raises((SourceError, CatalogError)):
        import_collection(whitened, rewritten(file, packed(BY.to_bytes()), change), name="new")
    assert [one.name for one in whitened.catalog.collections()] == ["g"]
    assert whitened.store.collections() == ["g"]


def test_a_damaged_projection_is_not_exported(whitened: Workspace, tmp_path: Path) -> None:
    vector = whitened.catalog.collection("g").vectors[1]
    whitened.catalog.create_collection("d", "generic", [vector])
    other = made(8, 5, 4)
    broken = replace(write_projection(other), data=b"damaged")
    print_ = vector.fingerprint.projected(other.method, other.digest)
    whitened.catalog.add_vector("d", VectorRecord("w", 4, print_, "a", other.digest), broken)
    for work in (
        lambda: export_collection(whitened, "d", tmp_path / "d.parquet"),
        lambda: copy_collection(whitened, "d", "e"),
    ):
        with pytest.raises(CatalogError, match=r"projection .* is damaged"):
            work()
    assert not (tmp_path / "d.parquet").exists()


def test_points_keep_their_vectors_bit_for_bit(whitened: Workspace, file: Path) -> None:
    point = next(whitened.store.scroll("g", vectors=True))
    odd = np.eye(4, dtype=np.float32)[1]
    whitened.store.upsert("g", [Point(point.id, {**point.vectors, NAME: odd}, point.payload)])
    file.unlink()
    export_collection(whitened, "g", file)
    import_collection(whitened, file, name="again")
    np.testing.assert_array_equal(whitened.store.get("again", [point.id])[point.id].vectors[NAME], odd)
