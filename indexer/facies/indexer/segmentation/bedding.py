"""Wavy strata of differing thickness, and which class each is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.indexer.samples.canvas import Field, Rng, compute_grid, draw_noise

_STRATUM_PX = 72.0
"""Mean thickness; a core of 2,693 pixels has 37 strata."""
_STEPS = 64.0
"""Levels are whole multiples of 1/64, so that the last bit of a sine on another machine moves no boundary."""


@dataclass(frozen=True, slots=True, eq=False)
class Bedding:
    """Strata of a core.

    Attributes:
        level: (height, width), position of each pixel across the bedding, in pixels.
        stratum: (height, width), number of the stratum from the top.
        classes: (strata,), index of the class of each stratum.
    """

    level: Field
    stratum: NDArray[np.intp]
    classes: NDArray[np.int64]


def lay_strata(rng: Rng, height: int, width: int, classes: int) -> Bedding:
    """Lay strata down, each class at least twice and never upon itself, then dip and bend them.

    Args:
        rng: source of chance.
        height: pixels, at least 24 for each class.
        width: pixels.
        classes: how many, at least 2.
    """
    level = _bend(rng, height, width)
    low, high = float(level.min()), float(level.max())
    count = max(round((high - low) / _STRATUM_PX), 2 * classes)
    order = _order(rng, count, classes)
    thickness = rng.uniform(0.55, 1.6, count)
    bounds = low + (high - low) * np.cumsum(thickness) / thickness.sum()
    stratum = np.searchsorted(bounds[:-1].astype(np.float32), level, side="right")
    return Bedding(level, stratum, order)


def _bend(rng: Rng, height: int, width: int) -> Field:
    y, x = compute_grid(height, width)
    reach = min(12.0, height / 40)
    waves = draw_noise(rng, height, width, cell_px=max(width / 2, 8), stretch=0.8, octaves=3)
    small = draw_noise(rng, height, width, cell_px=26, stretch=1.6, octaves=2)
    dip = np.interp(y[:, 0], np.linspace(0, height, 6), rng.normal(0, 0.06, 6)).astype(np.float32)[:, None]
    level = y + dip * (x - width / 2) + 2 * reach * waves + min(7.0, reach) * small
    return np.asarray(np.round(level * _STEPS) / _STEPS, np.float32)


def _order(rng: Rng, count: int, classes: int) -> NDArray[np.int64]:
    """Deal classes to strata in rounds, all of them in each; where rounds meet, no class follows itself."""
    order: list[int] = []
    while len(order) < count:
        deal = rng.permutation(classes).tolist()
        if order and deal[0] == order[-1]:
            deal.append(deal.pop(0))
        order += deal
    return np.array(order[:count], np.int64)
