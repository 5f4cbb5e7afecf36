"""Colours of classes: readable beside each other, the same for an id in every table, and as text."""

from __future__ import annotations

import re
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Colour: TypeAlias = tuple[int, int, int]

_LEVELS = np.arange(20, 256, 21)
_LIGHTNESS = (35.0, 88.0)
"""Darker or lighter ones would be lost on a photograph, or beside black and white marks."""
_FIRST: Colour = (230, 62, 62)
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


def colour_of(number: int) -> Colour:
    """The colour that the class with this id has where no table says another; those of low ids differ most."""
    r, g, b = _colours()[number % len(_colours())]
    return int(r), int(g), int(b)


def parse_colour(text: str) -> Colour | None:
    """Read ``#rrggbb``; None where the text is none."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        return None
    r, g, b = bytes.fromhex(found[1])
    return r, g, b


def format_colour(colour: Colour) -> str:
    """Write a colour as ``#rrggbb``."""
    return f"#{bytes(colour).hex()}"


@cache
def _colours() -> NDArray[np.uint8]:
    """Choose 256 colours, each as far as can be from all before it, so that the first few differ most.

    Distances are Euclidean in CIE L*a*b*; colours of low and high lightness are left out.
    """
    grid = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), -1).reshape(-1, 3).astype(np.uint8)
    lab = _lab(grid)
    usable = (lab[:, 0] >= _LIGHTNESS[0]) & (lab[:, 0] <= _LIGHTNESS[1])
    grid, lab = grid[usable], lab[usable]
    at = int(np.argmin(np.abs(grid.astype(int) - np.array(_FIRST)).sum(1)))
    nearest = np.full(len(grid), np.inf)
    chosen = []
    for _ in range(256):
        chosen.append(at)
        nearest = np.minimum(nearest, np.square(lab - lab[at]).sum(1))
        at = int(np.argmax(nearest.round(3)))
    return grid[chosen]


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Turn sRGB (n, 3) into CIE L*a*b* (n, 3) under D65.

    Source: IEC 61966-2-1 (1999) for sRGB; CIE 15 (2004) for L*a*b*.
    """
    value = rgb / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * root[:, 1] - 16, 500 * (root[:, 0] - root[:, 1]), 200 * (root[:, 1] - root[:, 2])], axis=1)
