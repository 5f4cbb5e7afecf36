"""Outlines of organic particles and mineral grains under a microscope, as distances from their edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facies.indexer.samples.canvas import Field, Rng

_FARTHEST = 1.25
"""No corner reaches farther from the centre, in radii."""


@dataclass(frozen=True, slots=True, eq=False)
class Particle:
    """A particle in its box of the picture.

    Attributes:
        rows: of the box.
        columns: of the box.
        depth: (h, w), distance to the edge in pixels, positive inside; about so, exact along no direction.
        along: (h, w), position along the longer axis from the centre, in pixels.
        across: (h, w), position along the shorter axis.
    """

    rows: slice
    columns: slice
    depth: Field
    along: Field
    across: Field


def place_particle(
    rng: Rng, shape: tuple[int, int], *, radius_px: float, aspect: float, angular: bool
) -> Particle | None:
    """Place a particle anywhere in a picture, at any turn.

    Args:
        rng: source of chance.
        shape: height and width of the picture.
        radius_px: half its longer axis.
        aspect: its longer axis over its shorter.
        angular: a splinter with straight edges; else a rounded body.

    Returns:
        None where it would lie outside.
    """
    turn = rng.uniform(0, np.pi)
    at_y, at_x = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
    reach = radius_px * 1.3 + 2
    top, bottom = max(int(at_y - reach), 0), min(int(at_y + reach) + 1, shape[0])
    left, right = max(int(at_x - reach), 0), min(int(at_x + reach) + 1, shape[1])
    outline = _splinter(rng) if angular else _body(rng)
    if bottom - top < 4 or right - left < 4:
        return None
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    along = (x - at_x) * np.cos(turn) + (y - at_y) * np.sin(turn)
    across = (y - at_y) * np.cos(turn) - (x - at_x) * np.sin(turn)
    u, v = along / radius_px, across * aspect / radius_px
    inside = _depth_of_splinter(u, v, outline) if angular else _depth_of_body(u, v, outline)
    inside = np.minimum(inside, _FARTHEST - np.hypot(u, v))
    depth = np.asarray(inside * radius_px / np.sqrt(aspect), np.float32)
    return Particle(
        slice(top, bottom), slice(left, right), depth, np.asarray(along, np.float32), np.asarray(across, np.float32)
    )


def _splinter(rng: Rng) -> Field:
    """Sides of a convex polygon, (n, 2): direction, and distance from the centre in radii."""
    count = int(rng.integers(5, 9))
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.normal(0, 0.22, count)
    return np.stack([turns, rng.uniform(0.62, 1.0, count)], axis=1).astype(np.float32)


def _depth_of_splinter(u: Field, v: Field, sides: Field) -> Field:
    depths = [away - (u * np.cos(turn) + v * np.sin(turn)) for turn, away in sides]
    return np.asarray(np.min(depths, axis=0) + 0.02 * np.sin(19 * u) + 0.02 * np.sin(17 * v + 1), np.float32)


def _body(rng: Rng) -> Field:
    """Harmonics of a soft outline, (n, 2): strength and phase."""
    strengths = rng.normal(0, 0.1, 5) / np.arange(1, 6)
    return np.stack([strengths, rng.uniform(0, 2 * np.pi, 5)], axis=1).astype(np.float32)


def _depth_of_body(u: Field, v: Field, harmonics: Field) -> Field:
    angle = np.arctan2(v, u)
    radius = 0.85 + sum(
        strength * np.cos(order * angle + phase) for order, (strength, phase) in enumerate(harmonics, 2)
    )
    return np.asarray(radius - np.hypot(u, v), np.float32)
