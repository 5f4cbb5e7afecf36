from __future__ import annotations

import json
from pathlib import Path

import pytest

from facies.api.alone import build_graph, open_bar, open_data, print_report
from facies.core.errors import StoreLockedError
from facies.core.settings import Settings, StoreSettings
from facies.core.store import CollectionSchema


def test_one_command_at_a_time_has_the_data(settings: Settings) -> None:
    with open_data("a copy", settings), pytest.raises(StoreLockedError, match="a copy needs the data to itself"):
        open_data("a copy", settings)


def test_the_report_goes_to_one_stream_and_the_notes_to_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_report({"images": 2}, "two images", ["one lacks a thumbnail"], json=False)
    print_report({"images": 2}, "two images", [], json=True)
    captured = capsys.readouterr()
    text, last = captured.out.splitlines()
    assert (text, json.loads(last)) == ("two images", {"images": 2})
    assert captured.err == "note: one lacks a thumbnail\n"


def test_a_small_collection_gets_no_graph(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", store=StoreSettings(graph_above=1000))
    with open_data("a copy", settings) as workspace, open_bar("copying"):
        workspace.store.ensure("c", CollectionSchema({"v": 4}))
        assert build_graph(workspace.store, "c", settings) == []
