"""Where the next strokes help most: places of doubt, spread over the depth of a core and over kinds of rock.

A place is a disc, not a pixel, since a stroke covers one. Its doubt is the lower quartile of the uncertainty in it:
on a boundary between two sure classes half of a disc is sure, and nothing would be learnt there. The core is divided
into as many parts of equal amounts of rock as places are asked for. Each part gives the few discs of the greatest
doubt, and of these is taken the one whose features are least like those of anything labelled or suggested before (a
step of k-center). Most uncertain alone would give neighbours of one boundary; most diverse alone would give oddities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DepthError
from facies.core.segmentation.class_table import ClassTable
from facies.indexer.segmentation.depth import DepthScale
from facies.indexer.segmentation.doubt import DoubtGrid, Means
from facies.indexer.segmentation.rock import RockMask

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
FeaturesAt = Callable[[Places, Places], NDArray[np.float32]]
"""Features at pixel rows and columns: two arrays (n,) to float32 (n, C)."""

_MOST: Final = 500
_SHORTLIST: Final = 6
"""Discs of one part of the core among which the least familiar is taken."""
_NEAR_BEST: Final = 0.7
"""Share of the greatest doubt of a part below which no disc of it is taken, however unfamiliar."""
_KNOWN: Final = 1000
"""Labelled pixels that stand for all, evenly spread over their order."""
_LEAST_ROCK: Final = 0.8
"""Share of a disc that must be rock."""
_LEAST_DOUBT: Final = 0.02
"""Doubt below which a stroke would teach nothing."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place for a stroke.

    Attributes:
        row: of the middle, in pixels.
        column: of the middle, in pixels.
        radius_px: of the disc.
        depth_m: of the middle; None where the picture has no depth.
        uncertainty: mean of the disc, 0 to 1.
        likely: ids of the two classes that are in doubt, the likelier first.
        probabilities: of these two, means of the disc.
        reason: a sentence for a person.
    """

    row: int
    column: int
    radius_px: int
    depth_m: float | None
    uncertainty: float
    likely: tuple[int, int]
    probabilities: tuple[float, float]
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Discs:
    """Candidates, falling in doubt: rows and columns of cells, doubt, and part of the core."""

    rows: Places
    columns: Places
    doubt: Means
    part: Places


def suggest_strokes(
    doubt: DoubtGrid,
    features_at: FeaturesAt,
    labelled: tuple[NDArray[np.integer], NDArray[np.integer]],
    table: ClassTable,
    count: int,
    *,
    radius_px: int = 16,
    rock: RockMask | None = None,
    scale: DepthScale | None = None,
) -> tuple[Suggestion, ...]:
    """Suggest places for strokes; the same ones for the same input.

    Args:
        doubt: filled from all bands of a prediction, of at least two classes.
        features_at: gives the features of pixels, such as ``FeatureMaps.features_at``.
        labelled: rows and columns of the labelled pixels, none of which is in any disc.
        table: the classes of the prediction.
        count: places wanted, 1 to 500; fewer come where the rest is labelled, sure, or no rock.
        radius_px: of a disc.
        rock: where there is rock; None: everywhere.
        scale: depths of the picture, if they are known.

    Raises:
        DepthError: a count or a radius that makes no sense, or a table of another number of classes.
    """
    probabilities = doubt.probabilities
    if not 1 <= count <= _MOST or radius_px < 1:
        raise DepthError(f"{count} places of {radius_px} px were asked for, expected 1 to {_MOST} of at least 1 px")
    if probabilities.shape[2] != len(table.classes) or len(table.classes) < 2:
        raise DepthError(
            f"probabilities of {probabilities.shape[2]} classes came with a table of {len(table.classes)}, expected "
            "as many, and at least 2"
        )
    reach = max(1, round(radius_px / doubt.cell_px))
    is_free = find_free(doubt, labelled, rock, radius_px)
    discs = find_discs(doubt.uncertainty, is_free, reach, count)
    chosen = _choose(
        discs, _describe_discs(discs, doubt, features_at, radius_px), _sample(labelled), features_at, count
    )
    around, means = _disc_means(probabilities, reach), _disc_means(doubt.uncertainty, reach)
    down, across = doubt.centres
    found = []
    for at in chosen:
        row, column = int(down[discs.rows[at]]), int(across[discs.columns[at]])
        depth_m = None if scale is None else scale.depth_m(row)
        shares = around[discs.rows[at], discs.columns[at]]
        mean = float(means[discs.rows[at], discs.columns[at]])
        found.append(_make((row, column), radius_px, mean, shares, table, depth_m=depth_m))
    return tuple(found)


def find_free(
    doubt: DoubtGrid, labelled: tuple[NDArray[np.integer], NDArray[np.integer]], rock: RockMask | None, radius_px: int
) -> Flags:
    """Cells about which a disc may lie: shape of the grid."""
    from scipy.ndimage import distance_transform_edt

    down, across = doubt.centres
    is_free: Flags = np.ones((len(down), len(across)), dtype=np.bool_)
    if len(labelled[0]):
        is_marked = np.zeros_like(is_free)
        is_marked[labelled[0] // doubt.cell_px, labelled[1] // doubt.cell_px] = True
        # The middle of a cell and a pixel of another one are nearer by up to a cell's diagonal than the two middles.
        is_free &= distance_transform_edt(~is_marked) * doubt.cell_px > radius_px + 1.5 * doubt.cell_px
    if rock is not None:
        is_rock = np.stack([rock.rows(int(row), int(row) + 1)[0, across] for row in down]).astype(np.float64)
        is_free &= (is_rock > 0) & (_disc_means(is_rock, max(1, round(radius_px / doubt.cell_px))) >= _LEAST_ROCK)
    return is_free


def find_discs(uncertainty: Means, is_free: Flags, reach: int, count: int) -> Discs:
    """The best free disc of each square of cells, falling in doubt, without those that overlap a better one."""
    around = np.where(is_free, _disc_quartiles(uncertainty, reach), -1.0)
    side = 2 * reach + 1
    height, width = around.shape
    padded = np.full((-(-height // side) * side, -(-width // side) * side), -1.0)
    padded[:height, :width] = around
    squares = padded.reshape(padded.shape[0] // side, side, -1, side).swapaxes(1, 2).reshape(-1, side * side)
    best = squares.argmax(axis=1)
    across = padded.shape[1] // side
    square = np.arange(len(squares))
    rows, columns = (square // across) * side + best // side, (square % across) * side + best % side
    value = squares.max(axis=1)
    order = np.lexsort((columns, rows, -value))
    order = order[value[order] >= _LEAST_DOUBT]
    order = order[_find_apart(rows[order], columns[order], around.shape, 2 * reach)]
    rows, columns, value = rows[order], columns[order], value[order]
    # Parts of equal amounts of rock that may be suggested, from the top down.
    upto = np.cumsum(is_free.sum(axis=1))
    part = np.minimum((upto[rows] - 1) * count // max(int(upto[-1]), 1), count - 1)
    return Discs(rows, columns, value, part)


def _find_apart(rows: Places, columns: Places, shape: tuple[int, ...], reach: int) -> list[int]:
    """Places that lie farther than the reach, down or across, from all those before them that were kept."""
    is_taken = np.zeros(shape, dtype=np.bool_)
    kept = []
    for at, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        if not is_taken[row, column]:
            kept.append(at)
            is_taken[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = True
    return kept


def _describe_discs(discs: Discs, doubt: DoubtGrid, features_at: FeaturesAt, radius_px: int) -> NDArray[np.float32]:
    """Mean features of five places of each disc: shape (n, C), float32."""
    down, across = doubt.centres
    half = radius_px // 2
    steps = ((0, 0), (-half, 0), (half, 0), (0, -half), (0, half))
    height, width = doubt.shape
    if not len(discs.rows):
        return np.empty((0, 1), dtype=np.float32)
    parts = [
        features_at(
            np.clip(down[discs.rows] + step_down, 0, height - 1),
            np.clip(across[discs.columns] + step_across, 0, width - 1),
        )
        for step_down, step_across in steps
    ]
    means: NDArray[np.float32] = np.stack(parts).mean(axis=0, dtype=np.float64).astype(np.float32)
    return means


def _choose(
    discs: Discs, described: NDArray[np.float32], known: tuple[Places, Places], features_at: FeaturesAt, count: int
) -> list[int]:
    """Places of the chosen in the candidates, part by part in the order of their greatest doubt, then from the rest."""
    if not len(discs.rows):
        return []
    from facies.models.kcenter import pick_diverse

    middle, spread = described.mean(axis=0), described.std(axis=0) + 1e-6

    def unit(features: NDArray[np.float32]) -> Embeddings:
        even = (features - middle) / spread
        rows: Embeddings = (even / np.maximum(np.linalg.norm(even, axis=1, keepdims=True), 1e-9)).astype(np.float32)
        return rows

    candidates = unit(described)
    seen = unit(features_at(*known)) if len(known[0]) else np.empty((0, candidates.shape[1]), dtype=np.float32)
    chosen: list[int] = []
    for part in dict.fromkeys(discs.part.tolist()):
        shortlist = _shorten(discs, np.flatnonzero(discs.part == part), _SHORTLIST)
        picked = int(shortlist[pick_diverse(candidates[shortlist], seen, 1)[0][0]])
        chosen.append(picked)
        seen = np.vstack([seen, candidates[picked : picked + 1]])
    rest = _shorten(discs, np.setdiff1d(np.arange(len(discs.rows)), chosen), _SHORTLIST * count)
    if len(chosen) < count and len(rest):
        chosen += rest[pick_diverse(candidates[rest], seen, count - len(chosen))[0]].tolist()
    return chosen[:count]


def _shorten(discs: Discs, some: Places, most: int) -> Places:
    """Those of some discs, which fall in doubt, that come near the first of them."""
    shortlist: Places = some[discs.doubt[some] >= _NEAR_BEST * discs.doubt[some[:1]].sum()][:most]
    return shortlist


def _sample(labelled: tuple[NDArray[np.integer], NDArray[np.integer]]) -> tuple[Places, Places]:
    total = len(labelled[0])
    some = np.unique(np.linspace(0, total - 1, min(total, _KNOWN)).astype(np.int64)) if total else np.empty(0, np.int64)
    return labelled[0][some].astype(np.int64), labelled[1][some].astype(np.int64)


def _disc_means(values: Means, reach: int) -> Means:
    """Means of the discs about all cells, over the cells that are there: shape of the values."""
    from scipy.ndimage import convolve

    disc = _disc(reach).astype(np.float64)
    there = convolve(np.ones(values.shape[:2]), disc, mode="constant")
    if values.ndim == 2:
        means: Means = convolve(values, disc, mode="constant") / there
        return means
    return np.stack([convolve(plane, disc, mode="constant") / there for plane in np.moveaxis(values, 2, 0)], axis=2)


def _disc_quartiles(values: Means, reach: int) -> Means:
    """Lower quartiles of the discs about all cells; beyond the picture its edge goes on."""
    from scipy.ndimage import percentile_filter

    quartiles: Means = percentile_filter(values, 25, footprint=_disc(reach), mode="nearest")
    return quartiles


def _disc(reach: int) -> Flags:
    offsets = np.arange(-reach, reach + 1)
    disc: Flags = offsets[:, None] ** 2 + offsets[None, :] ** 2 <= reach**2 + 0.25
    return disc


def _make(
    place: tuple[int, int],
    radius_px: int,
    uncertainty: float,
    shares: Means,
    table: ClassTable,
    *,
    depth_m: float | None,
) -> Suggestion:
    first, second = np.argsort(-shares, kind="stable")[:2].tolist()
    likely, other = table.classes[first], table.classes[second]
    row, column = place
    where = f"row {row}" if depth_m is None else f"{depth_m:.3f} m"
    reason = (
        f"{where}, column {column}: {likely.name} or {other.name}? Probabilities of {shares[first]:.2f} and "
        f"{shares[second]:.2f} within {radius_px} px, mean uncertainty {uncertainty:.2f}. Draw a stroke of the right "
        "class here."
    )
    return Suggestion(
        row=row,
        column=column,
        radius_px=radius_px,
        depth_m=depth_m,
        uncertainty=uncertainty,
        likely=(likely.id, other.id),
        probabilities=(float(shares[first]), float(shares[second])),
        reason=reason,
    )
