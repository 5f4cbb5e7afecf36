"""Organic-walled microfossils in transmitted light: spores, pollen, dinoflagellate cysts.

Each is a map of how much its wall absorbs; light through it follows Beer and Lambert, so walls that lie over each other
darken as they do under the microscope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from facies.indexer.samples.canvas import Field, Rng, compute_grid, compute_step, draw_cells, draw_noise, to_image

_SIZE_RANGE = (240, 305)


@dataclass(frozen=True, slots=True)
class _Slide:
    """A field of view: its size, and each pixel's place as seen from the specimen (units of the field's half width)."""

    size: int
    u: Field
    v: Field


def _look(rng: Rng) -> _Slide:
    size = int(rng.integers(*_SIZE_RANGE))
    y, x = compute_grid(size, size)
    y, x = (y - size / 2) / (size / 2), (x - size / 2) / (size / 2)
    dy, dx = rng.normal(0, 0.05, 2)
    turn = rng.uniform(0, 2 * np.pi)
    u = (x - dx) * np.cos(turn) + (y - dy) * np.sin(turn)
    v = (y - dy) * np.cos(turn) - (x - dx) * np.sin(turn)
    # No specimen is drawn with compasses.
    u = u + 0.05 * (draw_noise(rng, size, size, cell_px=size / 3, octaves=2) - 0.5)
    v = v + 0.05 * (draw_noise(rng, size, size, cell_px=size / 3, octaves=2) - 0.5)
    return _Slide(size, np.asarray(u, np.float32), np.asarray(v, np.float32))


def _expose(rng: Rng, slide: _Slide, absorbance: Field) -> Image.Image:
    """Send light through the specimen, with debris around it and the camera's noise."""
    size = slide.size
    y, x = compute_grid(size, size)
    radius = np.hypot(y - size / 2, x - size / 2) / size
    light = np.asarray([236, 229, 208], np.float32) + rng.normal(0, 5) + rng.normal(0, [2.5, 2.5, 7]).astype(np.float32)
    uneven = 1 - 0.16 * radius**2 - 0.05 * draw_noise(rng, size, size, cell_px=size / 2, octaves=3)
    colour = np.asarray([0.55, 1.0, 1.95], np.float32) * rng.uniform([0.8, 0.95, 0.85], [1.1, 1.05, 1.15])
    clear = np.clip(1 - absorbance * 4, 0, 1)
    total = (absorbance + _draw_debris(rng, size) * clear) * rng.uniform(0.85, 1.2)
    image = light * uneven[..., None] * np.exp(-total[..., None] * colour)
    return to_image(np.asarray(image + rng.normal(0, 2.2, (size, size, 1)), np.float32))


def _draw_debris(rng: Rng, size: int) -> Field:
    """Shreds of plant tissue and amorphous matter that share every slide with the specimen."""
    shreds = Image.new("L", (size * 2, size * 2), 0)
    pen = ImageDraw.Draw(shreds)
    for _ in range(rng.poisson(4)):
        centre = rng.uniform(0, 2 * size, 2)
        corners = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 8)))
        reach = rng.uniform(4, 26) * rng.uniform(0.5, 1, corners.size)
        points = [
            (float(centre[0] + r * np.cos(a)), float(centre[1] + r * np.sin(a)))
            for a, r in zip(corners, reach, strict=True)
        ]
        pen.polygon(points, fill=int(rng.integers(60, 255)))
    solid = np.asarray(shreds.reduce(2), np.float32) / 255
    cloud = np.clip(draw_noise(rng, size, size, cell_px=size / 5, octaves=5) - 0.66, 0, None)
    return np.asarray(1.3 * solid + 0.8 * cloud, np.float32)


def _compute_rim(rho: Field, at: float, width: float) -> Field:
    return np.asarray(np.exp(-(((rho - at) / width) ** 2)), np.float32)


def _draw_mesh(rng: Rng, slide: _Slide, cell_px: float, width: float) -> Field:
    """A net of fine walls, as of a reticulate surface."""
    half = slide.size / 2
    cells = draw_cells(rng, slide.v * half, slide.u * half, cell_px=cell_px)
    return np.asarray(np.exp(-((cells.edge / width) ** 2)), np.float32)


