"""Curves as LAS 2.0, read back by lasio."""

from __future__ import annotations

from pathlib import Path

import lasio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.errors import DepthError
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fractions import RowCounts, by_interval, by_step
from facies.indexer.segmentation.las_curves import WellHeader, make_mnemonics, write_las
from facies.indexer.segmentation.section_list import NamedInterval

TABLE = ClassTable.of_names(["Sandstone, fine", "Sandstone, coarse", "Ton & Übergang: grau"])


def draw_section(rows: int, top_m: float, seed: int) -> tuple[DepthScale, RowCounts]:
    counts = np.random.default_rng(seed).multinomial(40, [0.2, 0.3, 0.5], rows)
    return DepthScale(top_m, top_m + rows * 0.0005, rows), RowCounts(counts, 50, np.full(rows, 0.25))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    bins = by_step([draw_section(400, 1200.0, 1), draw_section(400, 1200.5, 2)])
    path = tmp_path / "core.las"
    write_las(path, bins, TABLE, WellHeader(well="NO 6407/6-5", field="Mikkel: west", company="Kåre\nAS"))
    las = lasio.read(path)
    assert las.version["VERS"].value == 2.0
    assert (las.well["STRT"].value, las.well["STOP"].value, las.well["STEP"].value) == (1200.005, 1200.695, 0.01)
    assert las.well["STRT"].unit == "M"
    assert las.well["WELL"].value == "NO 6407/6-5"
    assert las.well["FLD"].value == "Mikkel; west"
    assert las.well["COMP"].value == "Kare AS"
    assert las.keys() == ["DEPT", "SANDSTON", "SANDST_2", "TON_UBER", "ROCK", "UNCERT", "COVERED"]
    np.testing.assert_allclose(las["DEPT"], (bins.top_m + bins.base_m) / 2, atol=1e-6)
    for name, curve in zip(las.keys()[1:4], bins.fractions.T, strict=True):
        np.testing.assert_allclose(las[name], curve, atol=1e-6)
    np.testing.assert_allclose(las["ROCK"], bins.rock_share, atol=1e-6)
    np.testing.assert_allclose(las["UNCERT"], bins.uncertainty, atol=1e-6)
    np.testing.assert_allclose(las["COVERED"], bins.covered, atol=1e-6)
    assert np.isnan(las["ROCK"]).sum() == 30
    assert las.curves["SANDST_2"].descr == "fraction of the rock that is Sandstone, coarse, class 1"


def test_a_gap_holds_the_null_value_and_the_file_is_ascii_without_wrapped_lines(tmp_path: Path) -> None:
    path = tmp_path / "core.las"
    write_las(path, by_step([draw_section(40, 10.0, 1), draw_section(40, 10.05, 2)]), TABLE)
    text = path.read_bytes().decode("ascii")
    assert "-999.25" in text.split("~ASCII")[1].splitlines()[3]
    assert lasio.read(path).version["WRAP"].value == "NO"


def test_a_single_bin_is_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "core.las"
    write_las(path, by_step([draw_section(10, 10.0, 1)]), TABLE)
    assert lasio.read(path)["DEPT"].tolist() == [10.005]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=40))
def test_mnemonics_are_short_plain_and_unique(names: list[str]) -> None:
    made = make_mnemonics(names, range(len(names)))
    assert len(set(made)) == len(names)
    for one in made:
        assert 1 <= len(one) <= 8
        assert one.isascii()
        assert one.replace("_", "").isalnum()
        assert one == one.upper()
        assert one not in {"DEPT", "ROCK", "UNCERT", "COVERED"}


def test_bins_of_several_heights_make_no_file(tmp_path: Path) -> None:
    bins = by_interval([draw_section(40, 10.0, 1)], [NamedInterval(10.0, 10.01), NamedInterval(10.01, 10.03)])
    with pytest.raises(DepthError, match="one step"):
        write_las(tmp_path / "core.las", bins, TABLE)
    assert not (tmp_path / "core.las").exists()
