"""What a job has named: fractions by depth, macerals, beds, where to draw next, scores, and every file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from facies.core.wire_drawings import DrawingOut, PictureOut
from facies.core.wire_jobs import JobFileOut, JobOut
from facies.ui import depth_log, markup, segment_state, state
from facies.ui.components.scribble import Place
from facies.ui.service import Service
from facies.ui.views import segment_run
from facies.ui.views.jobs import show_files

MOST_ROWS = 2000
"""Of a table on the page; the file has all."""


def find_named(job: JobOut | None, picture: PictureOut) -> Mapping[str, Any] | None:
    """What the report of a job says of a picture; None where it has not named it."""
    if job is None or job.state != "done" or not isinstance(job.result, dict):
        return None
    return next((one for one in _pictures_of(job) if one["sha256"] == picture.sha256), None)


def find_places(job: JobOut, picture: PictureOut) -> list[Place]:
    """Where a job would have the next strokes drawn on a picture."""
    if not isinstance(job.result, dict):
        return []
    listed: Any = job.result.get("suggestions", [])
    found = [one for one in listed if one["sha256"] == picture.sha256]
    return [
        Place(place["row"], place["column"], place["radius_px"], place["reason"])
        for one in found
        for place in one["suggestions"]
    ]


def show(service: Service, drawing: DrawingOut, picture: PictureOut, job: JobOut) -> None:
    """Draw what came of a job."""
    report = job.result if isinstance(job.result, dict) else {}
    with st.container(key="segment-result"):
        st.subheader("Result", anchor=False)
        if segment_run.is_stale(drawing, job):
            st.info("Strokes have changed since. Name the whole again to have them count.", icon=":material/update:")
        for one in _failed(report):
            left_out = markup.plain(f"{one['image']} was left out: {one['reason']}")
            st.warning(left_out, icon=":material/warning:")
        names = ["By depth", "Beds"] if drawing.task == "core" else ["Macerals", "Particles"]
        first, second, next_, scores, files = st.tabs([*names, "Draw next", "Scores", "Files"], key="segment-tabs")
        with first:
            if drawing.task == "core":
                _by_depth(service, job, report)
            else:
                _macerals(report)
        with second:
            _table(service, job, "intervals.csv" if drawing.task == "core" else "regions.csv")
        with next_:
            _next(find_places(job, picture), picture)
        with scores:
            _scores(report)
        with files:
            show_files(service, [file for file in job.files if file.role == "result"])


def _pictures_of(job: JobOut) -> list[Any]:
    result: Any = job.result
    return [*result.get("sections", ()), *result.get("images", ())]


def _failed(report: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(report.get("failed", ()))


def _by_depth(service: Service, job: JobOut, report: Mapping[str, Any]) -> None:
    file = _file(job, "fractions_by_depth.csv")
    unit = "m" if file is not None else "row"
    file = file or _file(job, "fractions.csv")
    if file is None:
        st.caption("The job has made no table of fractions.")
        return
    read = depth_log.read_depths if unit == "m" else depth_log.read_rows
    bins = state.remembered(("bins", job.id, file.sha256), lambda: read(_text(service, file)))
    colours = {one["name"]: one["colour"] for one in report.get("classes", [])}
    drawn = depth_log.coarsen(bins)
    if unit == "row":
        st.caption("No depth is known, so the plot goes by rows of the picture. Give a top and a base under *Depth*.")
    plot, numbers = st.columns([3, 2], gap="large")
    with plot, st.container(key="segment-log"):
        st.vega_lite_chart(spec=depth_log.to_spec(drawn, colours, unit=unit), key="segment-plot")
    with numbers:
        _numbers(bins, drawn, list(colours), unit)


def _numbers(bins: Sequence[depth_log.Bin], drawn: Sequence[depth_log.Bin], names: Sequence[str], unit: str) -> None:
    whole = sorted(depth_log.total(bins).items(), key=lambda one: -one[1])
    st.html(markup.bar_list(((name, share, f"{share:.1%}") for name, share in whole if share > 0), kind="counts"))
    ends = ("top (m)", "base (m)") if unit == "m" else ("from row", "to row")
    rows = [
        {
            ends[0]: one.top,
            ends[1]: one.base,
            **{name: one.fractions.get(name) for name in names},
            "uncertainty": one.uncertainty,
        }
        for one in drawn
    ]
    st.dataframe(
        rows, hide_index=True, height=320, column_config={name: _percent(name) for name in (*names, "uncertainty")}
    )


def _percent(name: str) -> Any:
    return st.column_config.NumberColumn(name, format="percent")


def _macerals(report: Mapping[str, Any]) -> None:
    unit = "um2" if report.get("um_per_px") is not None else "px"
    shown = {"um2": "\u00b5m\u00b2", "px": "px"}[unit]
    rows = [
        {
            "maceral": one["name"],
            "particles": one["regions"],
            f"area ({shown})": one[f"area_{unit}"],
            "% of macerals": one["percent_of_foreground"],
            "% of the picture": one["percent_of_image"],
        }
        for one in report.get("macerals", [])
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            f"area ({shown})": st.column_config.NumberColumn(format="localized"),
            "% of macerals": st.column_config.NumberColumn(format="%.1f"),
            "% of the picture": st.column_config.NumberColumn(format="%.1f"),
        },
    )
    if unit == "px":
        st.caption("Areas are in pixels. Give the micrometres of a pixel under *Settings*, and name again.")


def _table(service: Service, job: JobOut, name: str) -> None:
    file = _file(job, name)
    if file is None:
        st.caption("Beds need depths: give a top and a base under *Depth*, and name again.")
        return
    rows = state.remembered(("rows", job.id, file.sha256), lambda: _rows(_text(service, file)))
    st.dataframe(rows[:MOST_ROWS], hide_index=True, height=420)
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS:,} of {len(rows):,}; the file {name} has all.")


def _next(places: Sequence[Place], picture: PictureOut) -> None:
    if not places:
        st.caption(f"No place stands out on {markup.plain(picture.name)}: what is not labelled is sure, or no rock.")
        return
    st.caption(
        "The model is most in doubt here. Draw a stroke of the right class in each ring, and name the whole again."
    )
    for number, one in enumerate(places):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"{number + 1}",
                key=f"segment-go-{number}",
                icon=":material/my_location:",
                help="Go there",
                on_click=segment_state.go_to,
                args=(number,),
            )
            st.text(one.reason)


def _scores(report: Mapping[str, Any]) -> None:
    training = report.get("training", {})
    figures = [
        (words, f"{training[key]:.3f}")
        for key, words in (
            ("grouped_cv_f1", "macro F1, strokes held out whole"),
            ("poster_f1", "poster protocol (leaks)"),
        )
        if isinstance(training.get(key), float)
    ]
    if figures:
        st.html(markup.figures(figures))
        st.caption(
            "Strokes held out whole tell about other places of these pictures; with few strokes the score jumps."
        )
    else:
        st.caption("No strokes were held out.")
    for one in _drifting(report):
        st.warning(markup.plain(one), icon=":material/warning:")
    for note in [*report.get("notes", []), *training.get("notes", [])]:
        st.caption(markup.plain(note))


def _drifting(report: Mapping[str, Any]) -> list[str]:
    pictures = [*report.get("sections", []), *report.get("images", [])]
    return [
        f"{one['image']}: {one['drift']['sentence']}"
        for one in pictures
        if one.get("drift") and one["drift"]["is_drifting"]
    ]


def _file(job: JobOut, name: str) -> JobFileOut | None:
    return next((file for file in job.files if file.role == "result" and file.name == name), None)


def _text(service: Service, file: JobFileOut) -> str:
    target = io.BytesIO()
    service.client.jobs.download(file, target)
    return target.getvalue().decode()


def _rows(text: str) -> list[dict[str, Any]]:
    return [{name: _cell(value) for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def _cell(text: str) -> float | str | None:
    try:
        return float(text)
    except ValueError:
        return text or None
