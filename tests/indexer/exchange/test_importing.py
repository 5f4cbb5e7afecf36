"""Files that are wrong, cut, changed or of other people; imports that fail or go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
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
)
from facies.core.images import image_id
from facies.core.records import VectorRecord
from facies.core.workspace import Workspace
from facies.indexer.exchange.copying import CopyReport, copy_collection
from facies.indexer.exchange.exporting import export_collection
from facies.indexer.exchange.importing import ImportReport, import_collection
from facies.indexer.maintenance import delete_collection

from .conftest import DIMS, PRINTS, assert_equal, fill, write_described


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
        ({"label": one(0, "a\nb"), "state": one(0, "validated")}, "has a control character, expected one line of text"),
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
        (lambda d: d.update(format=3), "a later release"),
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
