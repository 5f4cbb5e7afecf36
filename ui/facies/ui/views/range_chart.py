"""The range chart of a collection: taxa by depth, validated and automatic counts apart."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_label_files import ChartOrder, RangeChartBody, RangeChartOut
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, signature

ORDERS: Final[dict[ChartOrder, str]] = {
    "top": "First appearance downwards",
    "base": "First appearance upwards",
    "name": "Name",
}


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the choices and the chart; or say what it takes."""
    numbers = sorted(name for name, kind in collection.fields.items() if kind != "keyword")
    if not numbers or not collection.labelled:
        st.caption(
            "A range chart counts labelled images by depth: it takes labels, and a column of numbers such as depth_m "
            "in the manifest that the images were indexed with."
        )
        return
    body = _choose(collection, numbers)
    if body is None:
        return
    key = ("range chart", signature(collection), body.model_dump_json())
    with st.spinner("Counting"):
        chart = state.attempt(
            lambda: state.remembered(key, lambda: service.client.label_files.range_chart(collection.name, body))
        )
    if isinstance(chart, FaciesError):
        show_problem(chart)
        return
    _chart(service, collection, body, chart)


def _choose(collection: CollectionOut, numbers: list[str]) -> RangeChartBody | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        field = st.selectbox(
            "Depth",
            numbers,
            index=numbers.index("depth_m") if "depth_m" in numbers else 0,
            key=f"chart-field-{collection.name}",
            width=180,
        )
        bin_ = st.number_input(
            "Height of a sample",
            min_value=0.0,
            value=None,
            key=f"chart-bin-{collection.name}",
            placeholder="each depth is one",
            width=180,
        )
        group = st.selectbox(
            "A chart for each",
            sorted(set(collection.fields) - {field}),
            index=None,
            key=f"chart-group-{collection.name}",
            placeholder="all together",
            width=180,
        )
        order = st.selectbox(
            "Taxa by",
            list(ORDERS),
            key=f"chart-order-{collection.name}",
            format_func=lambda one: ORDERS[one],
            width=240,
        )
    if field is None or order is None:
        return None
    return RangeChartBody(field=field, bin=bin_ or None, group=group, order=order)


def _chart(service: Service, collection: CollectionOut, body: RangeChartBody, chart: RangeChartOut) -> None:
    st.html(
        markup.figures(
            [
                ("taxa", f"{len(chart.taxa):,}"),
                ("samples", f"{len(chart.samples):,}"),
                ("images", f"{chart.images:,}"),
                ("without a depth", f"{chart.without_depth:,}"),
            ]
        )
    )
    for note in chart.notes:
        st.caption(markup.plain(note))
    picture = service.link(to_path(collection.name, body, "svg"))
    with st.container(horizontal=True):
        for words, kind in (("CSV", "csv"), ("SVG", "svg"), ("JSON", "json")):
            st.link_button(words, service.link(to_path(collection.name, body, kind)), icon=":material/download:")
    with st.container(key="range-chart"):
        st.html(markup.picture(picture, f"Range chart of {collection.name}"))


def to_path(collection: str, body: RangeChartBody, kind: str) -> str:
    """The path of the chart in one of its forms.

    >>> to_path("c", RangeChartBody(field="depth_m", bin=10), "svg")
    '/v1/collections/c/range-chart?field=depth_m&bin=10.0&order=top&format=svg'
    """
    params = {
        "field": body.field,
        "bin": body.bin,
        "group": body.group,
        "order": body.order,
        "format": kind,
    }
    given = {name: value for name, value in params.items() if value is not None}
    return f"/v1/collections/{quote(collection, safe='')}/range-chart?{urlencode(given)}"
