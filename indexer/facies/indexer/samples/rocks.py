"""Rocks seen closely: thin sections of sandstone and oolite, a polished face of shale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.indexer.samples.canvas import Cells, Field, Rng, blend, compute_grid, draw_cells, draw_noise, to_image

_EPOXY = np.asarray([64, 128, 190], np.float32)


def _bent_grid(rng: Rng, size: int, strength_px: float, cell_px: float) -> tuple[Field, Field]:
    y, x = compute_grid(size, size)
    y = y + strength_px * (draw_noise(rng, size, size, cell_px=cell_px) - 0.5)
    x = x + strength_px * (draw_noise(rng, size, size, cell_px=cell_px) - 0.5)
    return y, x


def draw_sandstone(rng: Rng) -> Image.Image:
    """Quartz, feldspar, rock fragments: in plain light with blue resin in the pores, or between crossed polars."""
    size = int(rng.integers(240, 305))
    y, x = _bent_grid(rng, size, 16, 26)
    cells = draw_cells(rng, y, x, cell_px=rng.uniform(26, 46))
    crossed = rng.random() < 0.4
    kinds = rng.choice(3, cells.count, p=[0.66, 0.2, 0.14])
    bright = rng.uniform(0.12, 1.0, cells.count) if crossed else rng.uniform(0.86, 1.0, cells.count)
    tint = rng.normal(0, 7 if crossed else 4, (cells.count, 3))
    base = np.asarray([226, 222, 208] if crossed else [232, 228, 216], np.float32)
    grains = (base + tint)[cells.index] * bright[cells.index][..., None]
    grains = grains * (0.94 + 0.12 * draw_noise(rng, size, size, cell_px=7, octaves=3))[..., None]
    twinned = kinds[cells.index] == 1
    grains = grains * (1 - (0.5 if crossed else 0.1) * twinned * _draw_twins(rng, cells, y, x))[..., None]
    speckle = draw_noise(rng, size, size, cell_px=5, octaves=3)
    fragment = np.asarray([120, 104, 84], np.float32) * (0.55 + 0.8 * speckle[..., None])
    grains = np.where((kinds[cells.index] == 2)[..., None], fragment, grains)
    pores = cells.edge - rng.uniform(0.06, 0.12) - 0.24 * (draw_noise(rng, size, size, cell_px=50, octaves=2) - 0.45)
    shade = np.exp(-((np.clip(pores, 0, None) / 0.05) ** 2))
    grains = grains * (1 - 0.35 * shade[..., None])
    void = np.asarray([16, 15, 20], np.float32) if crossed else _EPOXY + rng.normal(0, 8, 3)
    filled = blend(
        np.asarray(grains, np.float32), np.asarray(void, np.float32), np.asarray(0.5 - pores / 0.05, np.float32)
    )
    return to_image(np.asarray(filled + rng.normal(0, 3, (size, size, 1)), np.float32))


def _draw_twins(rng: Rng, cells: Cells, y: Field, x: Field) -> Field:
    """Rule every cell with the fine parallel bands of twinned feldspar, each in its own direction."""
    turn = rng.uniform(0, np.pi, cells.count).astype(np.float32)[cells.index]
    width = rng.uniform(0.7, 1.4, cells.count).astype(np.float32)[cells.index]
    return np.asarray(0.5 + 0.5 * np.tanh(4 * np.sin((x * np.cos(turn) + y * np.sin(turn)) * width)), np.float32)


def draw_oolite(rng: Rng) -> Image.Image:
    """Ooids: coated grains with onion shells around a nucleus, in clear calcite cement."""
    size = int(rng.integers(240, 305))
    y, x = _bent_grid(rng, size, 9, 40)
    cells = draw_cells(rng, y, x, cell_px=rng.uniform(44, 70), jitter=0.75)
    radius = rng.uniform(0.38, 0.56, cells.count).astype(np.float32)[cells.index]
    oval = rng.uniform(0, 2 * np.pi, cells.count).astype(np.float32)[cells.index]
    ratio = cells.nearest / radius * (1 + 0.07 * np.cos(2 * cells.angle + oval) + 0.02 * np.cos(3 * cells.angle - oval))
    cement = _draw_cement(rng, size)
    shells = rng.integers(5, 11, cells.count)[cells.index]
    wobble = 0.8 * draw_noise(rng, size, size, cell_px=18)
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * shells * ratio + 6 * rng.random(cells.count)[cells.index] + wobble)
    spokes = 0.5 + 0.5 * np.sin(46 * cells.angle + 9 * draw_noise(rng, size, size, cell_px=14))
    tone = rng.uniform(0.85, 1.1, cells.count)[cells.index]
    shade = tone * (0.72 + 0.26 * rings + 0.06 * spokes)
    coat = np.asarray([176, 142, 98], np.float32) * shade[..., None]
    nucleus = rng.uniform(0.12, 0.5, cells.count)[cells.index]
    kinds = rng.integers(0, 3, cells.count)[cells.index]
    cores = np.asarray([[222, 218, 206], [104, 82, 60], [150, 118, 82]], np.float32)[kinds]
    cores = cores * (0.85 + 0.3 * draw_noise(rng, size, size, cell_px=8))[..., None]
    inner = np.asarray((ratio - nucleus) / 0.08, np.float32)
    ooids = blend(np.asarray(coat, np.float32), np.asarray(cores, np.float32), np.asarray(0.5 - inner, np.float32))
    rim = np.exp(-(((ratio - 0.97) / 0.05) ** 2))
    ooids = ooids * np.asarray(1 - 0.4 * rim, np.float32)[..., None]
    contact = np.minimum((1 - ratio) / 0.05, cells.edge / 0.04)
    image = blend(cement, np.asarray(ooids, np.float32), np.asarray(contact, np.float32))
    return to_image(np.asarray(image * rng.uniform(0.92, 1.05) + rng.normal(0, 3, (size, size, 1)), np.float32))


def _draw_cement(rng: Rng, size: int) -> NDArray[np.float32]:
    y, x = _bent_grid(rng, size, 3, 12)
    crystals = draw_cells(rng, y, x, cell_px=rng.uniform(9, 15))
    tone = rng.uniform(0.88, 1.04, crystals.count)[crystals.index] - 0.16 * np.exp(-((crystals.edge / 0.06) ** 2))
    return np.asarray(np.asarray([232, 222, 200], np.float32) * tone[..., None], np.float32)


def draw_shale(rng: Rng) -> Image.Image:
    """Dark mudrock with fine lamination, pale silt layers, and here and there a burrow or a grain of pyrite."""
    size = int(rng.integers(240, 305))
    y, x = compute_grid(size, size)
    level = (
        y + rng.normal(0, 0.07) * x + rng.uniform(2, 9) * draw_noise(rng, size, size, cell_px=90, stretch=3, octaves=2)
    )
    if rng.random() < 0.3:  # a small fault
        level = level + rng.uniform(5, 16) * (x - rng.uniform(0.25, 0.75) * size - rng.uniform(-0.4, 0.4) * y > 0)
    row = np.clip(level - level.min(), 0, None)
    count = int(row.max()) + 2
    profile = 0.5 * draw_noise(rng, count, 1, cell_px=34, octaves=6, gain=0.8)[:, 0] + 0.5 * rng.random(count) ** 2
    tone = np.interp(row, np.arange(count), np.convolve(profile, [0.25, 0.5, 0.25], "same"))
    hue = np.asarray([[70, 64, 60], [76, 70, 56], [60, 68, 70], [86, 66, 56]], np.float32)[rng.integers(4)]
    image = hue * (0.55 + 1.5 * tone[..., None])
    silts = np.zeros_like(row)
    for _ in range(rng.integers(3, 11)):
        base, thick = rng.uniform(0, count), rng.uniform(1.5, 14)
        silts = np.maximum(
            silts, ((row > base - thick) & (row < base)) * np.clip((row - base + thick) / thick, 0.35, 1)
        )
    grains = draw_noise(rng, size, size, cell_px=3, octaves=2)
    image = blend(np.asarray(image, np.float32), (168, 156, 134), np.asarray(silts * (0.5 + 0.5 * grains), np.float32))
    fissile = draw_noise(rng, size, size, cell_px=5, stretch=14, octaves=3)
    image = image * np.asarray(0.8 + 0.4 * fissile, np.float32)[..., None]
    for _ in range(rng.poisson(3)):
        cy, cx, r = rng.uniform(0, size), rng.uniform(0, size), rng.uniform(1.5, 4)
        image = blend(
            image, (206, 182, 108), np.asarray(0.9 * np.exp(-(((y - cy) ** 2 + (x - cx) ** 2 / 2) / r**2)), np.float32)
        )
    return to_image(np.asarray(image + rng.normal(0, 3, (size, size, 1)), np.float32))
