"""Textures of core photographs: what tells lithofacies apart where their colours do not.

Each is a function of the bedding: `level` runs across the layers and `along` follows them, both in pixels. It gives
values of any range, which the caller brings to one mean and one spread, so that brightness tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from facies.indexer.samples.canvas import Field, Rng, draw_cells, draw_noise

Texture: TypeAlias = Callable[[Rng, Field, Field], Field]

_TURN = 2 * np.pi


def laminated(rng: Rng, level: Field, along: Field) -> Field:
    """Fine, even lamination."""
    wobble = 2.5 * _noise(rng, level, 40, stretch=3)
    return np.sin(_TURN * (level + wobble) / rng.uniform(5.0, 6.0)) + 0.5 * _noise(rng, level, 3, stretch=6)


def banded(rng: Rng, level: Field, along: Field) -> Field:
    """Bands a few times thicker than laminae, with sharp edges."""
    wobble = 7 * _noise(rng, level, 60, stretch=2)
    wave = np.sin(_TURN * (level + wobble) / rng.uniform(17.0, 21.0))
    return np.tanh(3 * wave) + 0.25 * _noise(rng, level, 4, stretch=4)


def cross_bedded(rng: Rng, level: Field, along: Field) -> Field:
    """Foresets that dip against the bedding, in sets of changing dip."""
    thick = rng.uniform(45, 60)
    one_set = np.floor(level / thick)
    way = np.where(one_set % 2 == 0, 1.0, -1.0) * rng.uniform(0.75, 0.95)
    lag = 3 * _noise(rng, level, 50)
    return np.sin(_TURN * (level + way * along + lag) / rng.uniform(11.0, 13.0)) + 0.4 * _noise(rng, level, 3)


def rippled(rng: Rng, level: Field, along: Field) -> Field:
    """Wavy laminae with crests that climb."""
    length = rng.uniform(38, 46)
    crest = np.abs(np.sin(np.pi * (along + 0.5 * level) / length))
    return np.sin(_TURN * (level + 12 * crest + 2 * _noise(rng, level, 30)) / 9.5) + 0.3 * _noise(rng, level, 3)


def mottled(rng: Rng, level: Field, along: Field) -> Field:
    """Bioturbated: blotches with soft edges and no direction."""
    return np.tanh(9 * (_noise(rng, level, rng.uniform(22, 28), octaves=2) - 0.5)) + 0.2 * _noise(rng, level, 3)


def fine_grained(rng: Rng, level: Field, along: Field) -> Field:
    """Sand whose grains are as large as pixels."""
    return rng.normal(0, 1, level.shape).astype(np.float32) + 0.5 * _noise(rng, level, 3, octaves=1)


def coarse_grained(rng: Rng, level: Field, along: Field) -> Field:
    """Grains of a few pixels, each of its own shade."""
    cells = draw_cells(rng, level, along, cell_px=rng.uniform(6.0, 7.0))
    return rng.normal(0, 1, cells.count).astype(np.float32)[cells.index] - 0.5 * (cells.edge < 0.12)


def pebbly(rng: Rng, level: Field, along: Field) -> Field:
    """Round pebbles of changing shade in a dark, grainy matrix."""
    cells = draw_cells(rng, level, along * 0.8, cell_px=rng.uniform(24, 28), jitter=0.8)
    radius = rng.uniform(0.32, 0.46, cells.count).astype(np.float32)[cells.index]
    inside = np.clip((radius - cells.nearest) / 0.05, 0, 1)
    shade = rng.uniform(0.5, 2.2, cells.count).astype(np.float32)[cells.index] + 0.25 * _noise(rng, level, 12)
    return inside * shade + (1 - inside) * 0.9 * _noise(rng, level, 3, octaves=2)


def oolitic(rng: Rng, level: Field, along: Field) -> Field:
    """Ooids: small discs of one size with dark rims and cores."""
    cells = draw_cells(rng, level, along, cell_px=rng.uniform(11.0, 12.5), jitter=0.45)
    ring = np.cos(_TURN * cells.nearest / 0.42)
    return np.where(cells.nearest < 0.5, ring, 0.9 + 0.4 * _noise(rng, level, 3))


def shelly(rng: Rng, level: Field, along: Field) -> Field:
    """Fossil hash: pale, curved splinters, most of them flat in the bedding."""
    bright = np.zeros_like(level)
    for _ in range(2):
        cells = draw_cells(rng, level, along * 0.62, cell_px=rng.uniform(13, 15), jitter=1.0)
        turn = rng.normal(0, 0.5, cells.count).astype(np.float32)[cells.index]
        up, right = cells.nearest * np.sin(cells.angle - turn), cells.nearest * np.cos(cells.angle - turn)
        arc = np.abs(up + 0.7 * right**2)
        bright = np.maximum(bright, np.clip((0.11 - arc) / 0.05, 0, 1) * (np.abs(right) < 0.55))
    return 2.2 * bright + 0.7 * _noise(rng, level, 5, octaves=3)


def nodular(rng: Rng, level: Field, along: Field) -> Field:
    """Pale nodules between dark seams that part and meet again."""
    y = level + 9 * _noise(rng, level, 26)
    cells = draw_cells(rng, y, along * 0.5, cell_px=rng.uniform(26, 31), jitter=0.9)
    return np.minimum(cells.edge / 0.35, 1.0) + 0.35 * _noise(rng, level, 18, octaves=2)


def brecciated(rng: Rng, level: Field, along: Field) -> Field:
    """Angular fragments of changing shade with thin, pale cement between them."""
    cells = draw_cells(rng, level, along, cell_px=rng.uniform(18, 22), jitter=1.0)
    shade = rng.choice([-1.1, -0.3, 0.5], cells.count).astype(np.float32)[cells.index]
    return np.where(cells.edge < 0.1, 1.6, shade + 0.3 * _noise(rng, level, 6))


def speckled(rng: Rng, level: Field, along: Field) -> Field:
    """Dark specks, far from each other, on an even ground."""
    cells = draw_cells(rng, level, along, cell_px=rng.uniform(12, 14), jitter=1.0)
    size = rng.uniform(0.12, 0.24, cells.count).astype(np.float32)[cells.index]
    return -2.4 * np.clip((size - cells.nearest) / 0.06, 0, 1) + 0.5 * _noise(rng, level, 40, octaves=2)


def burrowed(rng: Rng, level: Field, along: Field) -> Field:
    """Dark burrows that run down through the bedding."""
    x = along + 9 * _noise(rng, level, 30, octaves=2)
    cells = draw_cells(rng, level * 0.3, x, cell_px=rng.uniform(13, 15), jitter=0.9)
    tube = np.abs(cells.nearest * np.cos(cells.angle))
    return -1.8 * np.clip((0.24 - tube) / 0.1, 0, 1) + 0.5 * _noise(rng, level, 3, octaves=2)


TEXTURES: dict[str, Texture] = {
    "laminated": laminated,
    "banded": banded,
    "cross-bedded": cross_bedded,
    "rippled": rippled,
    "mottled": mottled,
    "fine-grained": fine_grained,
    "coarse-grained": coarse_grained,
    "pebbly": pebbly,
    "oolitic": oolitic,
    "shelly": shelly,
    "nodular": nodular,
    "brecciated": brecciated,
    "speckled": speckled,
    "burrowed": burrowed,
}
"""By the name of their class."""


def draw_texture(name: str, rng: Rng, level: Field, along: Field) -> Field:
    """Draw a texture with mean 0 and spread 1 before it is cut off at 2.5 to either side.

    Args:
        name: one of `TEXTURES`.
        rng: source of chance.
        level: (height, width), position across the bedding in pixels.
        along: (height, width), position along the bedding in pixels.
    """
    raw = TEXTURES[name](rng, level, along)
    raw = raw - raw.mean()
    return np.asarray(np.clip(raw / max(float(raw.std()), 1e-6), -2.5, 2.5), np.float32)


def _noise(rng: Rng, like: Field, cell_px: float, *, stretch: float = 1.0, octaves: int = 2) -> Field:
    height, width = like.shape
    return draw_noise(rng, height, width, cell_px=cell_px, stretch=stretch, octaves=octaves)
