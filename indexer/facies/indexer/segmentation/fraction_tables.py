"""Fractions and intervals as CSV: units in the names of the columns, an empty cell where nothing is known.

The columns of classes are called ``fraction_`` and the name of the class, so that no class can be taken for another
column.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from facies.core.new_files import new_file
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.exchange.labels.text_tables import TableWriter
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fractions import DepthFractions, RowCounts
from facies.indexer.segmentation.intervals import Interval

Placed = tuple[str, DepthScale | None, RowCounts]
"""A section's name, its depths where they are known, and its rows."""


def write_row_fractions(path: Path, sections: Iterable[Placed], table: ClassTable) -> None:
    """Write a row of text for each row of the pictures, in the order of the sections.

    Raises:
        StorageError: the system refuses.
    """
    header = ["section", "row", "depth_m", "rock_share", "uncertainty", *_fraction_names(table)]
    _write(path, header, _row_cells(sections))


def write_depth_fractions(path: Path, bins: DepthFractions, table: ClassTable) -> None:
    """Write a row of text for each bin of depth; a column ``name`` where bins have names.

    Raises:
        StorageError: the system refuses.
    """
    named = any(bins.names)
    header = ["top_m", "base_m", *(["name"] if named else []), "covered", "rock_share", "uncertainty"]
    _write(path, [*header, *_fraction_names(table)], _bin_cells(bins, named=named))


def write_intervals(path: Path, intervals: Sequence[Interval], table: ClassTable) -> None:
    """Write a row of text for each interval; without rock, class and purity are empty.

    Raises:
        StorageError: the system refuses.
    """
    header = ["top_m", "base_m", "thickness_m", "class_id", "class", "purity", "rock_share"]
    _write(path, header, (_interval_cells(one, table) for one in intervals))


def _interval_cells(one: Interval, table: ClassTable) -> list[str]:
    known = None if one.index is None else table.classes[one.index]
    return [
        _depth(one.top_m),
        _depth(one.base_m),
        _depth(one.thickness_m),
        "" if known is None else str(known.id),
        "" if known is None else known.name,
        _share(one.purity),
        _share(one.rock_share),
    ]


def _row_cells(sections: Iterable[Placed]) -> Iterator[list[str]]:
    for name, scale, rows in sections:
        depths = [""] * len(rows.counts) if scale is None else [_depth(depth) for depth in scale.centres_m()]
        shares, doubt, fractions = rows.rock_share.tolist(), rows.uncertainty.tolist(), rows.fractions.tolist()
        for row, depth in enumerate(depths):
            yield [name, str(row), depth, _share(shares[row]), _share(doubt[row]), *map(_share, fractions[row])]


def _bin_cells(bins: DepthFractions, *, named: bool) -> Iterator[list[str]]:
    for at, name in enumerate(bins.names):
        numbers = [bins.covered[at], bins.rock_share[at], bins.uncertainty[at], *bins.fractions[at]]
        place = [_depth(bins.top_m[at]), _depth(bins.base_m[at])]
        yield [*place, *([name] if named else []), *map(_share, numbers)]


def _fraction_names(table: ClassTable) -> list[str]:
    return [f"fraction_{name}" for name in table.names]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with new_file(path) as part, part.open("w", encoding="utf-8", newline="") as text:
        table = TableWriter(text)
        table.write(header)
        for row in rows:
            table.write(row)


def _depth(depth_m: float) -> str:
    """A depth to a hundredth of a millimetre, less than a row of any core."""
    return f"{depth_m:.5f}"


def _share(share: float) -> str:
    return "" if math.isnan(share) else f"{share:.6f}"
