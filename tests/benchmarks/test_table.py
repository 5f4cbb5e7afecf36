"""Every figure is written with the machine and the commit it was measured on."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from benchmarks.machine import clean_environment, describe_machine, disk_mib, resident_mib
from benchmarks.table import Table


def test_rows_come_back_from_the_file_with_their_machine(tmp_path: Path) -> None:
    table = Table()
    assert table.add("search", "10k", "engine p50", 0.51234, "ms") == 0.51234
    table.add("search", "10k", "recall", 1.0)
    with table.write(tmp_path / "new").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["room"], r["case"], r["quantity"], r["value"], r["unit"]) for r in rows] == [
        ("search", "10k", "engine p50", "0.5123", "ms"),
        ("search", "10k", "recall", "1", ""),
    ]
    for row in rows:
        assert {name: row[name] for name in table.machine} == dict(table.machine)
        assert re.fullmatch(r"\d+\.\d\d", row["load_before"])
        assert re.fullmatch(r"\d+\.\d\d", row["load_after"])


def test_a_figure_is_found_again_and_a_missing_one_is_none() -> None:
    table = Table()
    table.add("a", "b", "c", 2.5)
    assert table.value("a", "b", "c") == 2.5
    assert table.value("a", "b", "d") is None
    assert "2.5" in table.text()


def test_the_machine_is_described_in_full() -> None:
    about = describe_machine()
    assert {"commit", "cpu", "cores", "memory_gib", "torch", "openvino", "qdrant-edge-py"} <= about.keys()
    assert all(about.values())
    assert re.fullmatch(r"unknown|[0-9a-f]{12}(\+changes)?", about["commit"])
    assert float(about["memory_gib"]) > 0


def test_a_side_inherits_nothing_that_steers_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_WAIT_POLICY", "FACIES_MODELS__THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HARMLESS", "1")
    assert {"OMP_WAIT_POLICY", "FACIES_MODELS__THREADS", "MKL_NUM_THREADS"}.isdisjoint(clean_environment())
    assert clean_environment()["HARMLESS"] == "1"


def test_space_is_what_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "full").write_bytes(b"x" * 2**20)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**30)
    assert disk_mib(tmp_path) == pytest.approx(1, abs=0.1)
    assert resident_mib(2**30) == 0  # no such process
