"""The files about a core as a whole."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import ConfigurationError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation.core_files import check_overwriting, write_core_files, write_report
from facies.indexer.segmentation.core_order import CoreOrder
from facies.indexer.segmentation.depth import DepthScale, Section
from facies.indexer.segmentation.fractions import RowCounts
from facies.indexer.segmentation.las_curves import WellHeader
from facies.indexer.segmentation.section_file import DoneSection
from facies.indexer.segmentation.section_list import NamedInterval

TABLE = ClassTable.of_names(["shale", "sand"])


def half_and_half(rows: int = 40, width: int = 10) -> DoneSection:
    """Shale above, sand below."""
    counts = np.zeros((rows, 2), np.int64)
    counts[: rows // 2, 0] = counts[rows // 2 :, 1] = width
    classes = counts.argmax(axis=1).astype(np.uint8)[:, None].repeat(width, axis=1)
    image = np.full((rows, width, 3), 120, np.uint8)
    return DoneSection(RowCounts(counts, width, np.zeros(rows)), image, classes, {})


def order(folder: Path, *, intervals: tuple[NamedInterval, ...] = ()) -> CoreOrder:
    section = Section(Path("box.png"), 50.0, 50.4)
    return CoreOrder(Path("m"), folder, (section,), intervals=intervals, header=WellHeader(well="A-1"))


def test_without_depths_there_are_rows_alone(tmp_path: Path) -> None:
    assert write_core_files(order(tmp_path), TABLE, [("box.png", None, half_and_half())]) == ["fractions.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["fractions.csv"]


def test_with_depths_the_tables_say_where_the_sand_begins(tmp_path: Path) -> None:
    named = [("box.png", DepthScale(50.0, 50.4, 40), half_and_half())]
    wanted = order(tmp_path, intervals=(NamedInterval(50.1, 50.3, "the change"),))
    files = write_core_files(wanted, TABLE, named)
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    intervals = (tmp_path / "intervals.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in intervals[1:]] == [["50.00000", "50.20000"], ["50.20000", "50.40000"]]
    assert "the change" in (tmp_path / "fractions_by_interval.csv").read_text()
    assert "A-1" in (tmp_path / "core.las").read_text()


def test_a_report_takes_tables_with_it_that_an_earlier_one_names(tmp_path: Path) -> None:
    for name in ("core.las", "intervals.csv", "mine.txt"):
        (tmp_path / name).write_text("x")
    write_report(tmp_path, {"files": ["core.las", "mine.txt", "../x", 7]})
    write_report(tmp_path, {"files": ["fractions.csv"]})
    assert {path.name for path in tmp_path.iterdir()} == {"intervals.csv", "mine.txt", "report.json"}
    assert json.loads((tmp_path / "report.json").read_text()) == {"files": ["fractions.csv"]}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "{", "\x00"])
def test_an_earlier_report_that_is_none_takes_nothing_with_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "core.las").write_text("x")
    (tmp_path / "report.json").write_text(text)
    write_report(tmp_path, {"files": []})
    assert (tmp_path / "core.las").is_file()


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    out, image = tmp_path / "out", tmp_path / "box.png"
    below = out / "sections" / "box"
    sections = (Section(image, 50.0, 50.4), Section(below / "rock.png", 51.0, 51.4))
    good = CoreOrder(tmp_path / "m", out, image=image, lists=(out / "sections.csv",))
    check_overwriting(good)
    check_overwriting(replace(good, image=below / "mask.png"))
    for wrong in (
        *(replace(good, image=out / name) for name in ("mask.png", "overlay.jpg", "report.json", "section.npz")),
        replace(good, model=out / "core.las"),
        replace(good, lists=(out / "intervals.csv",)),
        replace(good, image=None, sections=(sections[0], Section(below / "rock.png", 51.0, 51.4)), is_list=True),
    ):
        with pytest.raises(ConfigurationError, match="would be written over"):
            check_overwriting(wrong)


def test_a_link_to_what_will_be_written_is_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"a photograph")
    (tmp_path / "link.png").symlink_to(tmp_path / "mask.png")
    with pytest.raises(ConfigurationError, match=r"link\.png would be written over"):
        check_overwriting(CoreOrder(Path("m"), tmp_path, image=tmp_path / "link.png"))
