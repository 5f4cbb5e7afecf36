"""What each format carries there and back, and what it cannot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from facies.core.errors import QueryError, SourceError
from facies.core.records import FieldKind
from facies.indexer.exchange.labels.formats import FORMATS, find_format, recognise_format
from facies.indexer.exchange.labels.label_row import About, LabelRow, ReadRow

from .conftest import label_rows, many_rows

FIELDS: dict[str, FieldKind] = {"depth_m": "float", "n": "integer", "well": "keyword"}
ABOUT = About("micro fossils", fields=FIELDS, depth="depth_m")


def through(name: str, rows: list[LabelRow], suffix: str | None = None) -> list[LabelRow]:
    """Write rows in a format and read them again; every one must be readable, and the file known for what it is."""
    found = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels{suffix if suffix is not None else ''.join(found.suffixes[:1])}"
        assert found.write(rows, path, replace(ABOUT, table_only=suffix == ".tsv")).rows == len(rows)
        assert recognise_format(path) is found
        read = list(found.read(path))
    assert all(isinstance(one, ReadRow) for one in read), read
    return [one.row for one in read if isinstance(one, ReadRow)]


def whole(row: LabelRow) -> LabelRow:
    """All of a row but its metadata, which no import writes."""
    return replace(row, metadata={})


def without_size(row: LabelRow) -> LabelRow:
    return replace(whole(row), width=None, height=None)


def published(row: LabelRow) -> LabelRow:
    """What is made for publication names no folders of the machine that it comes from."""
    return replace(whole(row), uri=row.file)


def to_the_second(row: LabelRow) -> LabelRow:
    """EcoTaxa keeps moments to the second."""
    return replace(published(row), created_at=row.created_at and row.created_at.replace(microsecond=0))


CARRIED: dict[str, Callable[[LabelRow], LabelRow]] = {
    "csv": whole,
    "parquet": whole,
    "darwin-core": published,
    "ecotaxa": to_the_second,
}


@pytest.mark.parametrize("name", CARRIED)
@settings(max_examples=60, deadline=None)
@given(rows=many_rows())
def test_out_and_in_again_is_the_same(name: str, rows: list[LabelRow]) -> None:
    assert through(name, rows) == [CARRIED[name](row) for row in rows]


@settings(max_examples=60, deadline=None)
@given(rows=many_rows())
def test_coco_has_an_annotation_for_each_label_and_none_for_other_images(rows: list[LabelRow]) -> None:
    assert through("coco", rows) == [without_size(row) for row in rows if row.label is not None]


@settings(max_examples=40, deadline=None)
@given(row=label_rows(1))
def test_a_table_of_ecotaxa_by_itself_is_the_same(row: LabelRow) -> None:
    assert through("ecotaxa", [row], ".tsv") == [to_the_second(row)]


def test_an_empty_note_is_none_everywhere() -> None:
    row = LabelRow(
        sha256="0" * 64, image_id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e", label="a", state="dubious", note=""
    )
    for name in ("csv", "parquet", "coco", "ecotaxa", "darwin-core"):
        assert [one.note for one in through(name, [row])] == [None]


def test_formats_are_found_by_name_and_told_by_content(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"no format 'xml'.*csv, parquet, coco"):
        find_format("xml")
    (tmp_path / "labels.xls").write_text("x")
    with pytest.raises(SourceError, match="no suffix that tells its format"):
        recognise_format(tmp_path / "labels.xls")
    with pytest.raises(SourceError, match="is not there"):
        recognise_format(tmp_path / "none.csv")
    (tmp_path / "labels.zip").write_bytes(b"PK no zip")
    once = r"^cannot read labels\.zip as a zip file: its end is missing, or it is something else$"
    with pytest.raises(SourceError, match=once):
        recognise_format(tmp_path / "labels.zip")


def test_published_formats_keep_addresses_and_no_local_folders() -> None:
    for uri, kept in (
        ("https://example.org/a.png", "https://example.org/a.png"),
        ("/scans/a.png", "a.png"),
        ("zip://slides/a.tif::/scans/x.zip", "a.tif"),
    ):
        row = LabelRow(image_id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e", sha256="0" * 64, uri=uri)
        for name in ("ecotaxa", "darwin-core"):
            assert [one.uri for one in through(name, [row])] == [kept]


def test_metadata_fields_of_any_name_get_a_column(tmp_path: Path) -> None:
    names = ["a;b;c;d" * 10, "x,y", "line\nend", " note ", "note", "note_", "Well", "well", "label_", "object_id", " "]
    row = LabelRow(
        image_id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e",
        sha256="0" * 64,
        label="a",
        state="validated",
        metadata={name: f"value {number}" for number, name in enumerate(names)},
    )
    about = replace(ABOUT, fields=dict.fromkeys(names, "keyword"))
    for name in ("csv", "parquet", "coco", "ecotaxa", "darwin-core"):
        path = tmp_path / f"{name}{FORMATS[name].suffixes[0]}"
        written = FORMATS[name].write([row], path, about)
        (read,) = FORMATS[name].read(path)
        assert isinstance(read, ReadRow)
        assert read.row.label == "a"
        # Of the 20 free columns of text that EcoTaxa has, ours take 10.
        assert len(written.notes) == (len(names) - 10 if name == "ecotaxa" else 0)
    text = (tmp_path / "csv.csv").read_text()
    assert all(f"value {number}" in text for number in range(len(names)))
