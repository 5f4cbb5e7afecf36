"""Collections go to a Parquet file, to another name and to another store, and arrive as they were."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facies.core.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    ConfigurationError,
    FaciesError,
    SourceError,
    StorageError,
    StoreError,
)
from facies.core.images import content_hash, image_id
from facies.core.records import Fingerprint, ImageRecord, VectorRecord
from facies.core.settings import Settings, StoreSettings
from facies.core.store import CollectionSchema, Point, VectorQuery, open_store
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.exchange.copying import CopyReport, copy_collection, copy_to_store
from facies.indexer.exchange.exporting import export_collection
from facies.indexer.exchange.importing import ImportReport, import_collection
from facies.indexer.exchange.rows import rows_at_once
from facies.indexer.maintenance import delete_collection
from tests.stubs.qdrant import running_stub

from .conftest import Index, write_tiff

PRINTS = {
    "a": Fingerprint("card-a", "1" * 64, "squash", "one view", "torch", "f32"),
    "b": Fingerprint("card-b", "2" * 64, "squash", "eight views", "openvino", "bf16"),
}
DIMS = {"a": 5, "b": 3}


def write_described(table: Any, document: Any, path: Path) -> None:
    """Write a table with a description that fits it as to hash and number of rows."""
    text = json.dumps(document)
    described = {"facies": text, "facies.sha256": content_hash(text.encode()), "facies.rows": str(table.num_rows)}
    pq.write_table(table.replace_schema_metadata(described), path)


def unit(rng: np.random.Generator, dim: int) -> Any:
    row = rng.normal(size=dim).astype(np.float32)
    return row / np.linalg.norm(row)


def fill(workspace: Workspace, name: str = "g", images: int = 20) -> None:
    """A collection with two vectors, every kind of field, every state of a label, pages, and gaps in all of them."""
    rng = np.random.default_rng(1)
    vectors = [VectorRecord(n, DIMS[n], PRINTS[n]) for n in ("a", "b")]
    record = workspace.catalog.create_collection(name, "figures", vectors)
    images_, points = [], []
    for i in range(images):
        sha256, page = content_hash(str(i // 2).encode()), (i % 2 if i < 6 else None)
        if page is None:
            sha256 = content_hash(f"one {i}".encode())
        state = ("validated", "predicted", "dubious", "rejected", None)[i % 5]
        metadata: dict[str, str | int | float] = {"well": f'6407/{i}-é\n"', "n": i * 10**13, "depth_m": i / 7}
        metadata = {k: v for j, (k, v) in enumerate(metadata.items()) if i < 3 or i % 3 != j}
        images_.append(
            ImageRecord(
                id=image_id(sha256, page),
                sha256=sha256,
                page=page,
                uri=f"/somewhere/{i}.png",
                width=10 + i,
                height=20,
                format="TIFF" if page is not None else "PNG",
                scaling="uint16 / 65535",
                metadata=metadata,
                label=None if state is None else f"l{i % 3}",
                state=state,  # type: ignore[arg-type]  # of the tuple above
            )
        )
        named = {n: unit(rng, DIMS[n]) for n in ("a", "b") if n == "a" or i % 4}
        points.append(Point(images_[-1].id, named, payload_of(images_[-1])))
    workspace.catalog.add_images(name, images_, actor="test")
    workspace.store.ensure(name, schema_of(record, workspace.catalog.metadata_fields(name)))
    workspace.store.upsert(name, points)
    workspace.store.flush()


@pytest.fixture
def gallery(workspace: Workspace) -> Workspace:
    fill(workspace)
    return workspace


def assert_equal(one: Workspace, name: str, other: Workspace, other_name: str) -> None:
    """The two collections are the same in all but their name and the moment of their making."""
    mine, theirs = one.catalog.collection(name), other.catalog.collection(other_name)
    assert (mine.preset, mine.vectors) == (theirs.preset, theirs.vectors)
    records = list(one.catalog.iter_images(name))
    assert records == list(other.catalog.iter_images(other_name))
    assert one.catalog.metadata_fields(name) == other.catalog.metadata_fields(other_name)
    assert one.catalog.label_counts(name) == other.catalog.label_counts(other_name)
    points, copies = (w.store.get(n, [r.id for r in records]) for w, n in ((one, name), (other, other_name)))
    assert points.keys() == copies.keys()
    for image_id_, point in points.items():
        copy = copies[image_id_]
        assert dict(point.payload) == dict(copy.payload)
        assert point.vectors.keys() == copy.vectors.keys()
        for vector, row in point.vectors.items():
            assert row.tobytes() == copy.vectors[vector].tobytes(), "bit for bit"


@pytest.fixture
def file(gallery: Workspace, tmp_path: Path) -> Path:
    target = tmp_path / "g.parquet"
    export_collection(gallery, "g", target)
    return target


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
            "SELECT source, actor, count(*) FROM label_events WHERE collection = 'h'"
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


# --- files that are wrong ---


def test_a_target_is_not_overwritten(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        export_collection(gallery, "g", file)
    assert file.read_bytes() == before
    with pytest.raises(ConfigurationError, match="parquet"):
        export_collection(gallery, "g", tmp_path / "g.csv")
    with pytest.raises(CollectionNotFoundError):
        export_collection(gallery, "none", tmp_path / "none.parquet")
    assert list(tmp_path.glob("*none*")) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet" * 50, b"PAR1" + b"x" * 200 + b"PAR1"])
def test_what_is_no_parquet_is_said(workspace: Workspace, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"x\.parquet"):
        import_collection(workspace, path)
    with pytest.raises(SourceError, match="cannot be read"):
        import_collection(workspace, tmp_path / "none.parquet")


def changed(file: Path, columns: Mapping[str, Any], metadata: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """Write the file anew with other columns (None: without it)."""
    table = pq.read_table(file)
    for name, values in columns.items():
        position = table.schema.get_field_index(name)
        if values is None:
            table = table.remove_column(position)
        else:
            column = values(table.column(name).to_pylist(), table.schema.field(name).type)
            table = table.set_column(position, pa.field(name, column.type), column)
    document = json.loads(table.schema.metadata[b"facies"])
    if metadata is not None:
        metadata(document)
    path = file.with_name("changed.parquet")
    write_described(table, document, path)
    return path


def one(position: int, value: Any) -> Callable[[list[Any], Any], Any]:
    """Change one value of a column."""

    def change(values: list[Any], kind: Any) -> Any:
        values[position] = value
        return pa.array(values, kind)

    return change


def refuses(workspace: Workspace, path: Path, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        import_collection(workspace, path, name="new")
    assert [c.name for c in workspace.catalog.collections()] == ["g"]
    assert workspace.store.collections() == ["g"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"sha256": None}, "lacks the column 'sha256'"),
        ({"vector_b": None}, "lacks the column 'vector_b'"),
        ({"depth_m": None}, "lacks the column 'depth_m'"),
        (
            {"vector_a": lambda v, _: pa.array([r[:4] for r in v], pa.list_(pa.float32(), 4))},
            r"expected fixed_size_list",
        ),
        ({"vector_a": lambda v, _: pa.array(v, pa.list_(pa.float64(), 5))}, r"expected fixed_size_list"),
        ({"vector_a": one(3, [1.0, 1.0, 0.0, 0.0, 0.0])}, "has length 1.41421, expected 1"),
        ({"vector_a": one(3, [0.0] * 5)}, "has length 0"),
        ({"vector_a": one(3, [float("nan")] * 5)}, "has length nan"),
        ({"vector_a": one(3, [None, 1.0, 0.0, 0.0, 0.0])}, "gaps"),
        ({"id": one(2, image_id("0" * 64))}, "does not have the id"),
        ({"id": one(2, "no uuid")}, "does not have the id"),
        ({"sha256": one(2, None)}, "no value"),
        ({"state": one(0, "perhaps")}, "state 'perhaps'"),
        ({"label": one(0, None), "state": one(0, "validated")}, "both or neither"),
        ({"width": one(1, 0)}, "0 x 20"),
        ({"width": lambda v, _: pa.array([str(x) for x in v])}, "expected int32"),
        ({"depth_m": one(1, float("inf"))}, "inf"),
        ({"n": one(1, 2**60)}, "10\\*\\*15"),
    ],
)
def test_a_wrong_row_is_said_before_anything_is_written(
    gallery: Workspace, file: Path, columns: dict[str, Any], reason: str
) -> None:
    refuses(gallery, changed(file, columns), reason)


def test_a_row_that_comes_twice_is_said(gallery: Workspace, file: Path) -> None:
    table = pq.read_table(file)
    path = file.with_name("twice.parquet")
    pq.write_table(pa.concat_tables([table, table.slice(7, 1)]), path)
    refuses(gallery, path, f"1 images twice, e.g. {table.column('id')[7]}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(format=2), "a later release"),
        (lambda d: d.pop("vectors"), "damaged"),
        (lambda d: d.update(vectors=[]), "no vector"),
        (lambda d: d["vectors"][0].update(dim="x"), "damaged"),
        (lambda d: d["vectors"][0]["fingerprint"].pop("runtime"), "damaged"),
        (lambda d: d["fields"].update(n="number"), "damaged"),
        (lambda d: d["vectors"][0].update(name=".."), "cannot name a vector"),
    ],
)
def test_a_wrong_description_is_said(
    gallery: Workspace, file: Path, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    refuses(gallery, changed(file, {}, change), reason)


def test_a_file_of_other_people_is_said(gallery: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["x"], "vector": [[0.1, 0.2]]}), path)
    refuses(gallery, path, "no entry 'facies'")


def test_a_cut_file_is_said(gallery: Workspace, file: Path) -> None:
    whole = file.read_bytes()
    cut = file.with_name("cut.parquet")
    for size in (len(whole) // 3, len(whole) - 9):
        cut.write_bytes(whole[:size])
        refuses(gallery, cut, "cut.parquet")
    table = bytearray(whole)
    table[200:400] = b"\xff" * 200  # of a page, not of the footer
    cut.write_bytes(bytes(table))
    with pytest.raises(FaciesError):
        import_collection(gallery, cut, name="new")
    assert gallery.store.collections() == ["g"]


def test_a_name_that_is_none_is_refused(gallery: Workspace, file: Path) -> None:
    with pytest.raises(ConfigurationError):
        import_collection(gallery, file, name="../x")
    assert gallery.store.collections() == ["g"]


@pytest.mark.parametrize("work", ["import", "copy"])
@pytest.mark.parametrize("there", [0, 7, 20])
def test_what_a_kill_left_is_completed(gallery: Workspace, file: Path, work: str, there: int) -> None:
    make: Callable[[], ImportReport | CopyReport] = partial(import_collection, gallery, file, name="new")
    if work == "copy":
        make = partial(copy_collection, gallery, "g", "new")
    make()
    lost = list(gallery.catalog.iter_images("new"))[there:]
    gallery.catalog.delete_images("new", [record.id for record in lost])  # points without a row, as after a kill
    assert make().images == 20
    assert_equal(gallery, "g", gallery, "new")
    assert (gallery.store.count("new"), gallery.catalog.count("new")) == (20, 20)


@pytest.mark.parametrize("work", ["import", "copy"])
def test_another_collection_of_the_name_is_left_alone(gallery: Workspace, file: Path, work: str) -> None:
    fill(gallery, "new", images=22)
    make: Callable[[], object] = partial(import_collection, gallery, file, name="new")
    if work == "copy":
        make = partial(copy_collection, gallery, "g", "new")
    with pytest.raises(CollectionExistsError, match="of its 22 images 2 are not among these"):
        make()
    records = list(gallery.catalog.iter_images("new"))
    gallery.catalog.delete_images(
        "new", [record.id for record in records if record.uri.endswith(("/20.png", "/21.png"))]
    )
    changed = next(record for record in records if record.uri.endswith("/4.png"))
    gallery.catalog.delete_images("new", [changed.id])
    gallery.catalog.add_images("new", [replace(changed, uri="/elsewhere/4.png")], actor="test")
    with pytest.raises(CollectionExistsError, match="other labels, metadata or paths"):
        make()
    gallery.catalog.create_collection("other", "figures", [VectorRecord("a", DIMS["a"], PRINTS["b"])])
    with pytest.raises(CollectionExistsError, match="other vectors"):
        import_collection(gallery, file, name="other")


def test_any_changed_byte_is_found(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    whole, changed = file.read_bytes(), tmp_path / "changed.parquet"
    rng = np.random.default_rng(3)
    for position in rng.integers(0, len(whole), 60):
        data = bytearray(whole)
        data[position] ^= 1 << int(rng.integers(8))
        changed.write_bytes(bytes(data))
        try:
            import_collection(gallery, changed, name="new")
        except FaciesError:
            assert gallery.store.collections() == ["g"]
        else:  # a byte of the footer that says nothing about the rows, such as who wrote the file
            assert_equal(gallery, "g", gallery, "new")
            delete_collection(gallery, "new")


def test_a_folder_is_no_file(gallery: Workspace, tmp_path: Path) -> None:
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(SourceError, match=r"folder\.parquet"):
        import_collection(gallery, tmp_path / "folder.parquet")


def test_columns_of_others_are_left_out_and_said(gallery: Workspace, file: Path, tmp_path: Path) -> None:
    table = pq.read_table(file)
    wider = table.append_column("porosity", pa.array([0.1] * table.num_rows))
    pq.write_table(wider, tmp_path / "wider.parquet")
    report = import_collection(gallery, tmp_path / "wider.parquet", name="new")
    assert any("column porosity" in note for note in report.notes)
    assert_equal(gallery, "g", gallery, "new")


@pytest.mark.parametrize("work", ["import", "copy"])
def test_a_failure_in_the_middle_leaves_nothing_behind(
    gallery: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    monkeypatch.setattr("facies.indexer.exchange.rows.rows_at_once", lambda _: 6)
    monkeypatch.setattr("facies.indexer.exchange.importing.rows_at_once", lambda _: 6)
    add, calls = gallery.catalog.add_images, []

    def full(*arguments: Any, **options: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise StorageError("here", "No space left on device")
        add(*arguments, **options)

    monkeypatch.setattr(type(gallery.catalog), "add_images", lambda _self, *a, **o: full(*a, **o))
    make = partial(import_collection, gallery, file, name="new")
    with pytest.raises(StorageError):
        (make if work == "import" else partial(copy_collection, gallery, "g", "new"))()
    assert [c.name for c in gallery.catalog.collections()] == gallery.store.collections() == ["g"]


# --- copies ---


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
