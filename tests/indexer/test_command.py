from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facies.core.errors import (
    CollectionNotFoundError,
    ConfigurationError,
    FaciesError,
    ServiceUnavailableError,
    SourceError,
    UnknownModelError,
)
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.command import Order, run
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import Draw, PixelEmbedder


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"collection": ""}, ConfigurationError, "--collection NAME"),
        ({"collection": "a/b"}, ConfigurationError, "a/b"),
        ({"source": None}, ConfigurationError, "no SOURCE"),
        ({"source": None, "relink": Path("in"), "prune": True}, ConfigurationError, "no SOURCE"),
        ({"model": "efficientnet-lite00", "dry_run": True}, UnknownModelError, "efficientnet-lite0"),
        ({"model": "efficientnet-lite00"}, UnknownModelError, "efficientnet-lite0"),
        ({"preset": "fossils", "dry_run": True}, ConfigurationError, "microfossils"),
        ({"preset": "fossils"}, ConfigurationError, "microfossils"),
        ({"labels": "manifest"}, ConfigurationError, "CSV or TSV"),
        ({"source": "nowhere"}, SourceError, "nowhere"),
        ({"api": "http://127.0.0.1:9", "prune": True, "dry_run": True}, ConfigurationError, "--prune, --dry-run"),
        ({"api": "http://127.0.0.1:9"}, ServiceUnavailableError, "127.0.0.1:9"),
        ({"relink": Path("in"), "dry_run": True}, ConfigurationError, "--relink"),
        ({"source": None, "relink": Path("in")}, CollectionNotFoundError, "no collection 'c'"),
    ],
)
def test_wrong_orders_say_what_and_the_remedy(
    options: dict[str, Any], kind: type[FaciesError], message: str, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(draw("in/1.png", 1).parent.parent)
    with pytest.raises(kind, match=message):
        run(Order(**({"source": "in", "collection": "c"} | options)))


@pytest.fixture
def indexed(draw: Draw, tmp_path: Path) -> Path:
    """A folder with one image, indexed into ``c`` with a model that no card names."""
    draw("in/1.png", 1)
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        index_source(workspace, PixelEmbedder(), "c", open_source(str(tmp_path / "in")))
    return tmp_path / "in"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_dry_run_makes_nothing(draw: Draw, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw("in/1.png", 1)
    assert run(Order(str(tmp_path / "in"), "c", dry_run=True, as_json=True)) == 0
    report = printed(capsys)
    assert (report["indexed"], report["collection"]) == (1, "c")
    assert not (tmp_path / "data").exists()


def test_relink_alone(indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    indexed.rename(tmp_path / "moved")
    assert run(Order(None, "c", relink=tmp_path / "moved", as_json=True)) == 0
    assert printed(capsys)["relinked"] == 1


def test_relink_says_what_is_still_missing(indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (indexed / "1.png").unlink()
    assert run(Order(None, "c", relink=indexed, as_json=True)) == 0
    report = printed(capsys)
    assert report["relinked"] == 0
    assert "1 images still miss their original" in report["notes"][0]


def test_another_model_cannot_join(indexed: Path) -> None:
    with pytest.raises(ConfigurationError, match="indexed with pixels"):
        run(Order(str(indexed), "c", model="efficientnet-lite0"))


def test_weights_need_a_model_where_no_collection_has_one(draw: Draw, tmp_path: Path) -> None:
    """The preset's first card with weights at hand would be another network than theirs."""
    draw("in/1.png", 1)
    weights = tmp_path / "mine.pth"
    weights.touch()
    order = Order(str(tmp_path / "in"), "c", preset="microfossils", weights=weights)
    with pytest.raises(ConfigurationError, match=r"give --model .*scampi-vits16 or efficientnet-lite0"):
        run(order)
    with pytest.raises(FaciesError, match=r"mine\.pth") as caught:
        run(dataclasses.replace(order, model="efficientnet-lite0"))  # named, it is the file that is looked at
    assert not isinstance(caught.value, ConfigurationError)
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        assert workspace.catalog.collections() == []


def test_the_table_is_for_people(draw: Draw, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw("in/1.png", 1)
    assert run(Order(str(tmp_path / "in"), "c", dry_run=True)) == 0
    captured = capsys.readouterr()
    assert "indexed" in captured.out
    assert "{" not in captured.out


def test_difficult_files_are_read_as_their_manifest_says(
    test_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = test_data("hard")
    assert run(Order(str(root), "c", dry_run=True, as_json=True)) == 0
    failed = {str(Path(f["path"]).relative_to(root)): f["reason"] for f in printed(capsys)["failures"]}
    with (root / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["file"] for row in rows if row["expect"] == "decode" and row["file"] in failed] == []
    assert [row["file"] for row in rows if row["expect"] == "refuse" and not failed.get(row["file"])] == []
