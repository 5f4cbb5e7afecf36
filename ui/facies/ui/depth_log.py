"""Fractions by depth as a plot: tables of a job read, made coarse enough to be drawn, and laid out as a chart. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_BINS: Final = 400
"""That are drawn: more than a screen has rows for serves nobody."""
HEIGHT_PX: Final = 620
_FRACTION: Final = "fraction_"


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of depth, or of rows where no depth is known.

    Attributes:
        top: upper end, in metres or rows.
        base: lower end.
        fractions: of the rock by name of class; empty where there is no rock.
        uncertainty: mean over the rock; None where there is none.
        weight: how much rock it stands for.
    """

    top: float
    base: float
    fractions: Mapping[str, float]
    uncertainty: float | None
    weight: float


def read_depths(text: str) -> list[Bin]:
    """Read ``fractions_by_depth.csv``."""
    return [
        _bin(row, float(row["top_m"]), float(row["base_m"]), _number(row["covered"]) * _number(row["rock_share"]))
        for row in csv.DictReader(io.StringIO(text))
    ]


def read_rows(text: str) -> list[Bin]:
    """Read ``fractions.csv`` of one picture whose depth is not known."""
    rows = csv.DictReader(io.StringIO(text))
    return [_bin(row, float(row["row"]), float(row["row"]) + 1, _number(row["rock_share"])) for row in rows]


def coarsen(bins: Sequence[Bin], most: int = MOST_BINS) -> list[Bin]:
    """Put neighbours together until there are at most so many; each counts by its rock.

    >>> bins = [Bin(0, 1, {"a": 1.0}, 0.2, 1), Bin(1, 2, {"b": 1.0}, 0.4, 3), Bin(2, 3, {}, None, 0)]
    >>> [(one.top, one.base, dict(one.fractions)) for one in coarsen(bins, 2)]
    [(0, 2, {'a': 0.25, 'b': 0.75}), (2, 3, {})]
    """
    each = -(-len(bins) // most) if bins else 1
    return [_join(bins[at : at + each]) for at in range(0, len(bins), each)]


def total(bins: Sequence[Bin]) -> dict[str, float]:
    """Fractions of all of the rock."""
    return dict(_join([_long(one) for one in bins]).fractions) if bins else {}


def to_spec(bins: Sequence[Bin], colours: Mapping[str, str], *, unit: str) -> dict[str, Any]:
    """A log of fractions with the uncertainty beside it, depth down its side.

    Args:
        bins: few enough to be drawn.
        colours: of the classes by name, in their order.
        unit: ``m`` or ``row``.
    """
    places = ".3f" if unit == "m" else ".0f"
    where = [
        {"field": "top", "format": places, "title": f"from ({unit})"},
        {"field": "base", "format": places, "title": f"to ({unit})"},
    ]
    color = {
        "field": "class",
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "legend": {"title": None, "orient": "bottom", "columns": 4, "labelLimit": 160},
    }
    fractions = {
        "width": 420,
        "height": HEIGHT_PX,
        "data": {"values": _stacked(bins, colours)},
        "mark": {"type": "rect", "strokeWidth": 0},
        "encoding": {
            **_down(bins, unit),
            **_along("Share of the rock"),
            "color": color,
            "tooltip": [{"field": "class"}, {"field": "share", "format": ".1%"}, *where],
        },
    }
    doubt = {
        "width": 120,
        "height": HEIGHT_PX,
        "data": {
            "values": [
                {"top": one.top, "base": one.base, "from": 0, "to": one.uncertainty}
                for one in bins
                if one.uncertainty is not None
            ]
        },
        "mark": {"type": "rect", "color": "#d61e8c", "opacity": 0.65},
        "encoding": {
            **_down(bins, unit, labels=False),
            **_along("Uncertainty"),
            "tooltip": [{"field": "to", "format": ".0%", "title": "uncertainty"}, *where],
        },
    }
    return {"hconcat": [fractions, doubt], "spacing": 12, "autosize": {"type": "pad"}}


def _stacked(bins: Sequence[Bin], names: Iterable[str]) -> list[dict[str, Any]]:
    """One rectangle for each class of each bin, side by side in the order of the names."""
    values = []
    for one in bins:
        left = 0.0
        for name in names:
            share = one.fractions.get(name, 0.0)
            if share > 0:
                ends = {"from": left, "to": left + share}
                values.append({"top": one.top, "base": one.base, "class": name, "share": share, **ends})
                left += share
    return values


def _down(bins: Sequence[Bin], unit: str, *, labels: bool = True) -> dict[str, Any]:
    ends = [bins[0].top, bins[-1].base] if bins else [0, 1]
    axis: dict[str, Any] = {"title": None, "labels": False}
    if labels:
        title, form = ("Depth (m)", ".2f") if unit == "m" else ("Row of the picture", ",.0f")
        axis = {"title": title, "format": form}
    scale = {"reverse": True, "domain": ends, "zero": False, "nice": False}
    return {"y": {"field": "top", "type": "quantitative", "scale": scale, "axis": axis}, "y2": {"field": "base"}}


def _along(title: str) -> dict[str, Any]:
    axis = {"format": "%", "title": title, "tickCount": 4}
    return {
        "x": {"field": "from", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis},
        "x2": {"field": "to"},
    }


def _bin(row: Mapping[str, str], top: float, base: float, weight: float) -> Bin:
    fractions = {name.removeprefix(_FRACTION): value for name, value in row.items() if name.startswith(_FRACTION)}
    known = {name: float(value) for name, value in fractions.items() if value}
    return Bin(top, base, known, float(row["uncertainty"]) if row["uncertainty"] else None, weight if known else 0.0)


def _number(text: str) -> float:
    return float(text) if text else 0.0


def _long(one: Bin) -> Bin:
    return Bin(one.top, one.base, one.fractions, one.uncertainty, one.weight * (one.base - one.top))


def _join(bins: Sequence[Bin]) -> Bin:
    weight = sum(one.weight for one in bins)
    if weight <= 0:
        return Bin(bins[0].top, bins[-1].base, {}, None, 0.0)
    names = dict.fromkeys(name for one in bins for name in one.fractions)
    fractions = {name: sum(one.fractions.get(name, 0.0) * one.weight for one in bins) / weight for name in names}
    doubt = sum((one.uncertainty or 0.0) * one.weight for one in bins) / weight
    return Bin(bins[0].top, bins[-1].base, fractions, doubt, weight)
