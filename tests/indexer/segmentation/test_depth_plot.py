"""A core drawn by depth, looked at pixel by pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, DepthError, MaskSizeError
from facies.core.images import RgbImage
from facies.core.segmentation.class_table import ClassTable, SegmentationClass
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.depth_plot import Strip, make_strip, page_height_in, write_depth_plot
from facies.indexer.segmentation.fractions import RowCounts, RowTally
from facies.indexer.segmentation.intervals import find_intervals

RED, BLUE = (220, 20, 30), (10, 60, 230)
TABLE = ClassTable((SegmentationClass(0, "sand, $red$", RED), SegmentationClass(7, "頁岩 shale", BLUE)))


def draw_strip(name: str, top_m: float, rows: int = 200, *, barren: slice = slice(0, 0)) -> Strip:
    """Upper half red, lower half blue."""
    classes = np.zeros((rows, 40), dtype=np.uint8)
    classes[rows // 2 :] = 1
    rock = np.ones((rows, 40), dtype=np.bool_)
    rock[barren] = False
    tally = RowTally((rows, 40), len(TABLE))
    tally.add(0, classes, np.full((rows, 40), 0.5), rock)
    image = np.full((rows, 40, 3), 128, dtype=np.uint8)
    return make_strip(name, DepthScale(top_m, top_m + 1.0, rows), tally.finish(), image, classes)


def draw(path: Path, strips: list[Strip], title: str = "") -> RgbImage:
    intervals = find_intervals([(one.scale, one.rows) for one in strips], 0.05)
    write_depth_plot(path, strips, intervals, TABLE, title=title)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def rows_with(picture: RgbImage, colour: tuple[int, int, int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows of the page on which many pixels are of a colour."""
    return np.flatnonzero((np.abs(picture.astype(int) - colour).max(axis=2) < 12).sum(axis=1) > 100)


def test_classes_lie_at_their_depths_and_gaps_stay_empty(tmp_path: Path) -> None:
    picture = draw(tmp_path / "core.png", [draw_strip("a", 10.0), draw_strip("b", 12.0)])
    red, blue = rows_with(picture, RED), rows_with(picture, BLUE)
    top, base = red.min(), blue.max()
    metre = (base - top) / 3  # from 10 to 13 m
    for rows, ends in ((red, (0, 0.5, 2, 2.5)), (blue, (0.5, 1, 2.5, 3))):
        breaks = np.flatnonzero(np.diff(rows) > 1)
        assert len(breaks) == 1
        found = [rows[0], rows[breaks[0]], rows[breaks[0] + 1], rows[-1]]
        np.testing.assert_allclose((np.array(found) - top) / metre, ends, atol=0.02)


def test_rows_without_rock_have_neither_fraction_nor_interval(tmp_path: Path) -> None:
    whole = draw(tmp_path / "a.png", [draw_strip("a", 10.0)])
    part = draw(tmp_path / "b.png", [draw_strip("a", 10.0, barren=slice(40, 80))])

    def count_red(picture: RgbImage) -> int:
        return int((np.abs(picture.astype(int) - RED).max(axis=2) < 12).sum())

    # The strip of classes keeps its colour: of the three that are red, it is 1.25 parts of 5.2.
    assert count_red(part) == pytest.approx(count_red(whole) * (1 - 0.4 * 3.95 / 5.2), rel=0.05)


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_same_core_gives_the_same_file_of_each_kind(tmp_path: Path, suffix: str) -> None:
    strips = [draw_strip("a", 10.0)]
    intervals = find_intervals([(one.scale, one.rows) for one in strips], 0.05)
    for name in ("one", "two"):
        write_depth_plot(tmp_path / f"{name}{suffix}", strips, intervals, TABLE, title="$ and \\frac, 岩")
    data = (tmp_path / f"one{suffix}").read_bytes()
    assert data.startswith({".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[suffix])
    assert data == (tmp_path / f"two{suffix}").read_bytes()


def test_thirty_classes_and_forty_sections_fit_one_page(tmp_path: Path) -> None:
    table = ClassTable.of_names([f"class of rock with a long name {at}" for at in range(30)])
    strips = []
    for at in range(40):
        classes = np.tile(np.arange(30, dtype=np.uint8).repeat(2)[:, None], (1, 10))
        counts = np.eye(30, dtype=np.int64)[classes[:, 0]] * 10
        scale = DepthScale(float(at), at + 1.0, 60)
        image = np.zeros((60, 10, 3), dtype=np.uint8)
        strips.append(make_strip(f"{at}.png", scale, RowCounts(counts, 10, np.zeros(60)), image, classes))
    write_depth_plot(tmp_path / "core.png", strips, [], table)
    with Image.open(tmp_path / "core.png") as picture:
        assert picture.size[1] == pytest.approx(34 * 130, abs=2)
        edge = np.asarray(picture.convert("L"))[:, -8:]
    assert edge.min() > 250  # no name runs over the edge of the page


def test_pages_grow_with_sections_within_bounds() -> None:
    strip = draw_strip("a", 1.0, 10)
    heights = [page_height_in([strip] * count) for count in (1, 2, 4, 9, 500)]
    assert heights == sorted(heights)
    assert heights[0] == 8.5
    assert heights[-1] == 34


def test_strips_of_tall_pictures_are_small() -> None:
    rows = RowCounts(np.full((9000, 2), 5), 10, np.zeros(9000))
    scale = DepthScale(0, 1, 9000)
    strip = make_strip("a", scale, rows, np.zeros((9000, 10, 3), np.uint8), np.zeros((9000, 10), np.uint8))
    assert len(strip.image) == len(strip.classes) <= 2400
    with pytest.raises(MaskSizeError, match="9000"):
        make_strip("a", scale, rows, np.zeros((9000, 10, 3), np.uint8), np.zeros((8999, 10), np.uint8))


def test_other_files_and_cores_without_sections_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"must end in \.png, \.pdf, \.svg"):
        write_depth_plot(tmp_path / "core.gif", [draw_strip("a", 1.0)], [], TABLE)
    with pytest.raises(DepthError, match="no sections"):
        write_depth_plot(tmp_path / "core.png", [], [], TABLE)
