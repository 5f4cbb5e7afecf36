"""The job that makes or completes a map: ordered here, followed here."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError, JobNotFoundError
from facies.core.wire import CollectionOut
from facies.core.wire_jobs import JobBody, JobOut
from facies.core.wire_maps import MapOut
from facies.ui import map_state, state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.words import duration

POLL_EVERY_S = 1.0

STAGES = {
    "reading ids": "Reading",
    "reading vectors": "Reading vectors",
    "finding the principal plane": "Finding the principal plane",
    "placing on the principal plane": "Finding the principal plane",
    "finding neighbours": "Finding neighbours",
    "laying out": "Laying out",
    "judging the layout": "Judging the layout",
    "storing the map": "Storing the map",
    "placing": "Placing new images",
}


def show_button(service: Service, collection: CollectionOut, maps: Sequence[MapOut]) -> None:
    """Offer to make the map, or to bring it up to date."""
    if not collection.images or _followed(collection) is not None:
        return
    words = "Update the map" if maps else "Make the map"
    st.button(
        words,
        key="make-map",
        icon=":material/bubble_chart:",
        type="secondary" if maps else "primary",
        help="Places new images on the map; when more than a tenth is new, lays it out anew from the old positions.",
        on_click=_order,
        args=(service, collection.name),
    )


def show_progress(service: Service, collection: CollectionOut) -> None:
    """Show the job that this session has ordered, while it goes on; then what became of it."""
    told = st.session_state.pop("map_problem", None)
    if isinstance(told, FaciesError):
        show_problem(told)
    job_id = _followed(collection)
    if job_id is not None:
        with st.container(key="map-run", border=True):
            _progress(service, job_id)
    ended = st.session_state.get("map_ended")
    if isinstance(ended, JobOut) and ended.collection == collection.name:
        _ended(ended)


@st.fragment(run_every=POLL_EVERY_S)
def _progress(service: Service, job_id: str) -> None:
    job = state.attempt(lambda: service.client.jobs.get(job_id))
    if isinstance(job, JobNotFoundError):
        st.session_state.pop("map_job", None)
        st.rerun(scope="app")
    if isinstance(job, FaciesError):
        show_problem(job)
        return
    if job.is_over:
        st.session_state.pop("map_job", None)
        st.session_state["map_ended"] = job
        if job.state == "done":
            map_state.set_map(None)
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Making the map of {job.collection}**")
        st.button("Stop", key="stop-map", icon=":material/stop:", on_click=_stop, args=(service, job_id))
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=progress_words(job))


def progress_words(job: JobOut) -> str:
    """What the job is at, how far, and how long it will still take."""
    if job.cancel_requested:
        return "Stopping"
    if job.state == "queued":
        return "Waiting for its turn"
    stage = STAGES.get(job.stage, job.stage or "Starting")
    if job.total is None:
        return f"{stage}, preparing" if job.stage == "laying out" else stage
    left = "" if job.seconds_left is None else f" \u00b7 about {duration(job.seconds_left)} left of this step"
    return f"{stage}: {job.done:,} of {job.total:,}{left}"


def _order(service: Service, collection: str) -> None:
    job = state.attempt(lambda: service.client.jobs.start(JobBody(kind="map", parameters={"collection": collection})))
    if isinstance(job, FaciesError):
        st.session_state["map_problem"] = job
        return
    st.session_state["map_job"] = (collection, job.id)
    st.session_state.pop("map_ended", None)


def _stop(service: Service, job_id: str) -> None:
    state.attempt(lambda: service.client.jobs.cancel(job_id))


def _followed(collection: CollectionOut) -> str | None:
    told = st.session_state.get("map_job")
    return told[1] if told is not None and told[0] == collection.name else None


def _ended(job: JobOut) -> None:
    if job.state == "done" and isinstance(job.result, dict):
        done = {"nothing": "Nothing is new: the map is up to date.", "fitted": "The map was laid out."}
        placed = f"{job.result.get('placed', 0):,} new images were placed on the map."
        st.toast(done.get(str(job.result.get("action")), placed), icon=":material/check_circle:")
        st.session_state.pop("map_ended", None)
        return
    with st.container(key="map-failed", border=True):
        words = "was stopped" if job.state == "cancelled" else "failed"
        st.markdown(f":material/error: **The making of the map {words}.**")
        if job.error is not None:
            st.text(job.error.message)
