"""The map: points that are drawn by WebGL, coloured by a legend that can be switched, and enclosed by a lasso.

Positions and colours reach the browser by the API's own addresses, nine bytes a point, not by Streamlit's socket.
"""

from __future__ import annotations

from collections.abc import Callable

from facies.core.wire_maps import LegendOut, MapOut
from facies.ui.components.component import Action, Component, with_version

SCATTER = Component("scatter", ("palette", "places", "points", "painter", "legend", "scatter"))


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
        on_action: called before the next run with what the person did: ``type`` is ``lasso`` (with ``polygon`` and
            ``shown``), ``clear``, ``open`` (with ``index``), ``stale`` (the colours have changed) or ``unsupported``
            (the browser has no WebGL 2).
    """
    data = to_data(shown, legend, link, title=title, cleared=cleared)
    SCATTER.show(data, key=key, on_action=on_action)


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
    return with_version(data)
