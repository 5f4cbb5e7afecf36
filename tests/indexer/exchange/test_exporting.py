"""What goes out to a Parquet file, and comes in again the same."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facies.core.images import image_id
from facies.core.records import VectorRecord
from facies.core.settings import Settings
from facies.core.store import CollectionSchema, Point, VectorQuery
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import schema_of
from facies.indexer.exchange.exporting import export_collection
from facies.indexer.exchange.importing import import_collection
from facies.indexer.exchange.rows import rows_at_once
from tests.indexer.conftest import Index, write_tiff

from .conftest import PRINTS, assert_equal, fill, unit


def test_out_and_in_again_is_the_same(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    report = import_collection(gallery, file, name="h")
    assert (report.images, report.vectors) == (20, {"a": 20, "b": 15})
    assert report.labelled == 16
    assert any("5 images have no vector b" in note for note in report.notes)
    assert_equal(gallery, "g", gallery, "h")
    with open_workspace(Settings(data_dir=tmp_path / "other")) as other:
        import_collection(other, file)
        assert_equal(gallery, "g", other, "g")
        row = next(other.store.scroll("g", vectors=True))
        assert other.store.search("g", VectorQuery("a", [row.vectors["a"]], k=1))[0].id == row.id


def test_a_second_export_is_the_same_but_for_its_name(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    import_collection(gallery, file, name="h")
    export_collection(gallery, "h", tmp_path / "h.parquet")
    assert pq.read_table(file).equals(pq.read_table(tmp_path / "h.parquet"))


def test_labels_come_as_events_of_the_import(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    import_collection(gallery, file, name="h")
    with closing(sqlite3.connect(tmp_path / "data" / "catalog.sqlite")) as connection:
        events = connection.execute(
            "SELECT source, actor, count(*) FROM label_events JOIN label_batches ON label_batches.id = batch"
            " WHERE label_events.collection = 'h' GROUP BY source, actor"
        ).fetchall()
    assert events == [("import", "facies collections import", 16)]


def test_the_columns_are_typed_and_say_what_they_are(file: Path) -> None:
    schema = pq.read_schema(file)
    types = {field.name: str(field.type) for field in schema}
    assert types["well"] == "string"
    assert types["n"] == "int64"
    assert types["depth_m"] == "double"
    assert schema.field("vector_a").type == pa.list_(pa.float32(), 5)
    document = json.loads(schema.metadata[b"facies"])
    assert document["fields"] == {"depth_m": "float", "n": "integer", "well": "keyword"}
    assert document["preset"] == "figures"
    assert [v["fingerprint"]["card"] for v in document["vectors"]] == ["card-a", "card-b"]


def test_fields_named_like_other_columns_keep_their_names(workspace: Workspace, tmp_path: Path) -> None:
    fill(workspace, "g", 1)
    record = replace(
        workspace.catalog.list_images("g")[0], metadata={"vector_a": 3, "thumbnail": "yes", "id_": 0.5}, label=None
    )
    workspace.catalog.create_collection("odd", "generic", [VectorRecord("a", 5, PRINTS["a"])])
    workspace.catalog.add_images("odd", [replace(record, state=None)], actor="t")
    workspace.store.ensure("odd", CollectionSchema({"a": 5}))
    workspace.store.upsert("odd", [Point(record.id, {"a": unit(np.random.default_rng(0), 5)}, {})])
    export_collection(workspace, "odd", tmp_path / "o.parquet", thumbnails=True)
    import_collection(workspace, tmp_path / "o.parquet", name="again")
    assert list(workspace.catalog.iter_images("again")) == list(workspace.catalog.iter_images("odd"))
    row = {n: workspace.store.get(n, [record.id])[record.id].vectors["a"] for n in ("odd", "again")}
    np.testing.assert_array_equal(row["odd"], row["again"])


def test_an_empty_collection_goes_through(workspace: Workspace, tmp_path: Path) -> None:
    record = workspace.catalog.create_collection("e", "generic", [VectorRecord("a", 5, PRINTS["a"])])
    workspace.store.ensure("e", schema_of(record, {}))
    export_collection(workspace, "e", tmp_path / "e.parquet")
    assert import_collection(workspace, tmp_path / "e.parquet", name="f").images == 0
    assert workspace.store.count("f") == 0


def test_images_without_any_vector_are_kept_and_said(gallery: Workspace, tmp_path: Path) -> None:
    lost = gallery.catalog.list_images("g")[3].id
    gallery.store.delete("g", [lost])
    report = export_collection(gallery, "g", tmp_path / "l.parquet")
    assert "1 images have no vector a" in report.notes
    imported = import_collection(gallery, tmp_path / "l.parquet", name="h")
    assert imported.images == 20
    assert gallery.store.count("h") == 19
    assert gallery.catalog.image("h", lost).id == lost


def test_points_without_a_row_are_no_part_of_it(gallery: Workspace, tmp_path: Path) -> None:
    stray = image_id("f" * 64)
    gallery.store.upsert("g", [Point(stray, {"a": unit(np.random.default_rng(3), 5)}, {})])
    assert export_collection(gallery, "g", tmp_path / "l.parquet").images == 20


def test_thumbnails_travel_where_asked_for(
    workspace: Workspace, index: Index, tmp_path: Path, draw: Callable[..., Path]
) -> None:
    for i in range(3):
        draw(f"in/{i}.png", i)
    write_tiff(tmp_path / "in" / "pages.tif", 2)
    index(tmp_path / "in")
    assert export_collection(workspace, "c", tmp_path / "t.parquet", thumbnails=True).thumbnails == 5
    export_collection(workspace, "c", tmp_path / "n.parquet")
    for name, there in (("t", 5), ("n", 0)):
        with open_workspace(Settings(data_dir=tmp_path / name)) as other:
            report = import_collection(other, tmp_path / f"{name}.parquet")
            assert report.thumbnails == there
            assert any("thumbnail" in note for note in report.notes) == (there == 0)
            for record in other.catalog.iter_images("c"):
                mine = workspace.blobs.thumbnail(record.id)
                got = other.blobs.thumbnail(record.id)
                assert mine is not None
                assert (got.read_bytes() if got else None) == (mine.read_bytes() if there else None)


def test_many_rows_go_in_groups(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(workspace)
    monkeypatch.setattr("facies.indexer.exchange.rows.rows_at_once", lambda _: 7)
    seen: list[int] = []
    export_collection(workspace, "g", tmp_path / "g.parquet", progress=lambda update: seen.append(update.done))
    assert seen == [7, 14, 20]
    assert pq.ParquetFile(tmp_path / "g.parquet").num_row_groups == 3
    import_collection(workspace, tmp_path / "g.parquet", name="h")
    assert_equal(workspace, "g", workspace, "h")


def test_rows_at_once_are_bounded() -> None:
    wide = [VectorRecord("v", 65_536, PRINTS["a"])]
    assert rows_at_once(wide) == 256
    assert rows_at_once([VectorRecord("v", 1280, PRINTS["a"])]) * 1280 * 4 <= 16 * 2**20
