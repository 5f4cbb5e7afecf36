"""The files about a core as a whole: fractions, intervals, curves, a plot by depth, and the report of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.indexer.new_files import new_file
from facies.indexer.segmentation.depth_plot import make_strip, write_depth_plot
from facies.indexer.segmentation.fraction_tables import write_depth_fractions, write_intervals, write_row_fractions
from facies.indexer.segmentation.fractions import by_interval, by_step
from facies.indexer.segmentation.intervals import find_intervals
from facies.indexer.segmentation.las_curves import write_las

if TYPE_CHECKING:
    from facies.core.segmentation import ClassTable
    from facies.indexer.segmentation.core_order import CoreOrder
    from facies.indexer.segmentation.depth import DepthScale
    from facies.indexer.segmentation.section_file import DoneSection

ROWS: Final = "fractions.csv"
STEPS: Final = "fractions_by_depth.csv"
BY_INTERVAL: Final = "fractions_by_interval.csv"
INTERVALS: Final = "intervals.csv"
CURVES: Final = "core.las"
PLOT: Final = "depth_plot.png"
REPORT: Final = "report.json"


def write_core_files(
    order: CoreOrder, table: ClassTable, named: Sequence[tuple[str, DepthScale | None, DoneSection]]
) -> list[str]:
    """Write the tables of a core; those by depth only where depths are known.

    Args:
        order: what is wanted, and the folder.
        table: the classes.
        named: sections in depth order: name, depths where they are known, and what was found.

    Returns:
        the names of the files.

    Raises:
        DepthError: bins that would be too many, or of no height.
        StorageError: the files cannot be written.
    """
    write_row_fractions(order.out / ROWS, [(name, scale, done.rows) for name, scale, done in named], table)
    placed = [(name, scale, done) for name, scale, done in named if scale is not None]
    if not placed:
        return [ROWS]
    rows = [(scale, done.rows) for _, scale, done in placed]
    bins = by_step(rows, order.step_m)
    write_depth_fractions(order.out / STEPS, bins, table)
    write_las(order.out / CURVES, bins, table, order.header)
    intervals = find_intervals(rows, order.least_m)
    write_intervals(order.out / INTERVALS, intervals, table)
    strips = [make_strip(name, scale, done.rows, done.image, done.classes) for name, scale, done in placed]
    write_depth_plot(order.out / PLOT, strips, intervals, table, title=order.header.well if order.header else "")
    files = [ROWS, STEPS, CURVES, INTERVALS, PLOT]
    if order.intervals:
        write_depth_fractions(order.out / BY_INTERVAL, by_interval(rows, order.intervals), table)
        files.append(BY_INTERVAL)
    return files


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write ``report.json``.

    Raises:
        StorageError: the system refuses.
    """
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    with new_file(folder / REPORT) as part:
        part.write_text(text, encoding="utf-8")
