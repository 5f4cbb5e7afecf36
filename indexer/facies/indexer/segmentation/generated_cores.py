"""Core photographs that are drawn: strata of many lithofacies with exact truth and strokes, from a seed.

They are made so that colour alone fails. Every texture is brought to the same mean and spread of brightness; the
colours of strata come from a few grounds that all classes share, and drift within a stratum by more than they differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.segmentation import ClassTable
from facies.indexer.samples.canvas import Field, Rng, compute_grid, draw_noise
from facies.indexer.segmentation.bedding import Bedding, lay_strata
from facies.indexer.segmentation.generated_strokes import draw_strokes_in
from facies.indexer.segmentation.labelled_pixels import LabelledPixels
from facies.indexer.segmentation.strokes import StrokeFile, draw_strokes
from facies.indexer.segmentation.textures import TEXTURES, draw_texture

HEIGHT_PX, WIDTH_PX = 2693, 369
STROKES_PER_CLASS = 4
_ROWS_PER_CLASS = 48
_LEAST_WIDTH_PX = 64
_GROUNDS = np.array([[128, 118, 104], [142, 124, 98], [118, 120, 120], [134, 112, 100]], np.float32)
"""Greys and browns of rock, red green blue; each stratum has one of them, whatever its class."""
_CONTRAST = 24.0
_TINT = np.array([1.0, 0.96, 0.9], np.float32)
"""Red, green and blue that go with a step in brightness."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedScene:
    """A picture with everything that is known of it.

    Attributes:
        image: (height, width, 3) uint8.
        truth: (height, width) uint8, class ids.
        strokes: what a person might have drawn.
        labels: the pixels under the strokes.
        table: the classes.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    strokes: StrokeFile
    labels: LabelledPixels
    table: ClassTable


def generate_core(
    seed: int,
    *,
    height: int = HEIGHT_PX,
    width: int = WIDTH_PX,
    classes: int = len(TEXTURES),
    strokes_per_class: int = STROKES_PER_CLASS,
) -> GeneratedScene:
    """Draw a core; the same values give the same core.

    Args:
        seed: 0 or more.
        height: pixels, at least 48 for each class.
        width: pixels, at least 64.
        classes: how many of `TEXTURES`, from 2.
        strokes_per_class: strokes of each class, at least 1.

    Raises:
        QueryError: a value is out of its range.
    """
    if not 2 <= classes <= len(TEXTURES):
        raise QueryError(f"{classes} classes are asked for, expected 2 to {len(TEXTURES)}")
    if height < _ROWS_PER_CLASS * classes or width < _LEAST_WIDTH_PX:
        raise QueryError(
            f"a core of {width} x {height} pixels is asked for; {classes} classes need at least {_LEAST_WIDTH_PX} x "
            f"{_ROWS_PER_CLASS * classes}"
        )
    if seed < 0 or strokes_per_class < 1:
        raise QueryError(f"seed {seed} and {strokes_per_class} strokes per class, expected from 0 and from 1")
    shape_rng, paint_rng, stroke_rng = np.random.default_rng(np.random.SeedSequence([seed, 0])).spawn(3)
    bedding = lay_strata(shape_rng, height, width, classes)
    indices = bedding.classes[bedding.stratum]
    table = ClassTable.of_names(list(TEXTURES)[:classes])
    words: list[int | str] = list(range(classes))
    drawn = draw_strokes_in(stroke_rng, indices, words, per_class=strokes_per_class)
    strokes = StrokeFile("image.png", drawn, table)
    labels = draw_strokes(strokes, (height, width), table, "the generated strokes")
    return GeneratedScene(_paint(paint_rng, bedding, table), table.ids_of(indices), strokes, labels, table)


def _paint(rng: Rng, bedding: Bedding, table: ClassTable) -> NDArray[np.uint8]:
    height, width = bedding.level.shape
    _, x = compute_grid(height, width)
    image = np.empty((height, width, 3), np.float32)
    for number, (index, own) in enumerate(zip(bedding.classes, rng.spawn(len(bedding.classes)), strict=True)):
        here = bedding.stratum == number
        rows = np.flatnonzero(here.any(1))
        band = slice(rows[0], rows[-1] + 1)
        along = x[band] + own.uniform(0, 200)
        texture = draw_texture(table.names[index], own, bedding.level[band], along)
        ground = _GROUNDS[own.integers(len(_GROUNDS))] + np.asarray(
            own.normal(0, 6) + own.normal(0, 2.5, 3), np.float32
        )
        painted = ground + (_CONTRAST * own.uniform(0.85, 1.15) * texture)[..., None] * _TINT
        image[band][here[band]] = painted[here[band]]
    image += _drift(rng, height, width)
    image *= (1 - 0.8 * _fractures(rng, bedding))[..., None]
    image *= _light(rng, height, width)[..., None]
    image += rng.normal(0, 3.5, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def _drift(rng: Rng, height: int, width: int) -> NDArray[np.float32]:
    """Stains and bleaching that take no notice of strata: (height, width, 3)."""
    shade = 34 * (draw_noise(rng, height, width, cell_px=120, octaves=3) - 0.5)
    stain = draw_noise(rng, height, width, cell_px=90, octaves=2) - 0.5
    return np.stack([shade + 18 * stain, shade + 3 * stain, shade - 18 * stain], axis=-1)


def _light(rng: Rng, height: int, width: int) -> Field:
    """A round core lit from above: darker to the sides, uneven along it."""
    y, x = compute_grid(height, width)
    side = (x / width - rng.uniform(0.42, 0.58)) * 2
    along = np.interp(y[:, 0], np.linspace(0, height, 8), rng.uniform(0.88, 1.1, 8)).astype(np.float32)
    return np.asarray((1.04 - 0.2 * side**2) * along[:, None], np.float32)


def _fractures(rng: Rng, bedding: Bedding) -> Field:
    """Dark, jagged cracks of a pixel or two: 1 in them, 0 elsewhere."""
    height, width = bedding.level.shape
    dark = np.zeros((height, width), np.float32)
    for _ in range(max(round(height / 350), 1)):
        reach = min(200, height // 3)
        top = int(rng.integers(0, height - reach))
        band = slice(top, top + reach)
        y, x = compute_grid(reach, width)
        bent = y + rng.uniform(-0.9, 0.9) * (x - width / 2) + 26 * draw_noise(rng, reach, width, cell_px=50, octaves=4)
        crack = np.exp(-(((bent - reach / 2) / rng.uniform(0.9, 1.6)) ** 2))
        ends = np.clip(np.minimum(x - rng.uniform(-80, width / 2), rng.uniform(width / 2, width + 80) - x) / 20, 0, 1)
        dark[band] = np.maximum(dark[band], crack * ends)
    return dark
