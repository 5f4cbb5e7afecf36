"""Maceral scenes that are drawn: polished blocks in reflected white light, with exact truth and strokes, from a seed.

What makes such photographs hard is in them: liptinite hardly darker than the resin, mineral grains as grey as
vitrinite, pyrite brighter than inertinite, scratches, and light that falls off to the corners.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.indexer.samples.canvas import Field, Rng, compute_grid, draw_cells, draw_noise
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.generated_strokes import draw_strokes_in
from facies.indexer.segmentation.particles import Particle, place_particle
from facies.indexer.segmentation.strokes import StrokeFile, draw_strokes
from facies.models.macerals import BACKGROUND, MACERALS

HEIGHT_PX, WIDTH_PX = 1024, 1360
UM_PER_PX = 0.25
"""As through an oil immersion objective of 50 x; sizes of particles are meant so."""
STROKES_PER_CLASS = 6
_LEAST_PX = 200
_FULL_SIZE = HEIGHT_PX * WIDTH_PX
_PARTICLES = {"inertinite": 14, "vitrinite": 15, "liptinite": 22}
"""Particles of each maceral in a scene of full size, on average."""
_TINT = np.array([1.0, 0.985, 0.955], np.float32)


def generate_macerals(
    seed: int,
    number: int = 0,
    *,
    height: int = HEIGHT_PX,
    width: int = WIDTH_PX,
    strokes_per_class: int = STROKES_PER_CLASS,
) -> GeneratedScene:
    """Draw a scene; the same values give the same scene.

    Args:
        seed: of a series of scenes, 0 or more.
        number: of the scene in its series, 0 or more.
        height: pixels, at least 200.
        width: pixels, at least 200.
        strokes_per_class: strokes of each class, at least 1.

    Raises:
        QueryError: a value is out of its range.
    """
    if min(height, width) < _LEAST_PX or min(seed, number) < 0 or strokes_per_class < 1:
        raise QueryError(
            f"a scene of {width} x {height} pixels with seed {seed}, number {number} and {strokes_per_class} strokes "
            f"per class is asked for, expected at least {_LEAST_PX} x {_LEAST_PX}, 0, 0 and 1"
        )
    sequence = np.random.SeedSequence([seed, 1, number])
    ground_rng, particle_rng, optics_rng, stroke_rng = np.random.default_rng(sequence).spawn(4)
    grey = _draw_ground(ground_rng, height, width)
    truth = np.full((height, width), BACKGROUND, np.int32)
    _strew(particle_rng, grey, truth)
    image = _photograph(optics_rng, grey)
    _scatter_pyrite(particle_rng, image, truth)
    words: list[int | str] = list(MACERALS.names)
    drawn = draw_strokes_in(stroke_rng, truth, words, per_class=strokes_per_class, tilt=0.8)
    strokes = StrokeFile("image.png", drawn, MACERALS)
    labels = draw_strokes(strokes, (height, width), MACERALS, "the generated strokes")
    noisy = image + optics_rng.normal(0, 2.5, image.shape)
    pixels = np.clip(np.round(noisy), 0, 255).astype(np.uint8)
    return GeneratedScene(pixels, MACERALS.ids_of(truth), strokes, labels, MACERALS)


def _draw_ground(rng: Rng, height: int, width: int) -> Field:
    """Resin with clouds in it, and mineral grains of many greys with rough faces."""
    clouds = draw_noise(rng, height, width, cell_px=150, octaves=4)
    grey = 46 + 26 * clouds + 5 * draw_noise(rng, height, width, cell_px=5, octaves=2)
    y, x = compute_grid(height, width)
    bent_y, bent_x = (axis + 26 * draw_noise(rng, height, width, cell_px=20, octaves=3) for axis in (y, x))
    cells = draw_cells(rng, bent_y, bent_x, cell_px=34, jitter=1.0)
    rough = draw_noise(rng, height, width, cell_px=7, octaves=3)
    minerals = rng.random(cells.count) < 0.22
    shade = rng.uniform(70, 128, cells.count).astype(np.float32)
    size = rng.uniform(0.22, 0.5, cells.count).astype(np.float32)[cells.index]
    cover = np.clip((size - cells.nearest) / 0.04, 0, 1) * np.clip(cells.edge / 0.05, 0, 1) * minerals[cells.index]
    face = shade[cells.index] * (0.72 + 0.5 * rough)
    return np.asarray(grey + cover * (face - grey), np.float32)


def _strew(rng: Rng, grey: Field, truth: NDArray[np.int32]) -> None:
    """Lay particles of every maceral on the ground, none upon another; liptinite also inside vitrinite."""
    scale = grey.size / _FULL_SIZE
    for name in ("vitrinite", "inertinite", "liptinite"):
        wanted = max(int(rng.poisson(_PARTICLES[name] * scale)), 2)
        index = MACERALS.resolve(name)
        placed = 0
        while placed < wanted:
            particle = _place(rng, name, (grey.shape[0], grey.shape[1]))
            if particle is None:
                continue
            inside = particle.depth > 0
            there = truth[particle.rows, particle.columns]
            under = set(np.unique(there[inside]).tolist())
            hosts = {BACKGROUND} if name != "liptinite" else {BACKGROUND, MACERALS.resolve("vitrinite")}
            if len(under) != 1 or not under <= hosts:
                wanted -= int(rng.random() < 0.05)  # a small or crowded scene holds fewer
                continue
            face = _FACES[name](rng, particle)
            cover = np.clip(particle.depth + 0.5, 0, 1)
            box = grey[particle.rows, particle.columns]
            grey[particle.rows, particle.columns] = box + cover * (face - box)
            there[inside] = index
            placed += 1


def _place(rng: Rng, name: str, shape: tuple[int, int]) -> Particle | None:
    if name == "liptinite":
        elongated = rng.random() < 0.6
        radius, aspect = (rng.uniform(26, 70), rng.uniform(2.5, 5)) if elongated else (rng.uniform(14, 34), 1.2)
        return place_particle(rng, shape, radius_px=radius, aspect=aspect, angular=False)
    radius = rng.uniform(35, 105) if name == "vitrinite" else rng.uniform(26, 85)
    return place_particle(rng, shape, radius_px=radius, aspect=rng.uniform(1.1, 2.6), angular=True)


def _face_of_vitrinite(rng: Rng, particle: Particle) -> Field:
    """Even grey, with faint bands and a few drying cracks across them."""
    h, w = particle.depth.shape
    face = np.full((h, w), rng.uniform(108, 136), np.float32) + 5 * (draw_noise(rng, h, w, cell_px=60, octaves=2) - 0.5)
    face = face + 3.5 * np.sin(particle.across / rng.uniform(2.5, 5) + 2 * draw_noise(rng, h, w, cell_px=50))
    for _ in range(int(rng.integers(0, 4))):
        bent = particle.along - rng.uniform(-60, 60) + 14 * (draw_noise(rng, h, w, cell_px=30) - 0.5)
        face = face - 55 * np.exp(-((bent / 1.3) ** 2))
    return np.asarray(face, np.float32)


def _face_of_inertinite(rng: Rng, particle: Particle) -> Field:
    """Bright walls around cells that are empty, squeezed, or filled with grey; a third has hardly any cells."""
    h, w = particle.depth.shape
    wall = rng.uniform(168, 216)
    face = wall + 16 * (draw_noise(rng, h, w, cell_px=24, octaves=3) - 0.5)
    if rng.random() < 0.33:
        return np.asarray(face, np.float32)
    squeeze = rng.uniform(0.4, 1.0)
    cells = draw_cells(rng, particle.across / squeeze, particle.along, cell_px=rng.uniform(11, 18), jitter=0.5)
    lumen = np.clip((cells.edge - rng.uniform(0.16, 0.32)) / 0.12, 0, 1)
    filling = rng.choice([40.0, 62.0, 105.0], cells.count).astype(np.float32)[cells.index]
    return np.asarray(face + lumen * (filling - face), np.float32)


def _face_of_liptinite(rng: Rng, particle: Particle) -> Field:
    """Dark, with a grainy inside, a rim that shines a little, and in flattened bodies a line in the middle."""
    h, w = particle.depth.shape
    face = rng.uniform(20, 34) + 8 * draw_noise(rng, h, w, cell_px=4, octaves=2)
    face = face + 14 * np.exp(-(((particle.depth - 1.5) / 1.3) ** 2))
    if rng.random() < 0.5:
        face = face + 16 * np.exp(-((particle.across / 1.4) ** 2))
    return np.asarray(face, np.float32)


_FACES = {
    "inertinite": _face_of_inertinite,
    "vitrinite": _face_of_vitrinite,
    "liptinite": _face_of_liptinite,
}


def _photograph(rng: Rng, grey: Field) -> NDArray[np.float32]:
    """Add scratches and uneven light, and give grey the tint of the lamp: (height, width, 3)."""
    height, width = grey.shape
    y, x = compute_grid(height, width)
    for _ in range(int(rng.integers(5, 11))):
        turn, at = rng.uniform(0, np.pi), rng.uniform(-0.4, 0.4) * min(height, width)
        away = (x - width / 2) * np.sin(turn) - (y - height / 2) * np.cos(turn) - at
        grey = grey + rng.choice([-16, 14]) * np.exp(-((away / rng.uniform(0.6, 1.1)) ** 2))
    corner = ((x / width - rng.uniform(0.4, 0.6)) ** 2 + (y / height - rng.uniform(0.4, 0.6)) ** 2) * 4
    lit = grey * (1.05 - 0.14 * corner)
    return np.asarray(lit[..., None] * _TINT, np.float32)


def _scatter_pyrite(rng: Rng, image: NDArray[np.float32], truth: NDArray[np.int32]) -> None:
    """Strew framboids of pyrite, brighter than any maceral and yellow; they are background."""
    height, width = truth.shape
    for _ in range(max(int(rng.poisson(16 * truth.size / _FULL_SIZE)), 1)):
        particle = place_particle(rng, (height, width), radius_px=rng.uniform(7, 22), aspect=1.1, angular=False)
        if particle is None:
            continue
        cells = draw_cells(rng, particle.across, particle.along, cell_px=4.5, jitter=0.6)
        grains = np.clip((0.46 - cells.nearest) / 0.12, 0, 1) * np.clip(particle.depth + 0.5, 0, 1)
        box = image[particle.rows, particle.columns]
        image[particle.rows, particle.columns] = box + grains[..., None] * (np.float32([244, 236, 190]) - box)
        truth[particle.rows, particle.columns][particle.depth > 0] = BACKGROUND
