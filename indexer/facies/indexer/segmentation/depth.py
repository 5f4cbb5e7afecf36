"""Where the rows of core photographs lie: sections with a top and a base or a scale, in depth order, gaps kept as gaps.

Depth grows downwards and row by row. A section's rows are of one height and fill it from top to base; what is said of a
row is said of its centre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.indexer.segmentation.scales import check_mm_per_px

MAX_DEPTH_M: Final = 20_000.0
"""Deeper than the deepest well; above it there is a slip, such as feet or millimetres for metres."""
_OVERLAP_ROWS: Final = 1.0
"""A scale times a number of rows need not come out at the next top: as many rows may be shared by two sections."""
_UNLIKE_SCALES: Final = 0.1
"""Neighbours of one core are photographed alike: beyond this relative difference of scale a depth is in doubt."""

Depths = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Section:
    """A photograph of a piece of core, and what was said of its depth.

    Attributes:
        image: the file.
        top_m: depth of the upper edge of the first row.
        base_m: depth of the lower edge of the last row; None where a scale is given.
        mm_per_px: height of a row; None where a base is given.
    """

    image: Path
    top_m: float
    base_m: float | None = None
    mm_per_px: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            DepthError: both or neither of base and scale are given, or a number makes no sense.
        """
        name = self.image.name
        if (self.base_m is None) == (self.mm_per_px is None):
            came = "neither" if self.base_m is None else "both"
            raise DepthError(f"section {name} has {came} of base_m and mm_per_px; give exactly one of them")
        for word, depth in (("top_m", self.top_m), ("base_m", self.base_m)):
            if depth is not None and not (math.isfinite(depth) and abs(depth) <= MAX_DEPTH_M):
                raise DepthError(
                    f"section {name} has {word} {depth:g}, expected metres between -{MAX_DEPTH_M:,.0f} and "
                    f"{MAX_DEPTH_M:,.0f}"
                )
        if self.base_m is not None and self.base_m <= self.top_m:
            raise DepthError(
                f"section {name} has its base at {self.base_m:g} m, expected below its top at {self.top_m:g} m; depths "
                "grow downwards"
            )
        check_mm_per_px(self.mm_per_px, f"mm_per_px of section {name}", DepthError)

    def scale(self, rows: int) -> DepthScale:
        """Place the rows of the picture.

        Args:
            rows: height of the picture in pixels.

        Raises:
            DepthError: there are none.
        """
        if self.base_m is not None:
            return DepthScale(self.top_m, self.base_m, rows)
        return DepthScale(self.top_m, self.top_m + rows * (self.mm_per_px or 0.0) / 1000, rows)


@dataclass(frozen=True, slots=True)
class DepthScale:
    """Rows of one height between two depths.

    Attributes:
        top_m: upper edge of row 0.
        base_m: lower edge of the last row.
        rows: how many there are.

    Example:
        >>> scale = DepthScale(1200.0, 1200.4, 4)
        >>> scale.row_at(1200.25), scale.row_at(1201.0)
        (2, None)
    """

    top_m: float
    base_m: float
    rows: int

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            DepthError: no rows, or a base that is not below the top.
        """
        if self.rows < 1 or not self.base_m > self.top_m:
            raise DepthError(
                f"{self.rows} rows between {self.top_m:g} and {self.base_m:g} m, expected at least one row, and a base "
                "below the top"
            )

    @property
    def row_height_m(self) -> float:
        """Height of a row in metres."""
        return (self.base_m - self.top_m) / self.rows

    @property
    def mm_per_px(self) -> float:
        """Height of a row in millimetres."""
        return 1000 * self.row_height_m

    def edges_m(self) -> Depths:
        """Depths of the upper edges of all rows, and last the lower edge of the last: shape (rows + 1,), float64."""
        return np.linspace(self.top_m, self.base_m, self.rows + 1)

    def centres_m(self) -> Depths:
        """Depths of the centres of all rows: shape (rows,), float64."""
        edges = self.edges_m()
        centres: Depths = (edges[:-1] + edges[1:]) / 2
        return centres

    def depth_m(self, row: float) -> float:
        """Depth of the centre of a row."""
        return self.top_m + (row + 0.5) * self.row_height_m

    def row_at(self, depth_m: float) -> int | None:
        """The row that holds a depth; the base belongs to the last row. None where the depth is outside."""
        if not self.top_m <= depth_m <= self.base_m:
            return None
        return min(int((depth_m - self.top_m) / self.row_height_m), self.rows - 1)


@dataclass(frozen=True, slots=True)
class PlacedSection:
    """A section whose picture's height is known."""

    section: Section
    scale: DepthScale


@dataclass(frozen=True, slots=True)
class Core:
    """The sections of a core in depth order.

    Attributes:
        sections: from the top down; between them may be gaps.
        notes: what a person should look at.
    """

    sections: tuple[PlacedSection, ...]
    notes: tuple[str, ...] = ()


def place_sections(sections: Sequence[Section], heights: Sequence[int]) -> Core:
    """Put sections in depth order and refuse those that overlap.

    Args:
        sections: in any order.
        heights: of their pictures, in pixels.

    Raises:
        DepthError: there are no sections, or two hold the same depths by more than a row.
    """
    if not sections:
        raise DepthError("a core has no sections, expected at least one photograph with its depth")
    placed = [PlacedSection(section, section.scale(rows)) for section, rows in zip(sections, heights, strict=True)]
    placed.sort(key=lambda one: (one.scale.top_m, one.scale.base_m, one.section.image.name))
    notes = []
    for upper, lower in pairwise(placed):
        _check_apart(upper, lower)
        one, other = upper.scale.mm_per_px, lower.scale.mm_per_px
        if abs(one - other) > _UNLIKE_SCALES * max(one, other):
            notes.append(
                f"{upper.section.image.name} has {one:.4g} mm in a row and the next, {lower.section.image.name}, "
                f"{other:.4g}: unless they were photographed at different scales, a depth of one of them is wrong"
            )
    return Core(tuple(placed), tuple(notes))


def _check_apart(upper: PlacedSection, lower: PlacedSection) -> None:
    shared_m = upper.scale.base_m - lower.scale.top_m
    row_m = min(upper.scale.row_height_m, lower.scale.row_height_m)
    if shared_m > _OVERLAP_ROWS * row_m * (1 + 1e-6):
        raise DepthError(
            f"sections {upper.section.image.name} ({upper.scale.top_m:.10g} to {upper.scale.base_m:.10g} m) and "
            f"{lower.section.image.name} ({lower.scale.top_m:.10g} to {lower.scale.base_m:.10g} m) overlap by "
            f"{shared_m:.4g} m; correct their depths, or leave one of them out"
        )
