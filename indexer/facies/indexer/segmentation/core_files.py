"""The files about a core as a whole: fractions, intervals, curves, a plot by depth, and the report of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import StorageError
from facies.core.new_files import new_file
from facies.indexer.segmentation.depth_plot import make_strip, write_depth_plot
from facies.indexer.segmentation.fraction_tables import write_depth_fractions, write_intervals, write_row_fractions
from facies.indexer.segmentation.fractions import by_interval, by_step
from facies.indexer.segmentation.intervals import find_intervals
from facies.indexer.segmentation.las_curves import write_las
from facies.indexer.segmentation.overwriting import refuse_overwriting
from facies.indexer.segmentation.section_file import NAME as SECTION
from facies.indexer.segmentation.section_run import MASK, OVERLAYS, ROCK, UNCERTAINTY

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
_TABLES_BY_DEPTH: Final = (STEPS, BY_INTERVAL, INTERVALS, CURVES, PLOT)


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


def check_overwriting(order: CoreOrder) -> None:
    """Refuse an order whose files would be written over what goes in.

    Raises:
        ConfigurationError: names the file.
    """
    folders = order.folders().values() if order.sections else [order.out]
    pictures = [folder / name for folder in folders for name in (MASK, UNCERTAINTY, ROCK, *OVERLAYS, SECTION)]
    read = [order.model, *order.lists, *(section.image for section in order.sections)]
    if order.image is not None:
        read.append(order.image)
    refuse_overwriting(read, [*pictures, *report_files(order.out), order.out / ROWS])


def report_files(folder: Path) -> list[Path]:
    """What `write_report` writes to a folder, and what it may remove there."""
    return [folder / name for name in (REPORT, *_TABLES_BY_DEPTH)]


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write ``report.json``, and remove the tables that an earlier report names and this one does not.

    Curves of another photograph that lie beside these tables would be taken for this one's.

    Raises:
        StorageError: the system refuses.
    """
    for name in _tables_of(folder / REPORT) - set(report["files"]):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(folder / name, error.strerror or str(error)) from error
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    with new_file(folder / REPORT) as part:
        part.write_text(text, encoding="utf-8")


def _tables_of(report: Path) -> set[str]:
    """The tables that an earlier run wrote here: of what a report says only names of tables are believed."""
    try:
        found = json.loads(report.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return set(_TABLES_BY_DEPTH).intersection(found if isinstance(found, list) else [])
