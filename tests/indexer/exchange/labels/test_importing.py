"""Files of which nothing can be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.workspace import Workspace
from facies.indexer.exchange.labels.importing import import_labels
from tests.indexer.conftest import Draw, Index


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
