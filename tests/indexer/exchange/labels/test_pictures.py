"""Exports that take the images along: folders of classes, and the zip file of EcoTaxa."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from facies.core.images import content_hash
from facies.core.records import Label, LabelBatch
from facies.core.wire_label_files import LinkKind
from facies.core.workspace import Workspace
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.exchange.labels.exporting import export_labels
from facies.indexer.exchange.labels.importing import import_labels
from facies.indexer.labelling.giving import give_labels, undo_labels
from tests.indexer.conftest import Draw, Index, write_tiff

LABELS = ("Areoligera", "areoligera", "../up", "CON", "a/b")


@pytest.fixture
def ids(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> dict[str, str]:
    """Images of all kinds, those of two folders called alike; gives their ids by path and page."""
    for number in range(6):
        draw(f"in/one/{number}.png", number)
    draw("in/two/0.png", 100)
    draw("in/two/1.webp", 101)
    write_tiff(tmp_path / "in" / "pages.tif", 2)
    index(tmp_path / "in")
    found = {}
    for record in workspace.catalog.iter_images("c"):
        name = Path(record.uri).relative_to(tmp_path / "in").as_posix()
        found[name if record.page is None else f"{name}#{record.page}"] = record.id
    give_labels(
        workspace,
        "c",
        {
            **{found[f"one/{number}.png"]: Label(label, "validated") for number, label in enumerate(LABELS)},
            found["two/0.png"]: Label("Areoligera", "predicted", 0.5),
            found["two/1.webp"]: Label("Areoligera", "dubious", note="broken"),
            found["pages.tif#1"]: Label("Areoligera", "validated"),
            found["pages.tif#0"]: Label("Areoligera", "rejected"),
        },
        LabelBatch("person", "Ann"),
    )
    return found


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_folders_hold_the_images_of_their_class_and_come_back(
    workspace: Workspace, ids: dict[str, str], tmp_path: Path
) -> None:
    before = list(collect_rows(workspace, "c"))
    report = export_labels(workspace, "c", tmp_path / "out", "image-folder")
    assert (report.rows, report.pictures, report.left_out_count) == (10, 8, 0)
    assert report.notes == ["1 pages of larger files were written as PNG, with 8 bits a channel"]
    table = read_table(tmp_path / "out" / "metadata.csv")
    files = {row["image_id"]: row["file_name"] for row in table}
    assert sorted(files.values()) == sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").glob("*/*")
    )
    assert len({name.partition("/")[0].casefold() for name in files.values()}) == len(LABELS)
    assert files[ids["one/0.png"]] == "Areoligera/0.png"
    for row in table:
        if row["page"]:
            assert row["file_name"] == "Areoligera/pages-page-1.png"
            with Image.open(tmp_path / "out" / row["file_name"]) as image:
                assert image.size == (18, 16)
        else:
            assert content_hash((tmp_path / "out" / row["file_name"]).read_bytes()) == row["sha256"]
    rest = read_table(tmp_path / "out" / "without-file.csv")
    assert {row["image_id"] for row in rest} == {ids["one/5.png"], ids["pages.tif#0"]}

    undo_labels(workspace, "c", before[0].batch or 1, LabelBatch("undo", "Ann"))
    imported = import_labels(workspace, "c", tmp_path / "out", actor="Ben", verified=False, apply=True)
    assert (imported.labels, imported.problems, imported.unlabelled) == (9, [], 1)
    assert list(collect_rows(workspace, "c")) == before


@pytest.mark.parametrize("kind", ["hard", "symbolic"])
def test_links_in_place_of_copies(workspace: Workspace, ids: dict[str, str], tmp_path: Path, kind: LinkKind) -> None:
    report = export_labels(workspace, "c", tmp_path / "out", "image-folder", link=kind)
    assert report.pictures == 8
    original, other = tmp_path / "in" / "one" / "0.png", tmp_path / "out" / "Areoligera" / "0.png"
    assert other.samefile(original)
    assert other.is_symlink() == (kind == "symbolic")
    assert (tmp_path / "out" / "Areoligera" / "pages-page-1.png").stat().st_nlink == 1
    assert len(ids) == report.rows


def test_what_is_missing_or_changed_is_listed_and_not_fatal(
    workspace: Workspace, ids: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "in" / "one" / "0.png").unlink()
    (tmp_path / "in" / "one" / "1.png").write_bytes((tmp_path / "in" / "one" / "2.png").read_bytes())
    report = export_labels(workspace, "c", tmp_path / "out", "image-folder")
    assert (report.pictures, report.left_out_count) == (6, 2)
    reasons = {Path(one.image).name: one.reason for one in report.left_out}
    assert "original missing" in reasons["0.png"]
    assert "has changed since it was indexed" in reasons["1.png"]
    rest = {row["image_id"] for row in read_table(tmp_path / "out" / "without-file.csv")}
    assert {ids["one/0.png"], ids["one/1.png"]} <= rest


def test_ecotaxa_gets_images_that_it_reads(workspace: Workspace, ids: dict[str, str], tmp_path: Path) -> None:
    report = export_labels(workspace, "c", tmp_path / "e.zip", "ecotaxa", pictures=True)
    assert (report.pictures, report.left_out_count) == (10, 0)
    with zipfile.ZipFile(tmp_path / "e.zip") as archive:
        (table,) = [name for name in archive.namelist() if name.endswith(".tsv")]
        assert table.startswith("ecotaxa_")
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open(table), encoding="utf-8"), delimiter="\t"))
        types, rows = rows[0], rows[1:]
        assert set(types.values()) == {"[t]", "[f]"}
        free = [name for name in types if name.startswith("object_") and types[name] == "[t]"]
        assert len(free) <= 20 + 7  # those that EcoTaxa knows itself are not counted by it
        for row in rows:
            with Image.open(archive.open(row["img_file_name"])) as image:
                assert image.format in {"PNG", "JPEG", "GIF"}
    by_id = {row["object_id"]: row for row in rows}
    assert len(by_id) == len(ids)
    rejected = by_id[ids["pages.tif#0"]]
    assert (rejected["object_annotation_category"], rejected["object_rejected"]) == ("", "Areoligera")
    assert by_id[ids["two/1.webp"]]["object_annotation_status"] == "dubious"
