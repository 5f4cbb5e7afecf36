"""Imported labels in the words of the taxonomy that the collection uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.wire_label_files import LabelImportOut
from facies.core.workspace import Workspace
from facies.indexer.exchange.labels.importing import import_labels
from tests.indexer.conftest import Draw, Index


@pytest.fixture
def grains(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> Workspace:
    """Four images, the last of which has a label that is no taxon."""
    for number in range(3):
        draw(f"in/{number}.png", number)
    draw("in/debris/3.png", 3)
    index(tmp_path / "in", labels="folder")
    workspace.catalog.use_taxonomy("c", "scampi-20")
    return workspace


def bring(workspace: Workspace, folder: Path, *labels: str, state: str = "validated") -> LabelImportOut:
    ids = {Path(record.uri).stem: record.id for record in workspace.catalog.iter_images("c")}
    rows = [f"{ids[str(number)]},{label},{state}" for number, label in enumerate(labels)]
    file = folder / "labels.csv"
    file.write_text("\n".join(["image_id,label,state", *rows, ""]))
    return import_labels(workspace, "c", file, actor="Ann", apply=True)


def test_synonyms_become_accepted_names_and_what_is_no_taxon_is_listed(grains: Workspace, tmp_path: Path) -> None:
    report = bring(grains, tmp_path, "AZOLLA", "areoligra", "areoligra", "debris")
    assert (report.labels, report.unchanged, report.problem_count) == (1, 1, 2)
    assert [problem.line for problem in report.problems] == [3, 4]
    assert "Did you mean 'areoligera'" in report.problems[0].reason
    assert grains.catalog.label_counts("c") == {"azolla": 1, "debris": 1}


def test_what_is_rejected_is_taken_as_it_is(grains: Workspace, tmp_path: Path) -> None:
    report = bring(grains, tmp_path, "rubble", state="rejected")
    assert (report.labels, report.problem_count) == (1, 0)
    assert grains.catalog.label_counts("c") == {"debris": 1, "rubble": 1}


def test_without_a_taxonomy_labels_are_what_they_are(grains: Workspace, tmp_path: Path) -> None:
    grains.catalog.use_taxonomy("c", None)
    assert bring(grains, tmp_path, "AZOLLA", "areoligra").problem_count == 0
    assert grains.catalog.label_counts("c") == {"AZOLLA": 1, "areoligra": 1, "debris": 1}