def draw_trilete_spore(rng: Rng) -> Image.Image:
    """A rounded triangle with the Y-shaped scar left by its three sisters, and a granulate or reticulate wall."""
    slide = _look(rng)
    theta, rho = np.arctan2(slide.v, slide.u), np.hypot(slide.u, slide.v)
    triangular, size = rng.uniform(0.04, 0.15), rng.uniform(0.52, 0.74)
    outline = size * (1 + triangular * np.cos(3 * theta) + 0.012 * np.cos(rng.integers(5, 9) * theta))
    ratio = np.asarray(rho / outline, np.float32)
    inside = compute_step(ratio - 1, 0.03)
    wall = rng.uniform(0.05, 0.11)
    absorbance = inside * (0.34 + 0.10 * ratio**2) + 0.55 * _compute_rim(ratio, 1 - wall, wall * 0.7) * inside
    # The rays point at the corners.
    reach = rng.uniform(0.62, 0.92)
    for ray in range(3):
        turned = theta - ray * 2 * np.pi / 3
        along, across = rho * np.cos(turned), rho * np.sin(turned)
        bend = 0.012 * np.sin(along * rng.uniform(14, 22) + rng.uniform(0, 6))
        on_ray = compute_step(np.asarray(-along, np.float32), 0.03) * compute_step(
            np.asarray(along / outline - reach, np.float32), 0.06
        )
        lip = _compute_rim(np.asarray(np.abs(across + bend), np.float32), 0.034, 0.016)
        slit = _compute_rim(np.asarray(across + bend, np.float32), 0.0, 0.014)
        absorbance += on_ray * (0.42 * lip - 0.26 * slit) * inside
    if rng.random() < 0.5:
        absorbance += 0.30 * inside * _draw_mesh(rng, slide, rng.uniform(11, 18), 0.16)
    else:
        grains = draw_noise(rng, slide.size, slide.size, cell_px=rng.uniform(4, 8), octaves=2)
        absorbance += 0.75 * inside * np.clip(grains - 0.55, 0, None)
    return _expose(rng, slide, np.clip(absorbance, 0, None))


def draw_dinoflagellate_cyst(rng: Rng) -> Image.Image:
    """A chorate cyst: a rounded body with branching processes, plate sutures, and the hole through which life left."""
    slide = _look(rng)
    body = rng.uniform(0.38, 0.5)
    stretch = rng.uniform(0.92, 1.12)
    rho = np.asarray(np.hypot(slide.u, slide.v / stretch) / body, np.float32)
    inside = compute_step(rho - 1, 0.04)
    absorbance = inside * (0.26 + 0.08 * rho**2) + 0.5 * _compute_rim(rho, 0.965, 0.035)
    absorbance += 0.16 * inside * _draw_mesh(rng, slide, body * slide.size * 0.24, 0.10)
    absorbance += 0.22 * inside * np.clip(draw_noise(rng, slide.size, slide.size, cell_px=5, octaves=2) - 0.5, 0, None)
    hole = np.hypot(slide.u - 0.1 * body, (slide.v + 0.45 * body) * 1.15) / (body * rng.uniform(0.3, 0.4))
    sides = np.arctan2(slide.v + 0.45 * body, slide.u - 0.1 * body)
    hole = np.asarray(hole * (1 + 0.09 * np.cos(5 * sides)), np.float32)
    absorbance = absorbance * (1 - 0.6 * compute_step(hole - 1, 0.12)) + 0.28 * _compute_rim(hole, 1.0, 0.08)
    absorbance += _draw_processes(rng, slide, body, stretch)
    return _expose(rng, slide, np.clip(absorbance, 0, None))


