"""Figures of reports and papers: ternary plots, bars, cross-plots, roses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.indexer.samples.canvas import GRID, Colour, Frame, Point, Rng, Sheet, vary

_INKS: tuple[Colour, ...] = (
    (31, 119, 180),
    (214, 96, 40),
    (44, 140, 80),
    (170, 50, 60),
    (128, 92, 170),
    (130, 96, 70),
    (60, 160, 170),
    (190, 160, 40),
)
_ROCKS = ("Sandstone", "Siltstone", "Shale", "Limestone", "Dolomite", "Marl", "Coal", "Chalk")
_COMPONENTS = (
    ("Q", "F", "L"),
    ("Sand", "Silt", "Clay"),
    ("Quartz", "Feldspar", "Lithics"),
    ("SiO2", "CaO", "MgO"),
    ("A", "K", "F"),
)
_FIELDS: tuple[Colour, ...] = ((250, 240, 200), (220, 238, 220), (216, 228, 244))

Place: TypeAlias = Callable[[float, float, float], Point]


def _pick_inks(rng: Rng, count: int) -> list[Colour]:
    return [vary(rng, _INKS[i], 10) for i in rng.permutation(len(_INKS))[:count]]


def _pick(rng: Rng, *words: str) -> str:
    return words[rng.integers(len(words))]


def draw_ternary_plot(rng: Rng) -> Image.Image:
    """A triangle of three components with its grid, fields, and clusters of samples."""
    width, height = int(rng.integers(290, 350)), int(rng.integers(270, 310))
    sheet = Sheet(width, height)
    side = min(width - 70, (height - 56) / 0.866)
    corners = ((width / 2, 28.0), (width / 2 - side / 2, 28 + 0.866 * side), (width / 2 + side / 2, 28 + 0.866 * side))

    def place(*shares: float) -> Point:
        x, y = (sum(s * c[i] for s, c in zip(shares, corners, strict=True)) / sum(shares) for i in (0, 1))
        return x, y

    if rng.random() < 0.6:
        _colour_fields(rng, sheet, place)
    lines = int(rng.choice([5, 10]))
    for t in (i / lines for i in range(1, lines)):
        for start, end in (
            (place(t, 1 - t, 0), place(t, 0, 1 - t)),
            (place(1 - t, t, 0), place(0, t, 1 - t)),
            (place(1 - t, 0, t), place(0, 1 - t, t)),
        ):
            sheet.line([start, end], (186, 186, 186), 0.6)
    sheet.polygon(list(corners), outline=(30, 30, 30))
    for ink in _pick_inks(rng, int(rng.integers(1, 5))):
        centre = rng.dirichlet([1.6, 1.6, 1.6])
        for shares in rng.dirichlet(centre * rng.uniform(18, 60) + 0.3, int(rng.integers(10, 40))):
            sheet.dot(place(*(float(share) for share in shares)), 2.7, ink, (255, 255, 255))
    names = _COMPONENTS[rng.integers(len(_COMPONENTS))]
    for (x, y), name, below in zip(corners, names, (-12, 13, 13), strict=True):
        sheet.text((x, y + below), name, size=11)
    return sheet.finish()


def _colour_fields(rng: Rng, sheet: Sheet, place: Place) -> None:
    split = rng.uniform(0.4, 0.75)
    inner, foot = place(split, (1 - split) / 2, (1 - split) / 2), place(0, 0.5, 0.5)
    left, right = place(split, 1 - split, 0), place(split, 0, 1 - split)
    fields = ([place(1, 0, 0), left, right], [left, place(0, 1, 0), foot, inner], [right, place(0, 0, 1), foot, inner])
    for points, shade in zip(fields, _FIELDS, strict=True):
        sheet.polygon(points, vary(rng, shade, 8))


def draw_bar_chart(rng: Rng) -> Image.Image:
    """Bars, plain, stacked or as a histogram, with axes and names."""
    width, height = int(rng.integers(300, 380)), int(rng.integers(230, 290))
    sheet = Sheet(width, height)
    left, top, right, bottom = frame = (40, 24, width - 14, height - 40)
    for i in range(6):
        at = bottom - (bottom - top) * i / 5
        sheet.line([(left, at), (right, at)], GRID, 0.7)
        sheet.text((left - 5, at), str(i * 20), size=8, anchor="rm")
    kind = _pick(rng, "plain", "stacked", "histogram")
    _raise_bars(rng, sheet, frame, _make_bars(rng, kind), histogram=kind == "histogram")
    sheet.line([(left, top), (left, bottom), (right, bottom)], width=1.2)
    subject = _pick(rng, "Porosity (%)", "Grain size") if kind == "histogram" else _pick(rng, "Facies", "Lithology")
    sheet.text(((left + right) / 2, height - 12), subject, size=9)
    sheet.upright_text((11, (top + bottom) / 2), _pick(rng, "Count", "Frequency (%)", "Thickness (m)"), size=9)
    sheet.text(((left + right) / 2, 12), _pick(rng, "Well A", "Member 2", "Upper unit", "Core 3"), size=10)
    return sheet.finish()


def _make_bars(rng: Rng, kind: str) -> NDArray[np.float64]:
    """Heights of the parts of each bar, (bars, parts), as shares of the chart's height."""
    count = int(rng.integers(14, 26)) if kind == "histogram" else int(rng.integers(4, 9))
    if kind == "histogram":
        at = (np.arange(count) + 0.5) / count
        shape = np.exp(-(((at - rng.uniform(0.3, 0.7)) / rng.uniform(0.12, 0.25)) ** 2))
        heights = shape * rng.uniform(0.8, 1.05, count)
        return np.asarray(0.95 * heights[:, None] / heights.max())
    if kind == "stacked":
        return rng.dirichlet([2.0] * int(rng.integers(3, 5)), count) * rng.uniform(0.6, 1, (count, 1))
    return rng.uniform(0.12, 0.96, (count, 1))


