"""How much of the rock is of which class: by row of a picture, by centimetre of depth, by interval.

Rows are counted as bands of a mask come by, so that no array is as large as the picture. What is said of depths is an
integral: rows are bands of constant fractions, and a bin of depth takes of each row the part that lies in it. Thus
nothing is counted twice or lost at the edges of bins, bins may be thinner than rows, and sections of different scales
weigh by the depth that they cover, not by their pixels. Fractions are of rock, and sum up to 1 wherever there is some.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.section_list import NamedInterval

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]

MAX_BINS: Final = 2_000_000
CENTIMETRE_M: Final = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class RowCounts:
    """What each row of a picture holds.

    Attributes:
        counts: pixels of rock by class: shape (rows, K), int64; 0 for classes that are not rock.
        width: pixels in a row.
        uncertainty: mean over the rock of a row, 0 to 1: shape (rows,), float64, NaN without rock.
    """

    counts: Counts
    width: int
    uncertainty: Shares

    @property
    def rock(self) -> Counts:
        """Pixels of rock in each row: shape (rows,), int64."""
        rock: Counts = self.counts.sum(axis=1)
        return rock

    @property
    def rock_share(self) -> Shares:
        """Share of each row that is rock: shape (rows,), float64, 0 to 1."""
        share: Shares = self.rock / self.width
        return share

    @property
    def fractions(self) -> Shares:
        """Fractions of the rock by class: shape (rows, K), float64; NaN in rows without rock."""
        return _divide(self.counts.astype(np.float64), self.rock.astype(np.float64))


class RowTally:
    """Counts rows of a picture while bands of its mask come by, in any order, each row once."""

    def __init__(self, shape: tuple[int, int], classes: int, not_rock: Collection[int] = ()) -> None:
        """Begin with nothing.

        Args:
            shape: height and width of the picture.
            classes: K.
            not_rock: indices of classes that are no rock, such as the tray.
        """
        self._shape = shape
        self._is_rock = np.ones(classes, dtype=np.bool_)
        self._is_rock[list(not_rock)] = False
        self._counts = np.zeros((shape[0], classes), dtype=np.int64)
        self._doubt = np.zeros(shape[0])
        self._seen = np.zeros(shape[0], dtype=np.bool_)

    def add(
        self,
        top: int,
        classes: NDArray[np.integer],
        uncertainty: NDArray[np.floating],
        rock: NDArray[np.bool_] | None = None,
    ) -> None:
        """Count a band.

        Args:
            top: its first row.
            classes: shape (h, width), integers, indices of classes.
            uncertainty: shape (h, width), 0 to 1.
            rock: shape (h, width), true where there is rock; None: everywhere.

        Raises:
            DepthError: the band does not lie in the picture, or was counted before.
        """
        height, width = classes.shape
        rows = slice(top, top + height)
        if width != self._shape[1] or top < 0 or top + height > self._shape[0] or self._seen[rows].any():
            raise DepthError(
                f"a band of {height} rows from row {top}, {width} px wide, cannot be counted in a picture of "
                f"{self._shape[0]} rows of {self._shape[1]} px, each row of which is counted once"
            )
        kinds = self._counts.shape[1]
        is_rock = self._is_rock[classes] if rock is None else self._is_rock[classes] & rock
        slots = np.arange(height)[:, None] * (kinds + 1) + np.where(is_rock, classes, kinds)
        counted = np.bincount(slots.ravel(), minlength=height * (kinds + 1)).reshape(height, kinds + 1)
        self._counts[rows] = counted[:, :kinds]
        self._doubt[rows] = np.where(is_rock, uncertainty, 0).sum(axis=1, dtype=np.float64)
        self._seen[rows] = True

    def finish(self) -> RowCounts:
        """Give the counts.

        Raises:
            DepthError: some rows were never counted.
        """
        if not self._seen.all():
            lacking = np.flatnonzero(~self._seen)
            raise DepthError(
                f"{len(lacking):,} of {len(self._seen):,} rows were never counted, the first is row {lacking[0]}"
            )
        return RowCounts(
            self._counts, self._shape[1], _divide(self._doubt, self._counts.sum(axis=1).astype(np.float64))
        )


@dataclass(frozen=True, slots=True, eq=False)
class DepthFractions:
    """What bins of depth hold.

    Attributes:
        top_m: upper ends of the bins: shape (n,), float64.
        base_m: lower ends: shape (n,).
        fractions: of the rock by class: shape (n, K); NaN in bins without rock.
        rock_share: share of what was photographed that is rock: shape (n,), NaN in bins without a photograph.
        covered: share of the bin's height that was photographed: shape (n,), 0 to 1.
        uncertainty: mean over the rock: shape (n,), NaN without rock.
        names: of the bins, empty texts where they have none.
    """

    top_m: Shares
    base_m: Shares
    fractions: Shares
    rock_share: Shares
    covered: Shares
    uncertainty: Shares
    names: tuple[str, ...]


def by_step(sections: Sequence[tuple[DepthScale, RowCounts]], step_m: float = CENTIMETRE_M) -> DepthFractions:
    """Fractions in bins of one height that begin at whole multiples of it, from the first top to the last base.

    Args:
        sections: of one core, at least one.
        step_m: height of a bin.

    Raises:
        DepthError: no height, or more than two million bins.
    """
    edges = step_edges_m([scale for scale, _ in sections], step_m)
    return _integrate(sections, edges[:-1], edges[1:], ("",) * (len(edges) - 1))


def check_step(step_m: float) -> None:
    """Refuse a height of bins that makes no sense.

    Raises:
        DepthError: it is no number, or not above 0.
    """
    if not (math.isfinite(step_m) and step_m > 0):
        raise DepthError(f"a bin of depth is {step_m:g} m high, expected more than 0, e.g. 0.01")


def step_edges_m(scales: Sequence[DepthScale], step_m: float) -> Shares:
    """Edges of the bins of `by_step`, which may be asked for before anything is counted.

    Args:
        scales: of the sections of one core, at least one.
        step_m: height of a bin.

    Returns:
        depths in metres, shape (bins + 1,), float64.

    Raises:
        DepthError: no height, or more than two million bins.
    """
    check_step(step_m)
    # A depth that is a multiple but for rounding begins no bin of its own.
    first = math.floor(min(scale.top_m for scale in scales) / step_m + 1e-6)
    last = math.ceil(max(scale.base_m for scale in scales) / step_m - 1e-6)
    if last - first > MAX_BINS:
        raise DepthError(
            f"bins of {step_m:g} m make {last - first:,} of them, expected at most {MAX_BINS:,}; take larger"
        )
    edges: Shares = np.round(np.arange(first, last + 1) * step_m, 9)
    return edges


def by_interval(sections: Sequence[tuple[DepthScale, RowCounts]], intervals: Sequence[NamedInterval]) -> DepthFractions:
    """Fractions in given intervals, which may overlap; those without a photograph are there with NaN.

    Args:
        sections: of one core, at least one.
        intervals: see `facies.indexer.segmentation.section_list.read_named_intervals`.
    """
    top_m, base_m = (np.array([getattr(one, end) for one in intervals]) for end in ("top_m", "base_m"))
    return _integrate(sections, top_m, base_m, tuple(one.name for one in intervals))


def _integrate(
    sections: Sequence[tuple[DepthScale, RowCounts]], top_m: Shares, base_m: Shares, names: tuple[str, ...]
) -> DepthFractions:
    kinds = sections[0][1].counts.shape[1]
    found = np.zeros((len(top_m), kinds + 2))  # metres of each class, of doubt, and of photograph
    for scale, rows in sections:
        shares = rows.counts / rows.width
        doubt = np.nan_to_num(rows.uncertainty) * rows.rock_share
        whole = np.column_stack([shares, doubt, np.ones(len(shares))])
        places = [np.clip((depth - scale.top_m) / scale.row_height_m, 0, scale.rows) for depth in (top_m, base_m)]
        upto = np.vstack([np.zeros(kinds + 2), np.cumsum(whole, axis=0)])
        above, below = (_read_between(upto, place) for place in places)
        found += (below - above) * scale.row_height_m
    metres, doubt, covered = found[:, :kinds], found[:, kinds], found[:, kinds + 1]
    metres[metres < 1e-12] = 0.0  # what subtraction has left of nothing
    rock = metres.sum(axis=1)
    return DepthFractions(
        top_m=top_m,
        base_m=base_m,
        fractions=_divide(metres, rock),
        rock_share=_divide(rock, covered),
        covered=np.minimum(covered / (base_m - top_m), 1.0),
        uncertainty=_divide(doubt, rock),
        names=names,
    )


def _read_between(upto: Shares, places: Shares) -> Shares:
    """Cumulative rows at places between them: shape (n, columns)."""
    whole = np.minimum(places.astype(np.int64), len(upto) - 2)
    rest = (places - whole)[:, None]
    read: Shares = upto[whole] + rest * (upto[whole + 1] - upto[whole])
    return read


def _divide(over: Shares, under: Shares) -> Shares:
    """Quotients, NaN where there is nothing to divide by."""
    bottom = under[:, None] if over.ndim == 2 else under
    quotient: Shares = np.full(over.shape, np.nan)
    np.divide(over, bottom, out=quotient, where=np.broadcast_to(bottom > 1e-12, over.shape))
    return quotient
