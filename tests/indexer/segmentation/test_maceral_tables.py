"""Tables of regions and totals."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import SegmentationError, StorageError
from facies.core.segmentation import ClassTable, SegmentationClass
from facies.indexer.segmentation.maceral_tables import (
    ImageRegions,
    count_pixels,
    region_columns,
    sum_macerals,
    tabulate_regions,
    tabulate_totals,
    total_columns,
    write_table,
)
from facies.indexer.segmentation.regions import measure_regions
from facies.models.macerals import MACERALS

MASK = np.array([[1, 1, 0, 0], [0, 0, 0, 2], [3, 0, 0, 2], [3, 0, 1, 0], [3, 0, 0, 0]], np.uint8)


def _found(name: str, mask: NDArray[np.uint8], scale: float | None = None) -> ImageRegions:
    return ImageRegions(name, count_pixels(mask, MACERALS), measure_regions(mask), scale)


def test_totals_have_counts_areas_and_both_shares() -> None:
    background, inertinite, vitrinite, liptinite = sum_macerals([_found("a", MASK, 0.5)], MACERALS)
    assert (inertinite.regions, inertinite.area_px, inertinite.area_um2) == (2, 3, 0.75)
    assert (vitrinite.regions, liptinite.regions) == (1, 1)
    assert inertinite.percent_of_image == pytest.approx(15)
    assert inertinite.percent_of_foreground == pytest.approx(100 * 3 / 8)
    assert background.regions is None
    assert background.percent_of_foreground is None
    assert background.percent_of_image == pytest.approx(60)


def test_shares_add_up() -> None:
    totals = sum_macerals([_found("a", MASK), _found("b", MASK.T.copy())], MACERALS)
    assert sum(total.percent_of_image for total in totals) == pytest.approx(100)
    assert sum(total.percent_of_foreground or 0 for total in totals) == pytest.approx(100)
    assert sum(total.area_px for total in totals) == 2 * MASK.size


def test_images_of_different_scales_are_added_by_area() -> None:
    full, half = np.full((2, 2), 1, np.uint8), np.full((4, 4), 2, np.uint8)
    totals = sum_macerals([_found("a", full, 1.0), _found("b", half, 0.5)], MACERALS)
    assert [total.percent_of_image for total in totals] == [0, 50, 50, 0]
    assert [total.area_px for total in totals] == [0, 4, 16, 0]


def test_totals_without_foreground_have_no_share_of_it() -> None:
    totals = sum_macerals([_found("a", np.zeros((3, 3), np.uint8))], MACERALS)
    assert {total.percent_of_foreground for total in totals} == {None}


def test_images_with_and_without_a_scale_are_not_added() -> None:
    with pytest.raises(SegmentationError, match="1 of them with a scale"):
        sum_macerals([_found("a", MASK), _found("b", MASK, 0.5)], MACERALS)
    with pytest.raises(SegmentationError, match="totals of 0 images"):
        sum_macerals([], MACERALS)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_a_scale_that_gives_no_areas_is_refused(scale: float) -> None:
    with pytest.raises(SegmentationError, match="expected more than 0"):
        _found("a", MASK, scale)


def test_regions_are_in_um_with_a_scale_and_in_pixels_without() -> None:
    scaled = list(tabulate_regions([_found("a", MASK, 2.0)], MACERALS))
    plain = list(tabulate_regions([_found("a", MASK)], MACERALS))
    assert set(scaled[0]) == set(region_columns(has_scale=True))
    assert set(plain[0]) == set(region_columns(has_scale=False))
    liptinite = next(row for row in scaled if row["name"] == "liptinite")
    assert liptinite["area_um2"] == 12
    assert liptinite["equivalent_diameter_um"] == pytest.approx(2 * 2 * np.sqrt(3 / np.pi), rel=1e-5)
    assert (liptinite["top"], liptinite["bottom"], liptinite["touches_edge"]) == (2, 5, "yes")
    assert not [column for column in plain[0] if "um" in column.split("_")]


def test_tables_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    table = ClassTable((SegmentationClass(0, "ground", (0, 0, 0)), SegmentationClass(7, 'a, "b"\n=1', (1, 2, 3))))
    mask = (MASK > 0).astype(np.uint8)
    found = ImageRegions('slide "1", top', count_pixels(mask, table), measure_regions(mask), 0.5)
    rows = list(tabulate_regions([found], table))
    assert write_table(rows, tmp_path / "regions.csv", columns=region_columns(has_scale=True)) == len(rows)
    with (tmp_path / "regions.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows] == [
        {key: row[key] for key in rows[0]} for row in read
    ]
    totals = list(tabulate_totals(sum_macerals([found], table)))
    write_table(totals, tmp_path / "macerals.csv", columns=total_columns(has_scale=True))
    with (tmp_path / "macerals.csv").open(newline="", encoding="utf-8") as file:
        background, foreground = list(csv.DictReader(file))
    assert (background["regions"], background["percent_of_foreground"]) == ("", "")
    assert (foreground["class"], foreground["name"], foreground["area_um2"]) == ("7", 'a, "b"\n=1', "2.0")


def test_a_table_without_rows_has_its_header(tmp_path: Path) -> None:
    write_table([], tmp_path / "regions.csv", columns=region_columns(has_scale=False))
    assert (tmp_path / "regions.csv").read_text().startswith("image,region,class,name,area_px,")


def test_a_folder_that_is_not_there_is_an_error_of_storage(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        write_table([], tmp_path / "none" / "t.csv", columns=("a",))
