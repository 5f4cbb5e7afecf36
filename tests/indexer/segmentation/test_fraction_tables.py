"""Tables of fractions and intervals, read back by the csv module."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fraction_tables import write_depth_fractions, write_intervals, write_row_fractions
from facies.indexer.segmentation.fractions import RowCounts, by_interval, by_step
from facies.indexer.segmentation.intervals import find_intervals
from facies.indexer.segmentation.section_list import NamedInterval

TABLE = ClassTable.of_names(['sand, "fine"', "=shale"])
COUNTED = RowCounts(np.array([[3, 1], [0, 0], [0, 4]]), 5, np.array([0.5, math.nan, 0.25]))
SCALE = DepthScale(100.0, 100.03, 3)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, strict=True))


def test_rows_have_their_depth_and_empty_cells_where_there_is_no_rock(tmp_path: Path) -> None:
    path = tmp_path / "fractions.csv"
    write_row_fractions(path, [("a,b.png", SCALE, COUNTED), ("c.png", None, COUNTED)], TABLE)
    rows = read(path)
    assert list(rows[0]) == [
        "section",
        "row",
        "depth_m",
        "rock_share",
        "uncertainty",
        'fraction_sand, "fine"',
        "fraction_=shale",
    ]
    assert list(rows[0].values()) == ["a,b.png", "0", "100.00500", "0.800000", "0.500000", "0.750000", "0.250000"]
    assert list(rows[1].values()) == ["a,b.png", "1", "100.01500", "0.000000", "", "", ""]
    assert [row["depth_m"] for row in rows[3:]] == ["", "", ""]


def test_bins_have_names_where_they_were_given(tmp_path: Path) -> None:
    write_depth_fractions(tmp_path / "cm.csv", by_step([(SCALE, COUNTED)]), TABLE)
    rows = read(tmp_path / "cm.csv")
    assert "name" not in rows[0]
    assert (rows[0]["top_m"], rows[0]["base_m"], rows[0]["covered"]) == ("100.00000", "100.01000", "1.000000")
    assert float(rows[2]["fraction_=shale"]) == 1.0
    asked = by_interval([(SCALE, COUNTED)], [NamedInterval(100.0, 100.03, "all")])
    write_depth_fractions(tmp_path / "named.csv", asked, TABLE)
    row = read(tmp_path / "named.csv")[0]
    assert row["name"] == "all"
    assert float(row["rock_share"]) == pytest.approx(8 / 15, abs=1e-6)
    assert float(row['fraction_sand, "fine"']) == pytest.approx(3 / 8)


def test_intervals_name_their_class_or_none(tmp_path: Path) -> None:
    path = tmp_path / "intervals.csv"
    write_intervals(path, find_intervals([(SCALE, COUNTED)], 0.01), TABLE)
    rows = read(path)
    assert [(row["class_id"], row["class"], row["purity"]) for row in rows] == [
        ("0", 'sand, "fine"', "0.750000"),
        ("", "", ""),
        ("1", "=shale", "1.000000"),
    ]
    assert [row["thickness_m"] for row in rows] == ["0.01000"] * 3
