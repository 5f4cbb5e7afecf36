"""Files of others, and files that are not what they should be."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facies.core.errors import SourceError
from facies.core.images import content_hash
from facies.indexer.exchange.labels import archives, text_tables
from facies.indexer.exchange.labels.coco import read_coco
from facies.indexer.exchange.labels.csv_table import read_csv
from facies.indexer.exchange.labels.darwin_core_reading import read_darwin_core
from facies.indexer.exchange.labels.ecotaxa_reading import read_ecotaxa
from facies.indexer.exchange.labels.formats import FORMATS
from facies.indexer.exchange.labels.image_folder import read_image_folder
from facies.indexer.exchange.labels.label_row import LabelRow, ReadRow, Unread
from facies.indexer.exchange.labels.parquet import read_parquet

CORE = "http://rs.tdwg.org/dwc/terms/"


def put(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def meta(fields: str, location: str = "occ.txt", rest: str = "", head: str = "") -> str:
    return (
        f'<?xml version="1.0"?>{head}<archive xmlns="http://rs.tdwg.org/dwc/text/"><core encoding="UTF-8" '
        f'fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy="" ignoreHeaderLines="1" '
        f'rowType="{CORE}Occurrence"><files><location>{location}</location></files><id index="0"/>{fields}</core>'
        f"{rest}</archive>"
    )


NAME = f'<field index="1" term="{CORE}scientificName"/>'


# --- what others write ---


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = put(tmp_path / "t.csv", "\ufefffile;label;who\r\na.png;Areoligera;me\r\n;;\r\nb.png;;me\r\n")
    assert list(read_csv(path)) == [
        ReadRow(2, LabelRow(uri="a.png", label="Areoligera")),
        ReadRow(4, LabelRow(uri="b.png")),  # the row of nothing before it is passed over
    ]


def test_an_export_of_ecotaxa_has_no_line_of_types(tmp_path: Path) -> None:
    path = put(
        tmp_path / "ecotaxa_export.tsv",
        "object_id\timg_file_name\tobject_annotation_category\tobject_annotation_status\tobject_annotation_date\t"
        "object_annotation_time\tobject_annotation_person_name\n"
        "uvp_1\timages/a.jpg\tCopepoda<Maxillopoda\tvalidated\t20210122\t93005\tA. Person\n"
        "uvp_2\tb.jpg\tdetritus\tP\t\t\t\n"
        "uvp_3\tc.jpg\t\t\t\t\t\n"
        "uvp_4\td.jpg\tx\tsure\t\t\t\n"
        "uvp_5\te.jpg\tx\tV\tyesterday\t\t\n",
    )
    rows = list(read_ecotaxa(path))
    moment = datetime(2021, 1, 22, 9, 30, 5, tzinfo=UTC)
    assert rows[0] == ReadRow(
        2,
        LabelRow(uri="a.jpg", label="Copepoda<Maxillopoda", state="validated", actor="A. Person", created_at=moment),
    )
    assert rows[1] == ReadRow(3, LabelRow(uri="b.jpg", label="detritus", state="predicted"))
    assert rows[2] == ReadRow(4, LabelRow(uri="c.jpg"))
    assert isinstance(rows[3], Unread)
    assert "'sure', expected one of validated, predicted, dubious" in rows[3].reason
    assert isinstance(rows[4], Unread)
    assert "'yesterday'" in rows[4].reason


def test_a_coco_of_others_is_read_and_its_gaps_are_named(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "images": [{"id": 7, "file_name": "dir/a.png"}],
        "categories": [{"id": 1, "name": "cyst"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"id": 2, "image_id": 8, "category_id": 1},
            {"id": 3, "image_id": 7, "category_id": 2},
            {"id": 4, "image_id": 7, "category_id": 1, "attributes": {"state": "sure"}},
            {"id": 5, "image_id": [7], "category_id": 1},
        ],
    }
    rows = list(read_coco(put(tmp_path / "c.json", json.dumps(document))))
    assert rows[0] == ReadRow(1, LabelRow(uri="dir/a.png", label="cyst"))
    reasons = [row.reason for row in rows if isinstance(row, Unread)]
    assert [r.partition(",")[0] for r in reasons] == [
        "the annotation is of image 8",
        "its category 2 is not among the categories",
        "state is 'sure'",
        "the annotation is of image [7]",
    ]


def test_an_archive_of_others_is_joined_with_its_multimedia(tmp_path: Path) -> None:
    media = (
        '<extension fieldsTerminatedBy="," ignoreHeaderLines="0" rowType="http://rs.gbif.org/terms/1.0/Multimedia">'
        '<files><location>media.csv</location></files><coreid index="0"/>'
        '<field index="1" term="http://purl.org/dc/terms/identifier"/></extension>'
    )
    status = f'<field term="{CORE}identificationVerificationStatus" default="verified"/>'
    path = zipped(
        tmp_path / "a.zip",
        {
            "meta.xml": meta(NAME + status, rest=media),
            "occ.txt": 'id\tname\n1\tAreoligera "x"\n2\t\n',
            "media.csv": "1,https://example.org/img/a.png\n1,https://example.org/img/b.png\n",
        },
    )
    assert list(read_darwin_core(path)) == [
        ReadRow(2, LabelRow(uri="https://example.org/img/a.png", label='Areoligera "x"', state="validated")),
        ReadRow(3, LabelRow()),
    ]


def test_class_folders_of_others_are_told_by_content(tmp_path: Path) -> None:
    for name in ("b/1.png", "a/x/2.JPG", "a/notes.txt", "3.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, name)
    assert list(read_image_folder(tmp_path / "in")) == [
        ReadRow(1, LabelRow(sha256=content_hash(b"a/x/2.JPG"), uri="2.JPG", label="a/x")),
        ReadRow(2, LabelRow(sha256=content_hash(b"b/1.png"), uri="1.png", label="b")),
    ]


def test_a_parquet_of_others_is_read(tmp_path: Path) -> None:
    table = pa.table({"path": ["a.png", "b.png"], "label": ["x", None], "confidence": [float("nan"), 2.0]})
    pq.write_table(table, tmp_path / "p.parquet")
    first, second = read_parquet(tmp_path / "p.parquet")
    assert first == ReadRow(1, LabelRow(uri="a.png", label="x"))
    assert second == Unread(2, "confidence is 2.0, expected a number of 0 to 1")


# --- what is not what it should be ---


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("image_id,label\nx,a\n", "image_id is 'x', expected a UUID"),
        (
            "file,label,state\na.png,a,sure\n",
            "state is 'sure', expected one of predicted, validated, dubious, rejected",
        ),
        ("file,label,state\na.png,,validated\n", "there is no label"),
        ("file,label,page\na.png,a,-1\n", "page is '-1', expected a whole number of 0 or more"),
        ("file,label,k\na.png,a,1.5\n", "k is '1.5'"),
        ("file,label,verified\na.png,a,perhaps\n", "expected true or false"),
        ("file,label,created_at\na.png,a,soon\n", "expected a moment such as"),
        ("file,label,novelty\na.png,a,inf\n", "expected a finite number"),
        ("file,label,neighbours\na.png,a,1 2\n", "UUIDs with blanks"),
        ("file,label\na.png,a,b\n", "the row has 3 cells, expected 2"),
        ("file,label\na.png\n", "the row has 1 cells, expected 2"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    (found,) = read_csv(put(tmp_path / "t.csv", text))
    assert isinstance(found, Unread)
    assert found.line == 2
    assert reason in found.reason


@pytest.mark.parametrize(
    ("name", "file", "data", "reason"),
    [
        ("csv", "t.csv", "", "is empty"),
        ("csv", "t.csv", "file,name\na,b\n", "has no column 'label'; its columns are 'file', 'name'"),
        ("csv", "t.csv", "label,depth\na,1\n", "does not say which images"),
        ("csv", "t.csv", "file,label,label\n", "several columns named 'label'"),
        ("csv", "t.csv", "file,label\na,\xe9\n".encode("latin-1"), "is not UTF-8"),
        ("csv", "t.csv", 'file,label\na,"b\n', "damaged, or cut off"),
        ("csv", "t.csv", "file,label\na,\x00\xff".encode("utf-16"), "is not UTF-8"),
        ("parquet", "t.parquet", "no parquet", "no Parquet file"),
        ("coco", "t.json", '{"images": [', "is not JSON, or is cut off"),
        ("coco", "t.json", "[]", "is no COCO file"),
        ("coco", "t.json", '{"images": [], "annotations": []}', "'categories' is missing"),
        ("coco", "t.json", '{"images": 3}', "'images' is missing"),
        ("coco", "t.json", "[" * 100_000, "is not JSON"),
        ("coco", "t.json", b'{"a": "\xff"}', "is not UTF-8"),
        ("ecotaxa", "t.tsv", "object_id\timg_file_name\n", "lacks the column object_annotation_category"),
        ("ecotaxa", "t.zip", "no zip", "as a zip file"),
        ("darwin-core", "t.zip", b"PK\x03\x04cut", "as a zip file"),
    ],
)
def test_what_is_not_of_its_format_is_refused(
    tmp_path: Path, name: str, file: str, data: str | bytes, reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        list(FORMATS[name].read(put(tmp_path / file, data)))


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"occ.txt": "x"}, "holds no meta.xml"),
        ({"meta.xml": "<a"}, "meta.xml of a.zip cannot be read as XML"),
        ({"meta.xml": "<a/>"}, "describes no core"),
        ({"meta.xml": meta(NAME)}, "occ.txt is not there; the zip file holds meta.xml"),
        ({"meta.xml": meta(NAME, location="../../etc/passwd")}, "is no place of a table"),
        ({"meta.xml": meta(NAME, location="/etc/passwd")}, "is no place of a table"),
        ({"meta.xml": meta(""), "occ.txt": "id\n"}, "no column scientificName"),
        ({"meta.xml": meta(NAME.replace('"1"', '"x"')), "occ.txt": "id\n"}, "index 'x', expected a number"),
        ({"meta.xml": meta(NAME).replace("UTF-8", "latin-1"), "occ.txt": "id\n"}, "expected UTF-8"),
        (
            {"meta.xml": meta(NAME, head='<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>'), "occ.txt": "id\n"},
            "cannot be read as XML",
        ),
        ({"meta.xml": " " * 2**21}, "more than"),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path: Path, members: dict[str, str | bytes], reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        list(read_darwin_core(zipped(tmp_path / "a.zip", members)))


def test_a_truncated_zip_file_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"ecotaxa_1.tsv": "object_id\tobject_annotation_category\n" + "a\tb\n" * 1000})
    data = path.read_bytes()
    for cut in (len(data) // 2, len(data) - 5):
        once = rf"^cannot read cut{cut}\.zip as a zip file: its end is missing, or it is something else$"
        with pytest.raises(SourceError, match=once):
            list(read_ecotaxa(put(tmp_path / f"cut{cut}.zip", data[:cut])))
    damaged = bytearray(data)
    damaged[len(data) // 3] ^= 0xFF
    with pytest.raises(SourceError, match="as a zip file"):
        list(read_ecotaxa(put(tmp_path / "damaged.zip", bytes(damaged))))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE_BYTES", 2**16)
    line = "object_id\tobject_annotation_category\n"
    path = zipped(tmp_path / "bomb.zip", {"ecotaxa_1.tsv": line + "a\tb\n" * 2_000_000})
    with pytest.raises(SourceError, match="unpacks to more than"):
        list(read_ecotaxa(path))


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    endless = "a" * (text_tables.MAX_LINE + 2)
    with pytest.raises(SourceError, match="a line of more than"):
        list(read_csv(put(tmp_path / "t.csv", "file,label\n" + endless)))
    bomb = zipped(tmp_path / "a.zip", {"meta.xml": meta(NAME), "occ.txt": b"\0" * 2**22})
    with pytest.raises(SourceError, match="a line of more than"):
        list(read_darwin_core(bomb))


def test_an_empty_folder_is_no_image_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nor folders with images"):
        list(read_image_folder(tmp_path))
    with pytest.raises(SourceError, match="is no folder"):
        list(read_image_folder(put(tmp_path / "a.csv", "")))
