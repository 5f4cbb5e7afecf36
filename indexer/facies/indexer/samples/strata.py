"""Strata before and after folds and faults, and the colours of their units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facies.indexer.samples.canvas import SUPERSAMPLING, Colour, Field, Rng, compute_grid, draw_noise

UNITS: tuple[Colour, ...] = (
    (246, 230, 140),
    (214, 190, 120),
    (160, 204, 150),
    (112, 170, 132),
    (130, 190, 214),
    (92, 146, 190),
    (200, 164, 196),
    (222, 150, 110),
    (176, 110, 90),
    (150, 150, 156),
)
"""Colours in the manner of geological maps, young to old."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Folded and faulted strata.

    Attributes:
        level: position of each pixel in the pile before it was deformed, in pixels.
        fault: 1 on the fault planes, fading within about a pixel.
    """

    level: Field
    fault: Field


def deform(rng: Rng, height: int, width: int, *, faults: int, fold_px: float) -> Structure:
    """Lay strata down, then break and bend them.

    Args:
        rng: source of chance.
        height: pixels.
        width: pixels.
        faults: number of planes along which one side slipped.
        fold_px: about how high the folds are, at most.
    """
    y, x = compute_grid(height, width)
    fault = np.zeros((height, width), np.float32)
    level = y.copy()
    for _ in range(faults):
        foot, dip = rng.uniform(0.15, 0.85) * width, rng.choice([-1, 1]) * rng.uniform(0.25, 0.7)
        plane = x - foot - dip * (y - height / 2)
        level = level + rng.uniform(0.05, 0.14) * height * rng.choice([-1, 1]) * (plane > 0)
        fault = np.maximum(fault, np.exp(-((plane / (0.75 * SUPERSAMPLING)) ** 2)))
    for _ in range(3):
        length, phase = rng.uniform(0.6, 1.8) * width, rng.uniform(0, 2 * np.pi)
        level = level + fold_px * rng.uniform(0.3, 1) * np.sin(2 * np.pi * x / length + phase) * (
            0.5 + 0.5 * y / height
        )
    level = (
        level + rng.normal(0, 0.08) * x + 0.03 * height * draw_noise(rng, height, width, cell_px=width / 4, octaves=3)
    )
    return Structure(np.asarray(level, np.float32), fault)
