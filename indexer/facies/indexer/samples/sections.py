"""The subsurface seen from the side: geological and seismic sections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.indexer.samples.canvas import (
    SUPERSAMPLING,
    Field,
    Frame,
    Rng,
    Sheet,
    blend,
    compute_grid,
    compute_layers,
    compute_step,
    draw_noise,
    vary,
)
from facies.indexer.samples.strata import UNITS, Structure, deform


def draw_cross_section(rng: Rng) -> Image.Image:
    """A geological cross-section: coloured, patterned strata under a land surface, with faults, wells and a scale."""
    width, height = int(rng.integers(320, 400)), int(rng.integers(210, 270))
    left, top, right, bottom = frame = (36, 16, width - 12, height - 26)
    h, w = (bottom - top) * SUPERSAMPLING, (right - left) * SUPERSAMPLING
    structure = deform(rng, h, w, faults=int(rng.integers(0, 4)), fold_px=rng.uniform(0.03, 0.13) * h)
    body = _colour_strata(rng, structure)
    land = np.asarray(h * (0.12 + 0.14 * draw_noise(rng, 1, w, cell_px=w / 3, octaves=4)[0]), np.float32)
    y, _ = compute_grid(h, w)
    body = blend(body, (232, 242, 250), compute_step(y - land, 1.0))
    body = blend(body, (60, 84, 46), np.asarray(np.exp(-(((y - land) / 2.2) ** 2)), np.float32))
    sheet = Sheet(width, height)
    sheet.paste_fine(body, left, top)
    _erect_wells(rng, sheet, land, frame)
    sheet.box(frame, outline=(40, 40, 40))
    deepest = int(rng.choice([1000, 2000, 3000, 4000]))
    for i in range(5):
        at = top + (bottom - top) * i / 4
        sheet.line([(left - 4, at), (left, at)])
        sheet.text((left - 6, at), str(deepest * i // 4), size=8, anchor="rm")
    for i in range(6):
        at = left + (right - left) * i / 5
        sheet.line([(at, bottom), (at, bottom + 3)])
        sheet.text((at, bottom + 9), f"{i * 2}", size=8)
    sheet.text(((left + right) / 2, height - 6), "Distance (km)", size=8)
    sheet.text((left + 6, top - 8), "A", size=11)
    sheet.text((right - 6, top - 8), "A'", size=11)
    return sheet.finish()


def _colour_strata(rng: Rng, structure: Structure) -> NDArray[np.float32]:
    h, w = structure.level.shape
    low, high = float(structure.level.min()), float(structure.level.max())
    count = int(rng.integers(6, 10))
    first = int(rng.integers(0, len(UNITS) - 5))
    tops = np.cumsum(rng.uniform(0.5, 1.6, count))
    tops = low + (high - low) * tops / tops[-1]
    unit, gap = compute_layers(structure.level, tops[:-1])
    palette = np.asarray([vary(rng, UNITS[(first + i) % len(UNITS)], 7) for i in range(count)], np.float32)
    body = palette[unit]
    _, x = compute_grid(h, w)
    marks = _draw_patterns(structure.level, x, rng.integers(0, 4, count)[unit])
    body = blend(body, (70, 60, 50), 0.5 * marks)
    body = blend(body, (50, 44, 40), 0.85 * np.exp(-((gap / 1.4) ** 2)))
    return blend(body, (190, 30, 30), structure.fault)


def _draw_patterns(level: Field, x: Field, pattern: NDArray[np.intp]) -> Field:
    """Rock patterns that follow the bedding: 0 none, 1 dots of sand, 2 bricks of limestone, 3 dashes of shale."""
    row = np.floor(level / 12)
    within = level - 12 * row
    place = x / 22 + row / 2  # every other row is shifted by half a brick
    along = 22 * (place - np.floor(place))
    middle = np.abs(within - 6)
    dots = middle**2 + (np.abs(along - 11) - 5.5) ** 2 - 2
    bricks = np.minimum(within, along) - 1.2
    dashes = np.where(along < 13, middle - 1, 9)
    nothing = np.full_like(level, 9)
    return compute_step(np.choose(pattern, [nothing, dots, bricks, dashes]), 1.5)


def _erect_wells(rng: Rng, sheet: Sheet, land: NDArray[np.float32], frame: Frame) -> None:
    left, top, right, bottom = frame
    for number in range(rng.integers(0, 4)):
        x = rng.uniform(left + 15, right - 15)
        ground = top + float(land[round((x - left) * SUPERSAMPLING)]) / SUPERSAMPLING
        depth = ground + rng.uniform(0.4, 0.9) * (bottom - ground)
        sheet.line([(x, ground - 9), (x, depth)], (20, 20, 20), 1.2)
        sheet.polygon([(x - 4, ground), (x, ground - 11), (x + 4, ground)], outline=(20, 20, 20))
        sheet.text((x, ground - 16), f"W-{number + 1}", size=7)


def draw_seismic_section(rng: Rng) -> Image.Image:
    """A reflection seismic section: wavelets along folded, faulted reflectors, in grey or red and blue."""
    width, height = int(rng.integers(300, 390)), int(rng.integers(240, 310))
    left, top = 32, 18
    h, w = height - top - 6, width - left - 6
    section = _record(rng, h, w)
    if rng.random() < 0.35:
        section = _raise_salt(rng, section)
    y, _ = compute_grid(h, w)
    water = rng.uniform(0.03, 0.1) * h + 4 * draw_noise(rng, 1, w, cell_px=60)
    section = np.asarray(np.where(y < water, 0.05 * section, section), np.float32)
    section += 2.2 * np.exp(-(((y - water) / 2) ** 2))
    sheet = Sheet(width, height)
    sheet.paste(_colour_amplitudes(section, in_colour=bool(rng.random() < 0.5)), left, top)
    sheet.box((left, top, left + w, top + h), outline=(30, 30, 30))
    start = int(rng.integers(0, 16)) * 100
    for i in range(5):
        at = top + h * i / 4
        sheet.line([(left - 4, at), (left, at)])
        sheet.text((left - 5, at), f"{start + 500 * i}", size=8, anchor="rm")
        sheet.text((left + w * (i + 0.5) / 5, top - 8), f"{1000 + 200 * i}", size=8)
    sheet.text((left - 4, top - 8), "ms", size=8, anchor="rm")
    return sheet.finish()


def _record(rng: Rng, height: int, width: int) -> Field:
    """Convolve the layers' reflectivity with a wavelet and look it up along the deformed strata."""
    structure = deform(rng, height, width, faults=int(rng.integers(1, 5)), fold_px=rng.uniform(0.02, 0.10) * height)
    depth = structure.level - structure.level.min()
    count = int(depth.max()) + 3
    reflectivity = rng.laplace(0, 1, count) * (rng.random(count) < 0.4)
    reflectivity *= np.interp(np.arange(count), np.linspace(0, count, 9), rng.uniform(0.25, 1.3, 9))
    squared = (np.pi * rng.uniform(0.075, 0.13) * np.arange(-14, 15)) ** 2
    trace = np.convolve(reflectivity, (1 - 2 * squared) * np.exp(-squared), "same")  # Ricker's wavelet
    section = np.interp(depth, np.arange(count), trace / trace.std())
    section *= 0.65 + 0.7 * draw_noise(rng, height, width, cell_px=70, stretch=1.5, octaves=2)
    section *= 1 - 0.75 * structure.fault
    section += 0.5 * (draw_noise(rng, height, width, cell_px=4, stretch=2, octaves=2) - 0.5)
    return np.asarray(section + rng.normal(0, 0.12, (height, width)), np.float32)


