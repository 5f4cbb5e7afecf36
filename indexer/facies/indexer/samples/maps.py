"""The surface seen from above: a geological map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.indexer.samples.canvas import (
    Field,
    Frame,
    Rng,
    Sheet,
    blend,
    compute_layers,
    compute_slope,
    draw_noise,
    vary,
)
from facies.indexer.samples.strata import UNITS, deform


def draw_geological_map(rng: Rng) -> Image.Image:
    """A geological map: units and their boundaries, faults, rivers, strike and dip, grid, north arrow and scale."""
    width, height = int(rng.integers(290, 360)), int(rng.integers(270, 340))
    margin = 14
    h, w = height - 2 * margin, width - 2 * margin
    structure = deform(rng, h, w, faults=int(rng.integers(0, 3)), fold_px=0.16 * h)
    relief = draw_noise(rng, h, w, cell_px=w / 2.2, octaves=4, gain=0.42)
    scale = structure.level / h + rng.uniform(0.9, 1.8) * relief
    body = _colour_units(rng, np.asarray(scale, np.float32))
    body = blend(body, (150, 20, 20), structure.fault)
    valley = draw_noise(rng, h, w, cell_px=w / 1.6, octaves=4) - 0.5
    river = np.abs(valley) / (compute_slope(valley) + 1e-5)
    body = blend(body, (62, 122, 190), np.asarray(np.exp(-((river / 1.1) ** 2)), np.float32))
    sheet = Sheet(width, height)
    sheet.paste(body, margin, margin)
    right, bottom = width - margin, height - margin
    for i in range(1, 4):
        at_x, at_y = margin + (right - margin) * i / 4, margin + (bottom - margin) * i / 4
        sheet.line([(at_x, margin), (at_x, bottom)], (150, 150, 150), 0.5)
        sheet.line([(margin, at_y), (right, at_y)], (150, 150, 150), 0.5)
        sheet.text((at_x, margin - 7), f"{420 + 2 * i}", size=7)
    _place_symbols(rng, sheet, (margin, margin, right, bottom))
    sheet.box((margin, margin, right, bottom), outline=(30, 30, 30))
    return sheet.finish()


def _colour_units(rng: Rng, scale: Field) -> NDArray[np.float32]:
    """Cut a smooth field into units, draw their boundaries, and shade the relief."""
    h, w = scale.shape
    count = int(rng.integers(5, 9))
    bounds = np.quantile(scale, np.sort(rng.uniform(0.05, 0.95, count - 1)))
    first = int(rng.integers(0, len(UNITS)))
    palette = np.asarray([vary(rng, UNITS[(first + i) % len(UNITS)], 6) for i in range(count)], np.float32)
    unit, gap = compute_layers(scale, bounds)
    relief = draw_noise(rng, h, w, cell_px=w / 4, octaves=5)
    light = 1 + np.clip(4.5 * (np.gradient(relief, axis=0) + np.gradient(relief, axis=1)), -0.16, 0.16)
    body = np.asarray((0.78 * palette[unit] + 0.22 * 255) * light[..., None], np.float32)
    border = gap / (compute_slope(scale) + 1e-6)  # in pixels, since the field is smooth
    return blend(body, (60, 50, 44), np.asarray(0.9 * np.exp(-((border / 0.8) ** 2)), np.float32))


def _place_symbols(rng: Rng, sheet: Sheet, frame: Frame) -> None:
    left, top, right, bottom = frame
    for _ in range(rng.integers(4, 10)):
        x, y, turn = rng.uniform(left + 15, right - 15), rng.uniform(top + 15, bottom - 40), rng.uniform(0, np.pi)
        dx, dy = 7 * float(np.cos(turn)), 7 * float(np.sin(turn))
        sheet.line([(x - dx, y - dy), (x + dx, y + dy)], width=1.2)
        sheet.line([(x, y), (x - dy * 0.6, y + dx * 0.6)], width=1.2)
        sheet.text((x - dy * 1.5, y + dx * 1.5), str(rng.integers(5, 80)), size=7)
    sheet.box((left + 6, bottom - 26, left + 96, bottom - 6), (255, 255, 255), (30, 30, 30))
    for i in range(4):
        x = left + 14 + 18 * i
        fill = (30, 30, 30) if i % 2 == 0 else (255, 255, 255)
        sheet.box((x, bottom - 14, x + 18, bottom - 10), fill, (30, 30, 30))
    sheet.text((left + 50, bottom - 20), f"{rng.choice([1, 2, 5])} km", size=7)
    x, y = right - 16, top + 24
    sheet.dot((x, y - 2), 13, (255, 255, 255), (30, 30, 30))
    sheet.polygon([(x, y - 12), (x + 4, y + 6), (x, y + 2), (x - 4, y + 6)], (30, 30, 30))
    sheet.text((x, y - 18), "N", size=9)