def _raise_bars(rng: Rng, sheet: Sheet, frame: Frame, bars: NDArray[np.float64], *, histogram: bool) -> None:
    left, top, right, bottom = frame
    step = (right - left) / len(bars)
    gap = step * (0.02 if histogram else 0.16)
    inks = _pick_inks(rng, 8)
    one_colour = histogram or bars.shape[1] > 1 or rng.random() < 0.5
    for i, shares in enumerate(bars):
        at, base = left + step * i, bottom
        for j, share in enumerate(shares):
            tall = float(share) * (bottom - top)
            sheet.box((at + gap, base - tall, at + step - gap, base), inks[j if one_colour else i], (60, 60, 60))
            base -= tall
        if not histogram:
            sheet.text((at + step / 2, bottom + 9), _ROCKS[i][: 4 if len(bars) > 6 else 5], size=7)
    if histogram:
        for i in range(5):
            sheet.text((left + (right - left) * (i + 0.5) / 5, bottom + 9), f"{5 * i}", size=8)


def draw_scatter_plot(rng: Rng) -> Image.Image:
    """A cross-plot of two measurements in one to four groups, some with a fitted line."""
    width, height = int(rng.integers(280, 350)), int(rng.integers(250, 310))
    sheet = Sheet(width, height)
    left, top, right, bottom = frame = (42, 16, width - 14, height - 38)
    for i, decade in enumerate(("0.01", "0.1", "1", "10", "100", "1000")):
        x, y = left + (right - left) * i / 5, bottom - (bottom - top) * i / 5
        sheet.line([(x, top), (x, bottom)], GRID, 0.7)
        sheet.line([(left, y), (right, y)], GRID, 0.7)
        sheet.text((x, bottom + 9), str(i * 5), size=8)
        sheet.text((left - 5, y), decade, size=8, anchor="rm")
    groups = int(rng.integers(1, 5))
    for number, ink in enumerate(_pick_inks(rng, groups)):
        _scatter(rng, sheet, frame, ink, square=number % 2 == 1)
        if groups > 1:
            sheet.dot((left + 10, top + 10 + 12 * number), 3, ink)
            sheet.text((left + 17, top + 10 + 12 * number), _ROCKS[number], size=8, anchor="lm")
    sheet.box(frame, outline=(40, 40, 40))
    sheet.text(((left + right) / 2, height - 12), "Porosity (%)", size=9)
    sheet.upright_text((11, (top + bottom) / 2), "Permeability (mD)", size=9)
    return sheet.finish()


