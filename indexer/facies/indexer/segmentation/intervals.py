"""Intervals of one class along a core, none thinner than asked for: of all ways to cut the core, the best one.

A way to cut is as good as the rock that it explains: the depth, weighted by the share of rock in each row, that is of
its interval's own class. Among all ways whose intervals are at least as thick as asked for the best is found exactly,
by dynamic programming over rows and classes. Among equally good ones the one of fewest intervals is taken. A stretch
without rock is an interval of no class where it is thick enough, and else belongs to what is around it.

Source: Bellman (1961), On the approximation of curves by line segments using dynamic programming, Commun. ACM 4, for
the recursion over ends of segments; the least length and the classes are added to it here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.fractions import RowCounts, Shares

_UNITS_PER_M: Final = 1e8
"""Worth is counted in whole hundredths of a micrometre, so that ties are ties; 40 km of core fit 64 bits."""
_CUT: Final = 2**20
"""Worth of one unit of rock, beside a cut that costs 1: fewer cuts never outweigh the least bit of rock."""
_BARREN: Final = 0.1
"""Share of rock below which a row may be of no class: trays take a fifth of many rows that are rock."""
_TOUCHING_ROWS: Final = 1.5
"""Sections whose ends are nearer than so many rows are one core to an interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of core of one class.

    Attributes:
        top_m: its upper end.
        base_m: its lower end.
        index: of the class; None where there is no rock.
        purity: share of its rock that is of the class, 0 to 1; NaN without a class.
        rock_share: share of its area that is rock, 0 to 1.
    """

    top_m: float
    base_m: float
    index: int | None
    purity: float
    rock_share: float

    @property
    def thickness_m(self) -> float:
        """How thick it is."""
        return self.base_m - self.top_m


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """Rows of sections that touch: their edges (n + 1,), and what is rock in each by class, 0 to 1 (n, K)."""

    edges_m: Shares
    shares: Shares


def find_intervals(sections: Sequence[tuple[DepthScale, RowCounts]], least_m: float) -> tuple[Interval, ...]:
    """Cut a core into intervals.

    Sections that touch are cut as one; a gap between sections ends an interval. A stretch of sections that is thinner
    than the least thickness is one interval.

    Args:
        sections: of one core, in depth order.
        least_m: least thickness of an interval, 0 or more; 0 gives one for each run of rows of one leading class.

    Raises:
        DepthError: the thickness is no number, or below 0.
    """
    check_thickness(least_m)
    return tuple(interval for run in _runs(sections) for interval in _cut(run, least_m))


def check_thickness(least_m: float) -> None:
    """Refuse a least thickness that makes no sense.

    Raises:
        DepthError: it is no number, or below 0.
    """
    if not (math.isfinite(least_m) and least_m >= 0):
        raise DepthError(f"an interval is at least {least_m:g} m thick, expected 0 or more, e.g. 0.05")


def _runs(sections: Sequence[tuple[DepthScale, RowCounts]]) -> Iterator[_Run]:
    edges: list[Shares] = []
    shares: list[Shares] = []
    end_m = row_m = 0.0
    for scale, rows in sections:
        if edges and scale.top_m - end_m > _TOUCHING_ROWS * max(row_m, scale.row_height_m):
            yield _join(edges, shares)
            edges, shares = [], []
        of_section = scale.edges_m()
        if edges:  # they touch: the lower one's top stands for both
            edges[-1] = edges[-1][:-1]
        edges.append(of_section)
        shares.append(rows.counts / rows.width)
        end_m, row_m = scale.base_m, scale.row_height_m
    if edges:
        yield _join(edges, shares)


def _join(edges: Sequence[Shares], shares: Sequence[Shares]) -> _Run:
    # Sections may share a row, whose height is then nothing, or, by rounding, less than that.
    return _Run(np.maximum.accumulate(np.concatenate(edges)), np.concatenate(shares))


def _cut(run: _Run, least_m: float) -> Iterator[Interval]:
    heights = np.diff(run.edges_m)
    rock = run.shares.sum(axis=1)
    barren = np.where(rock < _BARREN, 1 - rock, 0)
    worth = np.rint(np.column_stack([run.shares, barren]) * heights[:, None] * _UNITS_PER_M).astype(np.int64)
    for start, stop, index in _best_cut(worth, run.edges_m, least_m):
        held = heights[start:stop] @ run.shares[start:stop]
        thick = float(run.edges_m[stop] - run.edges_m[start])
        is_class = index < run.shares.shape[1] and held.sum() > 0
        yield Interval(
            top_m=float(run.edges_m[start]),
            base_m=float(run.edges_m[stop]),
            index=index if is_class else None,
            purity=float(held[index] / held.sum()) if is_class else math.nan,
            rock_share=min(float(held.sum()) / thick, 1.0),
        )


def _best_cut(worth: NDArray[np.int64], edges_m: Shares, least_m: float) -> list[tuple[int, int, int]]:
    """First row, end and class of each interval of the best cut.

    With ``best[i, k]`` the greatest worth of the first ``i`` rows where the last interval is of class ``k``, and ``j``
    the last edge at least a thickness above edge ``i``: ``best[i, k]`` is the greater one of ``best[i-1, k]`` and the
    worth of row ``i-1`` (the interval goes on), and of ``max best[j, :]`` and the worth of rows ``j`` to ``i-1`` less
    a cut (it has just become thick enough).

    Args:
        worth: shape (n, K), int64, in hundredths of a micrometre.
        edges_m: shape (n + 1,), float64, rising.
        least_m: least thickness.
    """
    rows, kinds = worth.shape
    upto = np.vstack([np.zeros(kinds, dtype=np.int64), np.cumsum(worth, axis=0)]) * _CUT
    # Half a hundredth of a row: depths are sums of fractions, and 50 rows of 1 mm are 50 mm.
    slack = 0.005 * float(np.median(np.diff(edges_m)))
    opens = np.searchsorted(edges_m, edges_m - least_m + slack, side="right") - 1
    opens = np.minimum(opens, np.arange(rows + 1) - 1)
    nothing = np.int64(-(2**62))
    best = np.full(kinds, nothing)
    greatest = np.full(rows + 1, nothing)
    greatest[0] = 0
    leading = np.zeros(rows + 1, dtype=np.int32)
    began = np.full((rows + 1, kinds), -1, dtype=np.int32)
    for end in range(1, rows + 1):
        best = np.where(best > nothing, best + (upto[end] - upto[end - 1]), nothing)
        began[end] = began[end - 1]
        start = opens[end]
        if start >= 0 and greatest[start] > nothing:
            opened = greatest[start] + (upto[end] - upto[start]) - 1
            better = opened > best
            best = np.where(better, opened, best)
            began[end] = np.where(better, start, began[end])
        leading[end] = best.argmax()
        greatest[end] = best[leading[end]]
    if greatest[rows] == nothing:  # thinner than the least thickness: one interval
        return [(0, rows, int(upto[rows].argmax()))]
    found = []
    end = rows
    while end > 0:
        index = int(leading[end])
        start = int(began[end, index])
        found.append((start, end, index))
        end = start
    return found[::-1]
