"""Naming the whole: how, the order, and the job while it goes on."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire_drawings import ClassifierKind, DrawingOut, RunBody
from facies.core.wire_jobs import JobOut
from facies.ui import segment_state, state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.words import STATES, progress_of

POLL_EVERY_S: Final = 1.0
KINDS: Final[dict[ClassifierKind, str]] = {
    "extra-trees": "Trees",
    "random-forest": "Random forest, as published",
    "linear": "Linear, as the preview",
}
_COMMON: Final = ("kind", "smoothing", "validated")
_CORE: Final = ("well", "step", "least", "rock", "not-rock")
_MACERALS: Final = ("scale", "area", "background")
ORDERS: Final = {"core": "Name the whole core", "macerals": "Name and measure"}


def find_job(service: Service, drawing: DrawingOut) -> JobOut | None:
    """The run that the address names, else the newest of the drawing; None where none was ordered, or it is gone."""
    if not drawing.runs:
        return None
    runs = [one.job for one in drawing.runs]
    named = segment_state.current().job
    wanted = named if named in runs else runs[-1]
    job = state.attempt(lambda: service.client.jobs.get(wanted))
    return None if isinstance(job, FaciesError) else job


def show_order(service: Service, drawing: DrawingOut, job: JobOut | None) -> None:
    """Settings, and the button that orders."""
    with st.popover("Settings", icon=":material/tune:", key="segment-settings"):
        _settings(drawing)
    is_running = job is not None and not job.is_over and job.id == drawing.runs[-1].job
    drawn = {number for one in drawing.pictures for number in one.by_class}
    st.button(
        ORDERS[drawing.task],
        key="segment-run",
        type="primary",
        icon=":material/play_arrow:",
        disabled=is_running or len(drawn) < 2,
        help="Draw in at least two classes first." if len(drawn) < 2 else "A job; it goes on when the page is closed.",
        on_click=_order,
        args=(service, drawing),
    )


def show(service: Service, drawing: DrawingOut, job: JobOut | None) -> None:
    """Follow the job while it goes on; say what became of it where nothing did."""
    if job is None:
        return
    if not job.is_over:
        with st.container(key="segment-progress", border=True):
            _progress(service, job.id)
    elif job.state != "done":
        _ended(service, job)
    if len(drawing.runs) > 1:
        _choose_run(drawing, job)


def is_stale(drawing: DrawingOut, job: JobOut) -> bool:
    """Whether strokes were drawn since a job was ordered."""
    run = next((one for one in drawing.runs if one.job == job.id), None)
    return run is not None and run.revisions != {one.id: one.revision for one in drawing.pictures}


def _order(service: Service, drawing: DrawingOut) -> None:
    # What the fields hold now: one may have been left by this very click.
    answer = state.attempt(lambda: service.client.drawings.run(drawing.id, read_settings(drawing)))
    if isinstance(answer, FaciesError):
        segment_state.keep_problem(answer)
        return
    segment_state.choose_job(None)


@st.fragment(run_every=POLL_EVERY_S)
def _progress(service: Service, job_id: str) -> None:
    job = state.attempt(lambda: service.client.jobs.get(job_id))
    if isinstance(job, FaciesError):
        show_problem(job)
        return
    if job.is_over:
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Naming the whole** :gray[\u00b7 draw on meanwhile; what you draw now counts the next time]")
        st.button(
            "Stop",
            key="segment-stop",
            icon=":material/stop:",
            disabled=job.cancel_requested,
            on_click=lambda: segment_state.keep_problem(state.attempt(lambda: service.client.jobs.cancel(job_id))),
        )
    part = min(1.0, job.done / job.total) if job.total else 0.0
    words = progress_of(job)
    st.progress(part, text=words[:1].upper() + words[1:])


def _ended(service: Service, job: JobOut) -> None:
    with st.container(key="segment-failed", border=True):
        icon, word = STATES[job.state]
        st.markdown(
            f"{icon} **The naming {'has failed' if job.state == 'failed' else 'was ' + word}.** Your strokes are kept."
        )
        if job.error is not None:
            st.text(job.error.message)
        st.button(
            "Try again",
            key="segment-retry",
            icon=":material/replay:",
            on_click=lambda: segment_state.keep_problem(state.attempt(lambda: service.client.jobs.retry(job.id))),
        )


def _choose_run(drawing: DrawingOut, job: JobOut) -> None:
    jobs = [one.job for one in reversed(drawing.runs)]
    numbers = {one: len(jobs) - at for at, one in enumerate(jobs)}
    st.session_state["segment-run-choice"] = job.id if job.id in numbers else None
    st.selectbox(
        "Run",
        jobs,
        key="segment-run-choice",
        format_func=lambda one: f"Run {numbers[one]}" + (", the newest" if one == jobs[0] else ""),
        on_change=lambda: segment_state.choose_job(st.session_state["segment-run-choice"]),
        width=220,
    )


def read_settings(drawing: DrawingOut) -> RunBody:
    """What the fields of the settings hold."""
    held: dict[str, Any] = {
        name: st.session_state.get(f"segment-{name}")
        for name in (*_COMMON, *(_CORE if drawing.task == "core" else _MACERALS))
    }
    common = {"kind": held["kind"], "smoothing_px": held["smoothing"], "validated": held["validated"]}
    ids = {one.name: one.id for one in drawing.classes}
    if drawing.task == "core":
        return RunBody(
            **common,
            well=held["well"] or "",
            step_m=held["step"],
            least_m=held["least"],
            finds_rock=held["rock"],
            not_rock=[ids[one] for one in held["not-rock"] if one in ids],
        )
    least = {"min_area_um2": float(held["area"])} if held["scale"] else {"min_area_px": int(held["area"])}
    return RunBody(**common, um_per_px=held["scale"], background=ids.get(held["background"]), **least)


def _settings(drawing: DrawingOut) -> None:
    if drawing.task == "core":
        _of_core(drawing)
    else:
        _of_macerals(drawing)
    st.selectbox("Classifier", list(KINDS), key="segment-kind", format_func=lambda one: KINDS[one])
    st.number_input(
        "Smoothing, radius in pixels",
        min_value=0.0,
        max_value=1000.0,
        value=None,
        key="segment-smoothing",
        placeholder="8 for cores, 4 for macerals",
        help="Thin laminae want 0.",
    )
    st.checkbox("Hold strokes out for a score", value=True, key="segment-validated", help="Takes a part of the time.")


def _of_core(drawing: DrawingOut) -> None:
    st.text_input("Well", key="segment-well", max_chars=200)
    st.number_input("Step of the curves (m)", min_value=0.001, value=0.01, step=0.01, format="%.3f", key="segment-step")
    st.number_input(
        "Least thickness of a bed (m)", min_value=0.001, value=0.05, step=0.01, format="%.3f", key="segment-least"
    )
    st.checkbox("Look for tray and gaps", value=True, key="segment-rock")
    st.multiselect("Classes that are no rock", [one.name for one in drawing.classes], key="segment-not-rock")


def _of_macerals(drawing: DrawingOut) -> None:
    scale = st.number_input(
        "Micrometres per pixel",
        min_value=0.0001,
        value=None,
        format="%.4f",
        key="segment-scale",
        placeholder="unknown: areas in pixels",
    )
    unit = "\u00b5m\u00b2" if scale else "pixels"
    st.number_input(f"Least area of a particle ({unit})", min_value=0, value=0, key="segment-area")
    names = [one.name for one in drawing.classes]
    st.selectbox(
        "Class that is no maceral",
        names,
        index=next((at for at, one in enumerate(names) if one.casefold() == "background"), 0),
        key="segment-background",
    )
