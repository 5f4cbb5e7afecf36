"""What an import gives, and what it leaves as it is: files of which little or nothing can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facies.core.errors import StaleLabelError
from facies.core.images import content_hash, image_id
from facies.core.records import ImageRecord, Label, LabelBatch, VectorRecord
from facies.core.store import Point
from facies.core.wire_label_files import LabelImportOut
from facies.core.workspace import Workspace
from facies.indexer.collections import schema_of
from facies.indexer.exchange.labels.importing import import_labels
from facies.indexer.labelling.giving import give_labels
from tests.indexer.conftest import Draw, Index

from .pages import PRINT, numbers


@pytest.fixture
def images(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> Workspace:
    """Two images, one of them with a label."""
    draw("in/0.png", 0)
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    return workspace


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "it has no rows"),
        ("none.png,a\ngone.png,a\n", "none of its 2 rows names an image of collection 'c', which is found by id"),
        ("0.png,\n1.png,\nnone.png,a\n", "none of its 3 rows has both a label and an image of collection 'c'"),
        (f"0.png,{'x' * 300}\n1.png,\n", "none of its 2 rows has a label that can be given; the problems say why"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_is_said(images: Workspace, tmp_path: Path, rows: str, reason: str) -> None:
    file = tmp_path / "l.csv"
    file.write_text(f"file,label\n{rows}")
    report = import_labels(images, "c", file, actor="Ann", apply=True)
    assert (report.labels, report.batch) == (0, None)
    assert [note.startswith(f"nothing of the file can be used: {reason}") for note in report.notes] == [True]


@pytest.mark.parametrize("row", ["0.png,a", "1.png,a", "1.png,b"])
def test_one_row_with_a_label_for_an_image_is_enough(images: Workspace, tmp_path: Path, row: str) -> None:
    file = tmp_path / "l.csv"
    file.write_text(f"file,label\nnone.png,a\n{row}\n")
    notes = import_labels(images, "c", file, actor="Ann").notes
    assert not any("nothing of the file" in note for note in notes)


def bring(shared: Workspace, name: str, tmp_path: Path, text: str, **options: Any) -> LabelImportOut:
    (tmp_path / "l.csv").write_text(text)
    return import_labels(shared, name, tmp_path / "l.csv", actor="Ben", **options)


def said_of(workspace: Workspace, name: str, ids: list[str]) -> list[tuple[str | None, str | None]]:
    found = workspace.catalog.images(name, ids)
    return [(found[one].label, found[one].state) for one in ids]


BEFORE = [("a", "validated"), ("a", "dubious"), ("a", "rejected"), ("a", "predicted"), (None, None), (None, None)]


def test_what_a_person_said_stays_unless_it_is_to_be_replaced(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = "image_id,label,state\n" + "".join(f"{one},b,validated\n" for one in ids[:5])
    report = bring(shared, name, tmp_path, text, apply=True)
    assert (report.labels, report.predictions, report.replaced, report.conflict_count) == (2, 1, 0, 3)
    assert [one.line for one in report.conflicts] == [2, 3, 4]
    assert "'a' (validated) here and 'b' (validated) in the file" in report.conflicts[0].reason
    assert said_of(shared, name, ids) == [*BEFORE[:3], ("b", "validated"), ("b", "validated"), (None, None)]

    report = bring(shared, name, tmp_path, text, apply=True, replace=True)
    assert (report.labels, report.replaced, report.conflict_count, report.unchanged) == (3, 3, 0, 2)
    assert said_of(shared, name, ids[:5]) == [("b", "validated")] * 5


def test_a_prediction_never_takes_the_place_of_what_a_person_said(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = "image_id,label,state\n" + "".join(f"{one},b,predicted\n" for one in ids[:5])
    report = bring(shared, name, tmp_path, text, apply=True, replace=True)
    assert (report.labels, report.conflict_count) == (3, 2)
    assert "never takes its place" in report.conflicts[0].reason
    assert said_of(shared, name, ids[:5]) == [*BEFORE[:2], *[("b", "predicted")] * 3]


def test_rows_without_an_image_and_rows_at_odds_are_told_and_the_rest_is_given(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = (
        "file,label,page,sha256,note\n"
        "pages.tif,x,,,\n"
        "none.png,x,,,\n"
        "/elsewhere/4.png,x,,,\n"
        f",x,7,{content_hash(b'pages')},\n"
        f",x,,{content_hash(b'pages')},\n"
        f",x,,{'0' * 64},\n"
        ",x,,,\n"
        "5.png,x,,,\n"
        "5.png,y,,,\n"
        f"4.png,{'x' * 300},,,\n"
        "4.png,x,,,\n"
    )
    report = bring(shared, name, tmp_path, text, apply=True)
    assert [one.line for one in report.problems] == [2, 3, 5, 6, 7, 8, 11]
    reasons = "\n".join(one.reason for one in report.problems)
    for part in (
        "2 images of files named 'pages.tif'",
        "no image with file name none.png",
        "has no page 7",
        "holds 2 images",
        "no image with sha256 000",
        "nothing that tells it",
        "has 300 characters",
    ):
        assert part in reasons
    assert [(one.line, one.image) for one in report.conflicts] == [(9, ids[5]), (10, ids[5])]
    assert "lines 9, 10 say different things" in report.conflicts[0].reason
    assert (report.labels, report.unchanged, report.matched) == (1, 1, {"name": 5})
    assert "1 labels came without a state and count as validated" in report.notes
    assert said_of(shared, name, ids) == [*BEFORE[:4], ("x", "validated"), (None, None)]


def test_content_of_another_image_is_told(shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path) -> None:
    name, ids = labelled
    report = bring(shared, name, tmp_path, f"image_id,sha256,label\n{ids[4]},{'0' * 64},x\n", apply=True)
    assert report.problem_count == 1
    assert "another content here" in report.problems[0].reason


def test_names_alike_are_told_apart_by_their_folders(shared: Workspace, tmp_path: Path) -> None:
    name = f"c{next(numbers)}"
    shared.catalog.create_collection(name, "generic", [VectorRecord("a", 3, PRINT)])
    records = [
        ImageRecord(image_id(sha), sha, None, f"/in/{folder}/0.png", 1, 1, "PNG", "uint8")
        for folder in ("a", "b")
        for sha in [content_hash(folder.encode())]
    ]
    shared.catalog.add_images(name, records, actor="t")
    shared.store.ensure(name, schema_of(shared.catalog.collection(name), {}))
    shared.store.upsert(name, [Point(one.id, {"a": np.array([1, 0, 0], np.float32)}, {}) for one in records])
    report = bring(shared, name, tmp_path, "file,label\nb/0.png,x\n0.png,y\n", apply=True)
    assert (report.labels, report.problem_count) == (1, 1)
    assert said_of(shared, name, [one.id for one in records]) == [(None, None), ("x", "validated")]


def test_nothing_is_given_where_somebody_else_was_faster(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, ids = labelled
    before = shared.catalog.label_batches(name)

    def meanwhile(rows: Any) -> dict[str, Any]:
        give_labels(shared, name, {ids[4]: Label("c", "validated")}, LabelBatch("person", "Zoe"))
        return {}

    monkeypatch.setattr("facies.indexer.exchange.labels.importing.pack_origins", meanwhile)
    with pytest.raises(StaleLabelError, match=ids[4]):
        bring(shared, name, tmp_path, f"image_id,label\n{ids[4]},b\n{ids[5]},b\n", apply=True)
    assert len(shared.catalog.label_batches(name)) == len(before) + 1
    assert said_of(shared, name, ids[4:]) == [("c", "validated"), (None, None)]


def test_a_report_lists_the_first_thousand_and_counts_all(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, _ = labelled
    report = bring(shared, name, tmp_path, "file,label\n" + "none.png,x\n" * 1200)
    assert (report.rows, report.problem_count, len(report.problems)) == (1200, 1200, 1000)
