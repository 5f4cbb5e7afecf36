"""The map without WebGL 2: a sample of the points as a chart, in which a box can be drawn in the place of a lasso."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import streamlit as st

from facies.core.wire import CollectionOut
from facies.core.wire_maps import LegendEntry, LegendOut, MapOut
from facies.ui import map_state, state
from facies.ui.service import Service

MOST_POINTS: Final = 5_000
MOST_CATEGORIES: Final = 18
"""Told apart by colour; what is beyond is one more."""
WITHOUT: Final = "without one"
OTHERS: Final = "all others"
_TYPES: Final[Mapping[str, str]] = {"u1": "<u1", "u2": "<u2", "f4": "<f4"}


def show(service: Service, collection: CollectionOut, shown: MapOut, legend: LegendOut) -> None:
    """Draw the chart, and take over the box that a person draws."""
    rows = state.remembered(
        ("plain map", collection.name, shown.positions, legend.column), lambda: _rows(service, shown, legend)
    )
    if legend.points > MOST_POINTS:
        st.caption(f"{MOST_POINTS:,} of {legend.points:,} images are drawn; a box encloses all of them.")
    key = f"plain-map-{collection.name}-{map_state.times_cleared()}"
    event = st.vega_lite_chart(spec=to_spec(rows, legend), key=key, on_select="rerun", selection_mode="box")
    corners = box_of(event)
    if corners is not None:
        lasso = map_state.Lasso(shown.number, corners, None)
        if lasso != map_state.current_lasso():
            map_state.set_lasso(lasso)


def box_of(event: Any) -> tuple[tuple[float, float], ...] | None:
    """The corners of the box in the answer of a chart; None where none was drawn.

    >>> box_of({"selection": {"box": {"x": [0, 2], "y": [1, 3]}}})
    ((0.0, 1.0), (2.0, 1.0), (2.0, 3.0), (0.0, 3.0))
    """
    box = event["selection"].get("box") or {}
    if len(box.get("x", ())) != 2 or len(box.get("y", ())) != 2:
        return None
    (x0, x1), (y0, y1) = (sorted(map(float, box[axis])) for axis in ("x", "y"))
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _rows(service: Service, shown: MapOut, legend: LegendOut) -> list[dict[str, Any]]:
    """A seeded sample of the points whose images are there."""
    positions = np.frombuffer(service.client.send("GET", shown.positions).content, dtype="<f4").reshape(-1, 2)
    values = np.frombuffer(service.client.send("GET", legend.column).content, dtype=_TYPES[legend.type])
    there = np.flatnonzero(~np.isneginf(values) if legend.gone_code is None else values != legend.gone_code)
    some = np.sort(np.random.default_rng(0).permutation(there)[:MOST_POINTS])
    names = {entry.code: _name(place, entry) for place, entry in enumerate(legend.entries)}
    told = [
        None if np.isnan(value) else float(value) if legend.kind == "number" else names[int(value)]
        for value in values[some].tolist()
    ]
    return [{"x": x, "y": y, "value": value} for (x, y), value in zip(positions[some].tolist(), told, strict=True)]


def _name(place: int, entry: LegendEntry) -> str:
    if entry.rest or (place >= MOST_CATEGORIES and entry.value is not None):
        return OTHERS
    return WITHOUT if entry.value is None else entry.value


def to_spec(rows: list[dict[str, Any]], legend: LegendOut) -> dict[str, Any]:
    """The chart in the words of Vega-Lite.

    Args:
        rows: of each point ``x``, ``y`` and ``value``.
        legend: what the values mean.
    """
    is_number = legend.kind == "number"
    kind = "quantitative" if is_number else "nominal"
    axis = {"axis": {"labels": False, "ticks": False, "title": None, "grid": False}, "scale": {"zero": False}}
    value = {"field": "value", "type": kind, "title": legend.by}
    return {
        "data": {"values": rows},
        "height": 540,
        "mark": {"type": "circle", "size": 28, "opacity": 0.8},
        "params": [{"name": "box", "select": "interval"}],
        "encoding": {
            "x": {"field": "x", "type": "quantitative", **axis},
            "y": {"field": "y", "type": "quantitative", **axis},
            "color": {**value, "scale": {"scheme": "viridis" if is_number else "tableau20"}},
            "tooltip": [value],
        },
    }