def _scatter(rng: Rng, sheet: Sheet, frame: Frame, ink: Colour, *, square: bool) -> None:
    left, top, right, bottom = frame

    def place(u: float, v: float) -> Point:
        return left + (right - left) * float(u), bottom - (bottom - top) * float(v)

    count = int(rng.integers(20, 70))
    across = np.clip(rng.normal(rng.uniform(0.3, 0.7), rng.uniform(0.08, 0.2), count), 0.02, 0.98)
    up = rng.uniform(0.5, 1.1) * (across - 0.5) + 0.5 + rng.normal(0, 0.09) + rng.normal(0, 0.06, count)
    up = np.clip(up, 0.02, 0.98)
    for x, y in (place(u, v) for u, v in zip(across, up, strict=True)):
        if square:
            sheet.box((x - 2.2, y - 2.2, x + 2.2, y + 2.2), ink, (255, 255, 255))
        else:
            sheet.dot((x, y), 2.6, ink, (255, 255, 255))
    if rng.random() < 0.5:
        gradient, offset = np.polyfit(across, up, 1)
        ends = np.asarray([across.min(), across.max()])
        sheet.line([place(u, min(gradient * u + offset, 1.0)) for u in ends], ink, 1.3)


def draw_rose_diagram(rng: Rng) -> Image.Image:
    """A rose of directions: petals by how often currents or fractures point each way."""
    size = int(rng.integers(270, 330))
    sheet = Sheet(size, size)
    middle, radius = size / 2 + 1, size / 2 - 26

    def place(bearing: float, share: float) -> Point:
        return middle + radius * float(share * np.sin(bearing)), middle - radius * float(share * np.cos(bearing))

    for i in range(1, 5):
        sheet.ring((middle, middle), radius * i / 4, (60, 60, 60) if i == 4 else GRID)
    for bearing in np.arange(0, 2 * np.pi, np.pi / 6):
        sheet.line([(middle, middle), place(bearing, 1)], GRID, 0.7)
    petals = int(rng.choice([18, 24, 36]))
    bearings = np.arange(petals) * 2 * np.pi / petals
    ink = _pick_inks(rng, 1)[0]
    for bearing, share in zip(bearings, _count_directions(rng, bearings), strict=True):
        arc = np.linspace(bearing - np.pi / petals, bearing + np.pi / petals, 7)
        sheet.polygon([(middle, middle), *(place(b, share) for b in arc)], ink, (40, 40, 40))
    for i, name in enumerate("NESW"):
        sheet.text(place(i * np.pi / 2, 1 + 11 / radius), name, size=11)
    sheet.text((6, 10), f"n = {rng.integers(30, 400)}", size=8, anchor="lm")
    return sheet.finish()


def _count_directions(rng: Rng, bearings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lengths of the petals in [0, 1], around one to three main directions; areas stand for counts."""
    counts = 0.05 * rng.random(bearings.size)
    fold = int(rng.integers(1, 3))  # 2: fractures, which point both ways
    for _ in range(rng.integers(1, 4)):
        mean, spread = rng.uniform(0, 2 * np.pi), rng.uniform(4, 16)
        counts = counts + rng.uniform(0.4, 1) * np.exp(spread * (np.cos((bearings - mean) * fold) - 1))
    counts = counts * rng.uniform(0.7, 1.1, bearings.size)
    return np.asarray(np.sqrt(counts / counts.max()))
