"""The map: points that are drawn by WebGL, coloured by a legend that can be switched, and enclosed by a lasso.

Positions and colours reach the browser by the API's own addresses, nine bytes a point, not by Streamlit's socket.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, cast

import streamlit as st

from facies.core.wire_maps import LegendOut, MapOut
from facies.ui.components.sources import read_sources

Action: TypeAlias = dict[str, Any]
"""What a person did: ``type`` is ``lasso`` (with ``polygon`` and ``shown``), ``clear``, ``open`` (with ``index``),
``stale`` (the colours have changed) or ``unsupported`` (the browser has no WebGL 2)."""

_SCRIPTS = ["dom.js", *(f"scatter/{name}.js" for name in ("palette", "places", "points", "legend", "scatter"))]


@cache
def _renderer() -> Callable[..., Any]:
    return st.components.v2.component(
        "facies_scatter", css=read_sources(["shared.css", "scatter/scatter.css"]), js=read_sources(_SCRIPTS)
    )


def show_scatter(
    shown: MapOut,
    legend: LegendOut,
    link: Callable[[str], str],
    *,
    key: str,
    title: str,
    cleared: int,
    on_action: Callable[[Action], None],
) -> None:
    """Show a map.

    Args:
        shown: the map.
        legend: its colours.
        link: turns a path of the API into an address for the browser.
        key: of the element.
        title: of the legend.
        cleared: grows each time the lasso is to go.
        on_action: called before the next run with what the person did.
    """
    data = to_data(shown, legend, link, title=title, cleared=cleared)

    def heard() -> None:
        action = cast(Action | None, st.session_state[key].get("action"))
        if action:
            on_action(action)

    _renderer()(key=key, data=data, on_action_change=heard)


def to_data(shown: MapOut, legend: LegendOut, link: Callable[[str], str], *, title: str, cleared: int) -> Action:
    """What the browser needs of a map and its colours."""
    place = shown.positions.partition("/positions")[0]
    named = [entry for entry in legend.entries if entry.value is not None]
    places = {entry.code: place for place, entry in enumerate(named)}
    data: Action = {
        "map": shown.number,
        "count": legend.points,
        "label": f"Map {shown.number} of {shown.collection}: {shown.points:,} images",
        "positions": link(shown.positions),
        "column": link(legend.column),
        "type": legend.type,
        "gone_code": legend.gone_code,
        "points": link(f"{place}/points"),
        "cleared": cleared,
        "legend": {
            "title": title,
            "by": legend.by,
            "rank": legend.rank,
            "kind": legend.kind,
            "low": legend.low,
            "high": legend.high,
            "entries": [entry.model_dump() | {"place": places.get(entry.code, -1)} for entry in legend.entries],
        },
    }
    data["version"] = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return data
