"""``facies label export``, ``import`` and ``chart``, on the data folder and through a service."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facies.api.cli_label_files import label_files_app
from facies.api.embedders import Embedders
from facies.api.service import open_service
from facies.core.errors import ConfigurationError, QueryError, SourceError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.indexer.sources.base import Labels

from .conftest import CARD, ColourEmbedder, Run, serving

NAMED: tuple[tuple[str, Labels], ...] = (("g", "manifest"), ("h", "none"))


@pytest.fixture
def manifest(small: Path) -> Path:
    lines = ["path,label,depth_m"]
    for number, path in enumerate(sorted(small.rglob("*.png"))):
        lines.append(f"{path.relative_to(small)},{'' if number > 3 else 'ab'[number % 2]},{1200 + 7 * number}")
    (small / "m.csv").write_text("\n".join(lines))
    return small / "m.csv"


@pytest.fixture(params=["local", "service"])
def options(request: pytest.FixtureRequest, manifest: Path, tmp_path: Path) -> Iterator[list[str]]:
    """A filled collection ``g`` and an ``h`` of the same images without labels; the options that lead there."""
    settings = Settings(data_dir=tmp_path / "data")
    with open_workspace(settings) as workspace:
        for name, labels in NAMED:
            source = open_source(str(manifest), labels=labels)
            index_source(workspace, ColourEmbedder(CARD), name, source)
    if request.param == "local":
        yield []
        return
    with (
        open_service(settings, Embedders(lambda card, *_: ColourEmbedder(card))) as service,
        serving(service) as client,
    ):
        yield ["--api", str(client.base_url).rstrip("/")]


@pytest.mark.parametrize(
    ("file", "more"),
    [
        ("l.csv", []),
        ("l.parquet", []),
        ("l.json", []),
        ("l.tsv", []),
        ("l.zip", ["--format", "ecotaxa", "--images"]),
        ("l.zip", ["--format", "darwin-core"]),
    ],
)
def test_out_of_one_collection_and_into_another(
    *, run: Run, options: list[str], tmp_path: Path, file: str, more: list[str]
) -> None:
    target = str(tmp_path / file)
    report = run(label_files_app, "export", target, "-c", "g", *more, *options)
    assert (report["rows"], report["labelled"], report["file"]) == (6, 4, target)
    assert report["pictures"] == (6 if "--images" in more else 0)
    with pytest.raises(ConfigurationError, match="exists already"):
        run(label_files_app, "export", target, "-c", "g", *more, *options)

    preview = run(label_files_app, "import", target, "-c", "h", *options)
    assert (preview["labels"], preview["batch"]) == (4, None)
    text = run(label_files_app, "import", target, "-c", "h", "--apply", *options, as_json=False)
    assert "to take it back: facies label undo" in text
    again = run(label_files_app, "import", target, "-c", "h", "--apply", *options)
    assert (again["labels"], again["unchanged"]) == (0, 4)


def test_conflicts_are_shown_and_replaced_only_where_asked(run: Run, options: list[str], tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("file,label\nbar_chart/0.png,[z]\nnone.png,z\n")
    text = run(label_files_app, "import", str(tmp_path / "l.csv"), "-c", "g", *options, as_json=False)
    assert "conflict line 2" in text
    assert "'[z]' (validated)" in text
    assert "problem line 3" in text
    assert "nothing was changed" not in text
    report = run(label_files_app, "import", str(tmp_path / "l.csv"), "-c", "g", "--replace", "--apply", *options)
    assert (report["labels"], report["replaced"], report["conflict_count"]) == (1, 1, 0)


def test_a_file_of_which_nothing_can_be_used_is_said_and_exits_with_1(
    run: Run, options: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "l.csv"
    file.write_text("file,label\nnone.png,z\n")
    arguments = [label_files_app, "import", str(file), "-c", "g", *options]
    text = run(*arguments, as_json=False, status=1)
    assert "nothing of the file can be used: none of its 1 rows names an image" in text
    report = run(*arguments, "--apply", status=1)
    assert (report["rows"], report["labels"], report["problem_count"], len(report["notes"])) == (1, 0, 1, 1)
    file.write_text("file,label\nnone.png,z\nbar_chart/0.png,[z]\n")
    assert run(*arguments)["conflict_count"] == 1


def test_a_chart_as_files_and_on_the_terminal(run: Run, options: list[str], tmp_path: Path) -> None:
    table, picture = tmp_path / "c.csv", tmp_path / "c.svg"
    found: dict[str, Any] = run(label_files_app, "chart", str(table), str(picture), "-c", "g", "--bin", "20", *options)
    assert found["taxa"] == ["a", "b"]
    assert found["files"] == [str(table), str(picture)]
    with table.open(newline="") as text:
        assert sum(int(row["validated"] or 0) for row in csv.DictReader(text)) == 4
    assert picture.read_text().startswith("<svg")
    shown = run(label_files_app, "chart", "-c", "g", "--bin", "20", "--where", "depth_m<1220", *options, as_json=False)
    assert "1200 to 1220" in shown
    assert "3 images, 2 taxa, 1 samples by depth_m" in shown


def test_usage_that_makes_no_sense_is_refused_before_anything_is_opened(run: Run, tmp_path: Path) -> None:
    for arguments, error in (
        (["export", str(tmp_path / "l.zip"), "-c", "g"], ConfigurationError),
        (["export", str(tmp_path / "none" / "l.csv"), "-c", "g"], ConfigurationError),
        (["export", str(tmp_path / "l.csv"), "-c", "g", "--state", "sure"], QueryError),
        (["chart", str(tmp_path / "c.png"), "-c", "g"], ConfigurationError),
        (["chart", str(tmp_path / "c.csv"), str(tmp_path / "d.csv"), "-c", "g"], ConfigurationError),
    ):
        with pytest.raises(error):
            run(label_files_app, *arguments)
    assert not (tmp_path / "data").exists()


def test_folders_are_written_and_read_where_the_data_is(run: Run, options: list[str], tmp_path: Path) -> None:
    target = str(tmp_path / "folder")
    if options:
        with pytest.raises(QueryError, match="where the data is"):
            run(label_files_app, "export", target, "-c", "g", *options)
        with pytest.raises(SourceError, match="is a folder"):
            run(label_files_app, "import", str(tmp_path), "-c", "g", *options)
        return
    report = run(label_files_app, "export", target, "-c", "g", "--link", "symbolic")
    assert (report["pictures"], report["format"]) == (4, "image-folder")
    assert run(label_files_app, "import", target, "-c", "h", "--apply")["labels"] == 4
