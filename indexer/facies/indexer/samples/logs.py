"""Well logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facies.indexer.samples.canvas import GRID, Colour, Rng, Sheet, draw_noise

Curve: TypeAlias = NDArray[np.float64]
"""A value in [0, 1] of the track's width for each pixel of depth."""

_GREEN: Colour = (20, 110, 50)
_RED: Colour = (190, 40, 40)
_BLUE: Colour = (40, 90, 190)
_SAND: Colour = (250, 222, 96)
_SHALE: Colour = (150, 160, 140)
_FRAME: Colour = (60, 60, 60)

_HEAD_TOP, _TOP, _MARGIN = 8, 42, 30
_DEPTH_STEP_PX = 16


@dataclass(frozen=True, slots=True)
class _Track:
    """A column of the log: where it lies on the sheet."""

    left: float
    width: float
    bottom: int

    def place(self, value: float, row: int) -> tuple[float, float]:
        return self.left + self.width * float(value), _TOP + row

    def frame(self, top: int, bottom: int) -> tuple[float, float, float, float]:
        return self.left, top, self.left + self.width, bottom


def draw_well_log(rng: Rng) -> Image.Image:
    """Tracks side by side: gamma ray with sand and shale, resistivity on a log scale, density and neutron."""
    width, height = int(rng.integers(250, 320)), int(rng.integers(360, 400))
    sheet = Sheet(width, height)
    bottom = height - 8
    tracks = _lay_tracks(sheet, int(rng.integers(2, 4)), width, bottom)
    _rule_depth(rng, sheet, tracks)
    rows = bottom - _TOP
    sand = 1 / (1 + np.exp(-9 * (_wander(rng, rows, rng.uniform(30, 90)) - rng.uniform(0.4, 0.6))))
    pay = sand * (np.arange(rows) < rng.uniform(0.3, 0.9) * rows)  # hydrocarbons above the water
    _draw_gamma(rng, sheet, tracks[0], sand)
    _draw_resistivity(rng, sheet, tracks[1], pay)
    if len(tracks) == 3:
        _draw_porosity(rng, sheet, tracks[2], sand, pay)
    return sheet.finish()


def _lay_tracks(sheet: Sheet, count: int, width: int, bottom: int) -> list[_Track]:
    space = (width - _MARGIN - 10 - 4 * (count - 1)) / count
    tracks = [_Track(_MARGIN + i * (space + 4), space, bottom) for i in range(count)]
    for track in tracks:
        sheet.box(track.frame(_HEAD_TOP, _TOP), (246, 246, 246), _FRAME)
        sheet.box(track.frame(_TOP, bottom), (255, 255, 255), _FRAME)
    return tracks


def _rule_depth(rng: Rng, sheet: Sheet, tracks: list[_Track]) -> None:
    start = int(rng.integers(80, 380)) * 10
    for i, row in enumerate(range(0, tracks[0].bottom - _TOP, _DEPTH_STEP_PX)):
        for track in tracks:
            sheet.line([track.place(0, row), track.place(1, row)], (190, 190, 190) if i % 5 == 0 else GRID, 0.5)
        if i % 5 == 0 and i > 0:
            sheet.text((_MARGIN - 3, _TOP + row), str(start + i * 5), size=8, anchor="rm")
    sheet.text((_MARGIN - 3, 14), "MD", size=8, anchor="rm")
    sheet.text((_MARGIN - 3, 25), "m", size=8, anchor="rm")


def _wander(rng: Rng, rows: int, cell_px: float) -> Curve:
    return np.asarray(draw_noise(rng, rows, 1, cell_px=cell_px, octaves=5, gain=0.6)[:, 0], np.float64)


def _measure(rng: Rng, truth: Curve, *, cell_px: float, noise: float) -> Curve:
    """Add what a tool adds: slow drift, jitter, and the ends of its scale."""
    drift = 0.12 * (_wander(rng, truth.size, cell_px) - 0.5)
    return np.clip(truth + drift + rng.normal(0, noise, truth.size), 0.03, 0.97)


def _draw_gamma(rng: Rng, sheet: Sheet, track: _Track, sand: Curve) -> None:
    gamma = _measure(rng, 0.85 - 0.6 * sand, cell_px=8, noise=0.035)
    for row, value in enumerate(gamma):
        sheet.line([track.place(0.5, row), track.place(value, row)], _SAND if value < 0.5 else _SHALE)
    _trace(sheet, track, gamma, _GREEN)
    _head(sheet, track, 0, ("GR", "0", "150"), _GREEN)


def _draw_resistivity(rng: Rng, sheet: Sheet, track: _Track, pay: Curve) -> None:
    for decade in range(3):
        for step in np.log10(np.arange(1, 10)):
            x = (decade + step) / 3
            sheet.line([track.place(x, 0), track.place(x, track.bottom - _TOP)], GRID, 0.5)
    deep = _measure(rng, 0.22 + 0.5 * pay, cell_px=20, noise=0.012)
    shallow = np.clip(deep * 0.86 + 0.03 + rng.normal(0, 0.01, deep.size), 0.03, 0.97)
    _trace(sheet, track, shallow, _BLUE)
    _trace(sheet, track, deep, _RED)
    _head(sheet, track, 0, ("RD", "0.2", "200"), _RED)
    _head(sheet, track, 1, ("RS", "0.2", "200"), _BLUE)


def _draw_porosity(rng: Rng, sheet: Sheet, track: _Track, sand: Curve, pay: Curve) -> None:
    density = _measure(rng, 0.68 - 0.34 * sand, cell_px=16, noise=0.012)
    neutron = _measure(rng, 0.36 + 0.2 * sand - 0.14 * pay * rng.random(), cell_px=16, noise=0.012)
    for row in np.flatnonzero(density < neutron):
        sheet.line([track.place(density[row], int(row)), track.place(neutron[row], int(row))], (250, 226, 120))
    _trace(sheet, track, density, _RED)
    _trace(sheet, track, neutron, _BLUE)
    _head(sheet, track, 0, ("RHOB", "1.95", "2.95"), _RED)
    _head(sheet, track, 1, ("NPHI", ".45", "-.15"), _BLUE)


def _trace(sheet: Sheet, track: _Track, curve: Curve, ink: Colour) -> None:
    sheet.line([track.place(value, row) for row, value in enumerate(curve)], ink)


def _head(sheet: Sheet, track: _Track, number: int, words: tuple[str, str, str], ink: Colour) -> None:
    name, low, high = words
    left, right, y = track.left + 3, track.left + track.width - 3, 15 + 15 * number
    sheet.text(((left + right) / 2, y), name, size=8, colour=ink)
    sheet.text((left, y), low, size=6, anchor="lm", colour=ink)
    sheet.text((right, y), high, size=6, anchor="rm", colour=ink)
    sheet.line([(left, y + 6), (right, y + 6)], ink)
