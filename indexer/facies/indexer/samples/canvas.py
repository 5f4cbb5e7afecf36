"""What all drawings share: noise, cells, paper, ink and letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Rng: TypeAlias = np.random.Generator
Field: TypeAlias = NDArray[np.float32]
"""A value per pixel, (height, width)."""
Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]
Frame: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom."""

SUPERSAMPLING = 2
"""Line drawings are made this much larger and reduced, which smooths their edges."""

INK: Colour = (38, 38, 42)
GRID: Colour = (216, 216, 216)


def compute_grid(height: int, width: int) -> tuple[Field, Field]:
    """Give the y and x coordinate of every pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y, x


def draw_noise(
    rng: Rng, height: int, width: int, *, cell_px: float, stretch: float = 1.0, octaves: int = 4, gain: float = 0.5
) -> Field:
    """Draw smooth random values in [0, 1], rough at several scales like clouds or rock.

    Args:
        rng: source of chance.
        height: pixels.
        width: pixels.
        cell_px: size of the largest blotches.
        stretch: how many times longer blotches are along x than along y.
        octaves: number of scales, each half as large as the one before.
        gain: strength of each scale relative to the one before.
    """
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cell = max(cell_px / 2**octave, 1.0)
        rows, columns = int(height / cell) + 4, int(width / (cell * stretch)) + 4
        lattice = Image.fromarray(rng.random((rows, columns), dtype=np.float32))
        top, left = rng.random(2)
        box = (1 + left, 1 + top, 1 + left + width / (cell * stretch), 1 + top + height / cell)
        total += gain**octave * np.asarray(lattice.resize((width, height), Image.Resampling.BICUBIC, box=box))
    low, high = total.min(), total.max()
    return np.asarray((total - low) / max(float(high - low), 1e-6), np.float32)


@dataclass(frozen=True, slots=True)
class Cells:
    """A random mosaic: for each pixel its cell and how it lies in it.

    Attributes:
        index: number of the cell, for looking up what belongs to it.
        count: number of cells.
        nearest: distance to the cell's centre, in units of the mean cell size.
        edge: how much farther the next cell's centre is; 0 on the border between two cells.
        angle: direction from the cell's centre, in radians.
    """

    index: NDArray[np.intp]
    count: int
    nearest: Field
    edge: Field
    angle: Field


def draw_cells(rng: Rng, y: Field, x: Field, *, cell_px: float, jitter: float = 0.85) -> Cells:
    """Cut the plane into cells around points that are scattered, but nowhere too close.

    Args:
        rng: source of chance.
        y: coordinate of each pixel; bend it for irregular borders.
        x: coordinate of each pixel.
        cell_px: mean size of a cell.
        jitter: 0 for a square lattice, 1 for as much disorder as stays even.

    Source: Worley (1996), A cellular texture basis function.
    """
    v, u = y / cell_px, x / cell_px
    v, u = v - v.min() + 1, u - u.min() + 1
    rows, columns = int(v.max()) + 3, int(u.max()) + 3
    scatter = jitter * (rng.random((2, rows, columns), dtype=np.float32) - 0.5) + np.float32(0.5)
    centre_v = (scatter[0] + np.arange(rows, dtype=np.float32)[:, None]).ravel()
    centre_u = (scatter[1] + np.arange(columns, dtype=np.float32)).ravel()
    own = v.astype(np.intp) * columns + u.astype(np.intp)
    nearest = np.full(v.shape, np.inf, np.float32)  # squared until the end
    second = nearest.copy()
    index = own.copy()
    for step in (dr * columns + dc for dr in (-1, 0, 1) for dc in (-1, 0, 1)):
        candidate = own + step
        distance = (centre_v[candidate] - v) ** 2 + (centre_u[candidate] - u) ** 2
        closer = distance < nearest
        np.minimum(second, np.where(closer, nearest, distance), out=second)
        np.copyto(index, candidate, where=closer)
        np.copyto(nearest, distance, where=closer)
    nearest = np.sqrt(nearest)
    angle = np.arctan2(v - centre_v[index], u - centre_u[index])
    return Cells(index, rows * columns, nearest, np.sqrt(second) - nearest, angle)


def blend(base: NDArray[np.float32], colour: Colour | NDArray[np.float32], amount: Field) -> NDArray[np.float32]:
    """Lay a colour over an image (height, width, 3), as strongly as ``amount`` in [0, 1] says per pixel."""
    share = np.asarray(np.clip(amount, 0, 1), np.float32)[..., None]
    return np.asarray(base + share * (np.asarray(colour, np.float32) - base), np.float32)


def compute_layers(values: Field, bounds: NDArray[np.floating]) -> tuple[NDArray[np.intp], Field]:
    """Tell for each value between which of the rising bounds it lies, and how far it is from the nearest."""
    layer = np.searchsorted(np.asarray(bounds, np.float32), values)
    padded = np.concatenate([[-1e9], bounds, [1e9]]).astype(np.float32)
    return layer, np.minimum(values - padded[layer], padded[layer + 1] - values)


def compute_slope(values: Field) -> Field:
    """Give how steeply a field rises, per pixel."""
    return np.asarray(np.hypot(np.gradient(values, axis=0), np.gradient(values, axis=1)), np.float32)


def to_image(values: NDArray[np.float32]) -> Image.Image:
    """Make an image from values (height, width, 3) in [0, 255]."""
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def compute_step(distance: Field, softness: float) -> Field:
    """Give 1 where the distance is negative (inside), 0 outside, with an edge of about ``softness``."""
    return np.asarray(np.clip(0.5 - distance / softness, 0, 1), np.float32)


def vary(rng: Rng, colour: Colour, amount: float = 12) -> Colour:
    """Change a colour a little."""
    r, g, b = (round(float(np.clip(channel + rng.normal(0, amount), 0, 255))) for channel in colour)
    return r, g, b


class Sheet:
    """A sheet to draw on in final pixels; it is held larger, so that edges come out smooth."""

    def __init__(self, width: int, height: int, paper: Colour = (255, 255, 255)) -> None:
        """Take an empty sheet."""
        self.image = Image.new("RGB", (width * SUPERSAMPLING, height * SUPERSAMPLING), paper)
        self._draw = ImageDraw.Draw(self.image)

    def line(self, points: list[Point], colour: Colour = INK, width: float = 1.0) -> None:
        """Draw a line through the points."""
        self._draw.line(_scaled(points), colour, max(1, round(width * SUPERSAMPLING)), joint="curve")

    def dashes(self, start: Point, end: Point, colour: Colour = INK, width: float = 1.0, dash_px: float = 4.0) -> None:
        """Draw a dashed straight line."""
        length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
        for at in np.arange(0, length, 2 * dash_px):
            stop = min(at + dash_px, length)
            pair = [_between(start, end, at / length), _between(start, end, stop / length)]
            self.line(pair, colour, width)

    def polygon(self, points: list[Point], fill: Colour | None = None, outline: Colour | None = None) -> None:
        """Draw a filled polygon."""
        self._draw.polygon(_scaled(points), fill=fill, outline=outline, width=SUPERSAMPLING)

    def box(self, frame: Frame, fill: Colour | None = None, outline: Colour | None = None) -> None:
        """Draw a rectangle."""
        left, top, right, bottom = frame
        self._draw.rectangle(_scaled([(left, top), (right, bottom)]), fill=fill, outline=outline, width=SUPERSAMPLING)

    def dot(self, at: Point, radius: float, fill: Colour, outline: Colour | None = None) -> None:
        """Draw a disc."""
        x, y = at
        corners = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(corners, fill=fill, outline=outline, width=SUPERSAMPLING // 2)

    def ring(self, at: Point, radius: float, colour: Colour, width: float = 1.0) -> None:
        """Draw a circle."""
        x, y = at
        corners = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(corners, outline=colour, width=max(1, round(width * SUPERSAMPLING)))

    def text(self, at: Point, words: str, *, size: float = 9, anchor: str = "mm", colour: Colour = INK) -> None:
        """Write with Pillow's own font; ``anchor`` as Pillow has it (``lm``: left, middle)."""
        font = ImageFont.load_default(size * SUPERSAMPLING)
        self._draw.text(_scaled([at])[0], words, colour, font=font, anchor=anchor)

    def upright_text(self, at: Point, words: str, *, size: float = 9, colour: Colour = INK) -> None:
        """Write from bottom to top, centred."""
        font = ImageFont.load_default(size * SUPERSAMPLING)
        left, top, right, bottom = font.getbbox(words)
        slip = Image.new("L", (round(right - left) + 4, round(bottom - top) + 4), 0)
        ImageDraw.Draw(slip).text((2 - left, 2 - top), words, 255, font=font)
        slip = slip.rotate(90, expand=True)
        x, y = _scaled([at])[0]
        self.image.paste(colour, (round(x - slip.width / 2), round(y - slip.height / 2)), slip)

    def paste(self, values: NDArray[np.float32], left: int, top: int) -> None:
        """Lay values (height, width, 3) down, in final pixels; see `paste_fine` for more."""
        picture = to_image(values)
        size = (picture.width * SUPERSAMPLING, picture.height * SUPERSAMPLING)
        self.image.paste(picture.resize(size, Image.Resampling.BICUBIC), (left * SUPERSAMPLING, top * SUPERSAMPLING))

    def paste_fine(self, values: NDArray[np.float32], left: int, top: int) -> None:
        """Lay values down that are as fine as the sheet: `SUPERSAMPLING` values for each final pixel."""
        self.image.paste(to_image(values), (left * SUPERSAMPLING, top * SUPERSAMPLING))

    def finish(self) -> Image.Image:
        """Reduce to the final size."""
        return self.image.reduce(SUPERSAMPLING)


def _scaled(points: list[Point]) -> list[Point]:
    return [(float(x) * SUPERSAMPLING, float(y) * SUPERSAMPLING) for x, y in points]


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