def _raise_salt(rng: Rng, section: Field) -> Field:
    """Let a salt dome rise: quiet inside, a strong reflection on top."""
    h, w = section.shape
    y, x = compute_grid(h, w)
    centre, reach, crest = rng.uniform(0.3, 0.7) * w, rng.uniform(0.14, 0.22) * w, rng.uniform(0.35, 0.6) * h
    top = crest + h * 0.75 * (np.abs(x - centre) / reach / 2.4) ** 2.4 + 7 * draw_noise(rng, 1, w, cell_px=40)
    inside = 0.14 * section + 0.5 * (draw_noise(rng, h, w, cell_px=6) - 0.5)
    return np.asarray(np.where(y > top, inside, section) + 2.0 * np.exp(-(((y - top) / 2.6) ** 2)), np.float32)


def _colour_amplitudes(section: Field, *, in_colour: bool) -> NDArray[np.float32]:
    strength = np.clip(section / 2.6, -1, 1)[..., None]
    if not in_colour:
        return np.asarray(np.repeat(128 - 122 * strength, 3, axis=2), np.float32)
    red, blue, white = (np.asarray(c, np.float32) for c in ((178, 24, 43), (33, 82, 172), (247, 247, 247)))
    mixed = white + np.clip(strength, 0, 1) * (red - white) + np.clip(-strength, 0, 1) * (blue - white)
    return np.asarray(mixed, np.float32)
