"""Plots as SVG text for a report: colours and fonts come from the page's style, so they follow light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 460, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 46
_ABOVE, _BELOW = -8, 18
_HIGH = 0.95
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A point with a value between ``low`` and ``high`` (its error bar; none where the two are equal), and a title."""

    x: float
    y: float
    low: float
    high: float
    title: str


def draw_curve(recall: Sequence[float], precision: Sequence[float], titles: Sequence[str]) -> str:
    """Draw precision against recall, with the area below, in the unit square.

    Args:
        recall: rising, from 0 to 1.
        precision: as many values.
        titles: as many: what a pointer over a point tells; no point is drawn where it is empty.

    Example:
        >>> draw_curve([0, 1], [1, 0], ["", ""]).startswith("<svg")
        True
    """
    path = " ".join(f"{_x(r):.1f},{_y(p):.1f}" for r, p in zip(recall, precision, strict=True))
    area = f"{_x(0):.1f},{_y(0):.1f} {path} {_x(1):.1f},{_y(0):.1f}"
    dots = "".join(_dot(_x(r), _y(p), title) for r, p, title in zip(recall, precision, titles, strict=True) if title)
    ticks = [(tick, f"{tick:.1f}") for tick in _TICKS]
    body = f'<polygon class="area" points="{area}"/><polyline class="line" points="{path}"/>{dots}'
    return _frame("precision against recall", "recall", "precision", ticks, body)


def draw_points(points: Sequence[Point], x_title: str, y_title: str) -> str:
    """Draw values between 0 and 1 with their error bars, at equal distances, joined by a line."""
    places = [(index + 0.5) / len(points) for index in range(len(points))]
    path = " ".join(f"{_x(place):.1f},{_y(point.y):.1f}" for place, point in zip(places, points, strict=True))
    bars = "".join(
        f'<line class="bar" x1="{_x(place):.1f}" x2="{_x(place):.1f}" '
        f'y1="{_y(max(point.low, 0)):.1f}" y2="{_y(min(point.high, 1)):.1f}"/>'
        for place, point in zip(places, points, strict=True)
        if point.high > point.low
    )
    marks = "".join(
        _dot(_x(place), _y(point.y), point.title)
        + f'<text class="value" x="{_x(place) + 8:.1f}" y="{_y(point.y) + _beside(point.y):.1f}">{point.y:.2f}</text>'
        for place, point in zip(places, points, strict=True)
    )
    ticks = [(place, f"{point.x:g}") for place, point in zip(places, points, strict=True)]
    body = f'{bars}<polyline class="line" points="{path}"/>{marks}'
    return _frame(f"{y_title} by {x_title}", x_title, y_title, ticks, body)


def _beside(value: float) -> float:
    """How far below a mark its number stands: above it, unless it would leave the plot there."""
    return _ABOVE if value < _HIGH else _BELOW


def _frame(name: str, x_title: str, y_title: str, x_ticks: Sequence[tuple[float, str]], body: str) -> str:
    lines = [
        f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(tick):.1f}" y2="{_y(tick):.1f}"/>'
        f'<text class="tick" text-anchor="end" x="{_x(0) - 8}" y="{_y(tick) + 4:.1f}">{tick:.1f}</text>'
        for tick in _TICKS
    ]
    lines += [
        f'<text class="tick" text-anchor="middle" x="{_x(place):.1f}" y="{_y(0) + 18:.1f}">{escape(text)}</text>'
        for place, text in x_ticks
    ]
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(name)}">'
        f"{''.join(lines)}{body}"
        f'<text class="axis" text-anchor="middle" x="{_x(0.5):.1f}" y="{_HEIGHT - 8}">{escape(x_title)}</text>'
        f'<text class="axis" text-anchor="middle" transform="translate(14 {middle}) rotate(-90)">{escape(y_title)}'
        "</text></svg>"
    )


def _dot(x: float, y: float, title: str) -> str:
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{escape(title)}</title></circle>'


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)
