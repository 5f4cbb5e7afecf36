"""What each share of right labels comes to, as two charts: how many get a label, and how many of these are wrong."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from facies.core.wire_labels import AutoLabelOut, AutoPointOut

_HEIGHT: Final = 170
_COLOUR: Final = "#2f8f88"
"""The lead colour, between that of the day and that of the night: a chart has no other way to be seen in both."""


def show(curve: AutoLabelOut, chosen: AutoPointOut) -> None:
    """Draw the charts; the chosen share is marked."""
    rows = [_row(point) for point in curve.curve]
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("Share of the images that gets a label")
        st.vega_lite_chart(rows, spec=to_spec("coverage", chosen.precision), key="auto-coverage")
    with right:
        st.caption("Wrong labels to be expected, with an interval of 95 %")
        st.vega_lite_chart(rows, spec=to_spec("errors", chosen.precision), key="auto-errors")


def to_spec(what: str, chosen: float) -> dict[str, Any]:
    """A line over the shares that can be asked for, with its band where there is one, and the chosen share."""
    x = {
        "field": "precision",
        "type": "quantitative",
        "title": "right labels asked for",
        "scale": {"zero": False},
        "axis": {"format": "%", "tickCount": 6},
    }
    share = {"axis": {"format": "%", "tickCount": 4}, "scale": {"domain": [0, 1]}}
    own = share if what == "coverage" else {"axis": {"tickCount": 4}}
    y: dict[str, Any] = {"field": what, "type": "quantitative", "title": None, **own}
    number = ".0%" if what == "coverage" else ".1f"
    tips = [
        {"field": "precision", "type": "quantitative", "format": "~%", "title": "asked for"},
        {"field": "labelled", "type": "quantitative", "format": ",", "title": "get a label"},
        {"field": what, "type": "quantitative", "format": number, "title": what},
    ]
    band = {
        "mark": {"type": "area", "opacity": 0.2, "color": _COLOUR},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }
    line = {
        "mark": {"type": "line", "point": {"color": _COLOUR}, "color": _COLOUR},
        "encoding": {"x": x, "y": y, "tooltip": tips},
    }
    mark = {
        "transform": [{"filter": f"abs(datum.precision - {chosen}) < 1e-9"}],
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [4, 3], "color": "#888888"}, "encoding": {"x": x}},
            {
                "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1, "color": _COLOUR},
                "encoding": {"x": x, "y": y, "tooltip": tips},
            },
        ],
    }
    return {"height": _HEIGHT, "layer": [*([band] if what == "errors" else []), line, mark]}


def _row(point: AutoPointOut) -> dict[str, float]:
    low, high = point.expected_errors_interval
    return {
        "precision": point.precision,
        "coverage": point.coverage,
        "labelled": point.labelled,
        "errors": point.expected_errors,
        "low": low,
        "high": high,
    }
