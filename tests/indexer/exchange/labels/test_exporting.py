"""What an export takes, and what it refuses: files that are there stay, and nothing is left half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facies.core.errors import ConfigurationError, QueryError
from facies.core.filters import Equals
from facies.core.workspace import Workspace
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.exchange.labels.exporting import export_labels

from .pages import make, numbers


def test_an_export_of_some(shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path) -> None:
    name, ids = labelled
    report = export_labels(shared, name, tmp_path / "s.csv", "csv", states=["validated", "predicted"])
    assert (report.rows, report.labelled) == (2, 2)
    report = export_labels(shared, name, tmp_path / "w.json", "coco", where=Equals("depth_m", 1300.0))
    assert report.rows == 2
    assert sorted(ids[at] for at in (2, 5)) == [
        row.image_id for row in collect_rows(shared, name, where=Equals("depth_m", 1300.0))
    ]


@pytest.mark.parametrize(
    ("file", "name", "options", "error", "reason"),
    [
        ("l.txt", "csv", {}, ConfigurationError, r"must end in \.csv"),
        ("l.csv", "xml", {}, QueryError, "no format 'xml'"),
        ("l.csv", "csv", {"states": ["sure"]}, QueryError, "'sure' is no state"),
        ("l.csv", "csv", {"depth": "deep"}, QueryError, "no field 'deep'; it has depth_m, well"),
        ("l.csv", "csv", {"depth": "well"}, QueryError, "holds text"),
        ("l.csv", "csv", {"pictures": True}, QueryError, "no room for the images"),
        ("l.csv", "csv", {"link": "hard"}, QueryError, "links are for image-folder"),
        ("l.tsv", "ecotaxa", {"pictures": True}, QueryError, "a table alone"),
        ("none/l.csv", "csv", {}, ConfigurationError, "there is no folder"),
        ("none/folder", "image-folder", {}, ConfigurationError, "there is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_written(
    *, shared: Workspace, tmp_path: Path, file: str, name: str, options: Any, error: type[Exception], reason: str
) -> None:
    make(shared, collection := f"c{next(numbers)}")
    with pytest.raises(error, match=reason):
        export_labels(shared, collection, tmp_path / file, name, **options)
    assert list(tmp_path.iterdir()) == []


def test_an_export_never_overwrites_and_leaves_nothing_half_written(
    shared: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(shared, name := f"c{next(numbers)}")
    (tmp_path / "l.csv").write_text("mine")
    (tmp_path / "folder").mkdir()
    for target, kind in (("l.csv", "csv"), ("folder", "image-folder")):
        with pytest.raises(ConfigurationError, match="exists already"):
            export_labels(shared, name, tmp_path / target, kind)

    def stop(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("facies.indexer.exchange.labels.collecting.row_of", stop)
    for target, kind in (("m.csv", "csv"), ("m.zip", "darwin-core"), ("e.zip", "ecotaxa"), ("f", "image-folder")):
        with pytest.raises(KeyboardInterrupt):
            export_labels(shared, name, tmp_path / target, kind)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "l.csv"]
    assert (tmp_path / "l.csv").read_text() == "mine"