def _draw_processes(rng: Rng, slide: _Slide, body: float, stretch: float) -> Field:
    """Spines around the rim and, seen from above, over the body; each ends in two or three prongs."""
    scale = slide.size * 2
    sheet = Image.new("L", (scale, scale), 0)
    pen = ImageDraw.Draw(sheet)
    # Drawn in the specimen's own frame, then looked up through the slide's coordinates, so that they turn with it.
    count, length, prongs = int(rng.integers(16, 26)), rng.uniform(0.16, 0.34), int(rng.integers(2, 4))

    def place(angle: float, radius: float) -> tuple[float, float]:
        return (scale / 2 * (1 + radius * np.cos(angle)), scale / 2 * (1 + stretch * radius * np.sin(angle)))

    for number in range(count + count // 2):
        on_rim = number < count
        angle = 2 * np.pi * number / count + rng.normal(0, 0.07)
        start = body * (0.98 if on_rim else rng.uniform(0.25, 0.8))
        reach = length * rng.uniform(0.8, 1.15) * (1.0 if on_rim else 0.55)
        root, tip = place(angle, start), place(angle + rng.normal(0, 0.05), start + reach)
        ink = 190 if on_rim else 105
        pen.line([root, tip], ink, width=max(3, round(scale * 0.009)))
        pen.ellipse(
            [root[0] - scale * 0.010, root[1] - scale * 0.010, root[0] + scale * 0.010, root[1] + scale * 0.010],
            fill=ink,
        )
        for prong in range(prongs):
            side = angle + (prong - (prongs - 1) / 2) * 1.1 + rng.normal(0, 0.1)
            end = (tip[0] + scale * 0.026 * np.cos(side), tip[1] + scale * 0.026 * np.sin(side))
            pen.line([tip, end], ink, width=max(2, round(scale * 0.006)))
    drawn = np.asarray(sheet.reduce(2), np.float32) / 255
    last = slide.size - 1
    row = np.clip((slide.v + 1) / 2 * last, 0, last).astype(np.intp)
    column = np.clip((slide.u + 1) / 2 * last, 0, last).astype(np.intp)
    outside = (np.abs(slide.u) > 1) | (np.abs(slide.v) > 1)
    return np.asarray(np.where(outside, 0, 0.75 * drawn[row, column]), np.float32)


def draw_peridinioid_cyst(rng: Rng) -> Image.Image:
    """A thin, horned outer wall around a darker inner body."""
    slide = _look(rng)
    theta, rho = np.arctan2(slide.v, slide.u), np.hypot(slide.u, slide.v * 0.92)
    size = rng.uniform(0.46, 0.56)
    outline = size * (1 + 0.05 * np.cos(5 * theta + np.pi / 2))
    horns = (
        (-np.pi / 2, rng.uniform(0.36, 0.6), 0.16),
        (np.pi / 2 - 0.5, rng.uniform(0.22, 0.42), 0.17),
        (np.pi / 2 + 0.5, rng.uniform(0.12, 0.36), 0.17),
    )
    for angle, length, width in horns:
        away = np.angle(np.exp(1j * (theta - angle)))
        outline = outline + size * length * np.exp(-((np.abs(away) / width) ** 1.35))
    ratio = np.asarray(rho / outline, np.float32)
    inside = compute_step(ratio - 1, 0.03)
    absorbance = 0.15 * inside + 0.36 * _compute_rim(ratio, 0.975, 0.028)
    inner = np.asarray(np.hypot(slide.u, (slide.v - 0.02) * 0.95) / (size * rng.uniform(0.72, 0.88)), np.float32)
    within = compute_step(inner - 1, 0.04)
    absorbance += within * (0.24 + 0.08 * inner**2) + 0.32 * _compute_rim(inner, 0.96, 0.035)
    belt = np.abs(slide.v - 0.05 * size)
    girdle = _compute_rim(np.asarray(belt, np.float32), 0.045, 0.014) * inside
    absorbance += 0.22 * girdle + 0.3 * inside * np.clip(
        draw_noise(rng, slide.size, slide.size, cell_px=6, octaves=3) - 0.5, 0, None
    )
    return _expose(rng, slide, np.clip(absorbance, 0, None))


def draw_bisaccate_pollen(rng: Rng) -> Image.Image:
    """A conifer's pollen grain: a dense body between two netted air sacs."""
    slide = _look(rng)
    body = rng.uniform(0.32, 0.42)
    flat = rng.uniform(0.78, 1.0)
    corpus = np.asarray(np.hypot(slide.u, slide.v / flat) / body, np.float32)
    within = compute_step(corpus - 1, 0.05)
    absorbance = within * (0.36 + 0.05 * corpus**2) + 0.38 * _compute_rim(corpus, 0.955, 0.05)
    absorbance += 0.3 * within * np.clip(draw_noise(rng, slide.size, slide.size, cell_px=6, octaves=3) - 0.5, 0, None)
    mesh = _draw_mesh(rng, slide, rng.uniform(9, 14), 0.2)
    droop, gap, sac = rng.uniform(0.02, 0.22), rng.uniform(0.78, 1.0), body * rng.uniform(0.82, 1.05)
    for side in (-1, 1):
        u, v = slide.u - side * gap * body, slide.v - droop
        tilt = side * rng.uniform(0.1, 0.35)
        a, b = u * np.cos(tilt) + v * np.sin(tilt), v * np.cos(tilt) - u * np.sin(tilt)
        saccus = np.asarray(np.hypot(a / 0.86, b / 1.12) / sac, np.float32)
        inside = compute_step(saccus - 1, 0.05)
        absorbance += inside * (0.16 + 0.24 * mesh) + 0.3 * _compute_rim(saccus, 0.96, 0.04)
    return _expose(rng, slide, np.clip(absorbance, 0, None))
