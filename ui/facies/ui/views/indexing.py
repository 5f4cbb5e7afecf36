"""Indexing a folder on the server: the form, the progress, the report."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from facies.core.errors import FaciesError, JobNotFoundError
from facies.core.wire import CollectionOut, IndexBody, IndexReport
from facies.core.wire_jobs import JobOut
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts
from facies.ui.views.collection_dialogs import model_choice
from facies.ui.words import duration

POLL_EVERY_S = 1.0

LabelSource = Literal["none", "folder", "manifest"]
LABEL_SOURCES: Final[dict[LabelSource, str]] = {
    "none": "None",
    "folder": "Names of sub-folders",
    "manifest": "Column of a manifest",
}


def show_form(service: Service, collection: CollectionOut) -> None:
    """Ask for a path on the server and start indexing it."""
    with st.form(f"index-{collection.name}", border=False):
        path = st.text_input(
            "Folder, zip file or manifest on the server",
            key=f"index-path-{collection.name}",
            placeholder="/data/slides/6407-6-5",
            help="Only below the folders that the service allows: its data folder and FACIES_API__ALLOWED_ROOTS.",
        )
        labels = st.segmented_control(
            "Labels from",
            list(LABEL_SOURCES),
            default="none",
            required=True,
            format_func=lambda source: LABEL_SOURCES[source],
            key=f"index-labels-{collection.name}",
        )
        model = None
        if not collection.vectors:
            model = model_choice(service, key=f"index-model-{collection.name}", placeholder="The preset chooses")
        if st.form_submit_button("Start indexing", type="primary", icon=":material/play_arrow:"):
            _start(service, collection, path.strip(), labels or "none", model)


def _start(service: Service, collection: CollectionOut, path: str, labels: LabelSource, model: str | None) -> None:
    if not path:
        st.warning("Which folder? Give its path on the server.", icon=":material/help:")
        return
    body = IndexBody(path=path, labels=labels, model=model)
    job = state.attempt(lambda: service.client.start_index(collection.name, body))
    if isinstance(job, FaciesError):
        show_problem(job)
        return
    state.set_job(job.id)
    st.rerun()


def show_job(service: Service) -> None:
    """Show the job that this session follows: its progress while it goes on, then its report."""
    job_id = state.current_job()
    if job_id is None:
        return
    with st.container(key="index-run", border=True):
        ended = state.ended_job(job_id)
        if ended is None:
            _progress(service, job_id)
        else:
            _ended(service, ended)


@st.fragment(run_every=POLL_EVERY_S)
def _progress(service: Service, job_id: str) -> None:
    job = state.attempt(lambda: service.client.jobs.get(job_id))
    if isinstance(job, JobNotFoundError):
        state.set_job(None)
        st.rerun(scope="app")
    if isinstance(job, FaciesError):
        show_problem(job)
        return
    if job.is_over:
        state.end_job(job)
        forget_counts()
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Indexing** {markup.code(_path(job))} **into {job.collection}**")
        st.button("Stop", key="stop-run", icon=":material/stop:", on_click=_stop, args=(service, job_id))
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=progress_words(job))


def _stop(service: Service, job_id: str) -> None:
    state.attempt(lambda: service.client.jobs.cancel(job_id))


def _retry(service: Service, job_id: str) -> None:
    if not isinstance(state.attempt(lambda: service.client.jobs.retry(job_id)), FaciesError):
        state.forget_ended_job()


def progress_words(job: JobOut) -> str:
    """How far a job is, how fast, and how long it will still take."""
    if job.cancel_requested:
        return "Stopping after the current batch"
    if job.state == "queued":
        return "Waiting for its turn"
    if job.total is None:
        return "Looking for images" if not job.done else f"{job.done:,} images so far"
    words = [f"{job.done:,} of {job.total:,} images"]
    if job.rate_per_s:
        words.append(f"{job.rate_per_s:.0f} a second" if job.rate_per_s >= 1 else f"{job.rate_per_s:.1f} a second")
    if job.seconds_left is not None:
        words.append(f"about {duration(job.seconds_left)} left")
    return " \u00b7 ".join(words)


def _ended(service: Service, job: JobOut) -> None:
    heads = {
        "done": ":material/check_circle: **Indexed**",
        "failed": ":material/error: **Indexing failed**",
        "cancelled": ":material/stop_circle: **Indexing stopped**",
    }
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"{heads.get(job.state, job.state)} {markup.code(_path(job))} **into {job.collection}**")
        with st.container(horizontal=True, width="content"):
            if job.state != "done":
                st.button("Go on", key="retry-run", type="tertiary", on_click=_retry, args=(service, job.id))
            st.button("Dismiss", key="dismiss-run", type="tertiary", on_click=state.set_job, args=(None,))
    if job.error:
        st.text(job.error.message)
    if job.report is not None:
        _report(job.report)


def _path(job: JobOut) -> str:
    return str(job.parameters.get("path", ""))


def _report(report: IndexReport) -> None:
    counts = ("indexed", "unchanged", "duplicates", "skipped", "failed")
    numbers = [(name, f"{getattr(report, name):,}") for name in counts]
    st.html(markup.figures([*numbers, ("took", duration(report.seconds))]))
    for note in report.notes:
        st.caption(note)
    tables = (
        ("could not be read", report.failures),
        ("with two labels for the same content; the first was kept", report.conflicts),
        ("with the same content as another file", report.duplicate_paths),
    )
    for words, rows in tables:
        if rows:
            with st.expander(
                f"{len(rows):,} {'file' if len(rows) == 1 else 'files'} {words}", expanded=rows is report.failures
            ):
                st.dataframe([{"file": row.path, "reason": row.reason} for row in rows], hide_index=True)
