"""A job of one kind, ordered here and followed here: whoever opens the page sees the newest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire_jobs import JobBody, JobOut
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts
from facies.ui.words import KINDS, progress_of

POLL_EVERY_S = 1.0


def newest(service: Service, kind: str, collection: str | None = None) -> JobOut | None:
    """The newest job of a kind, of a collection where one is named."""
    found = service.client.jobs.list(kind=kind, collection=collection, limit=1).jobs
    return found[0] if found else None


def order(service: Service, kind: str, parameters: Mapping[str, Any]) -> None:
    """Have a job done; called back by a button, so a refusal is kept until `show` draws it."""
    body = JobBody(kind=kind, parameters=dict(parameters))
    job = state.attempt(lambda: service.client.jobs.start(body))
    if isinstance(job, FaciesError):
        st.session_state[f"refused-{kind}"] = job


def show(service: Service, kind: str, job: JobOut | None) -> None:
    """Draw how far a job is, or why it did not come to its end; nothing where it is done."""
    refused = st.session_state.pop(f"refused-{kind}", None)
    if isinstance(refused, FaciesError):
        show_problem(refused)
    if job is None or job.state == "done":
        return
    with st.container(key=f"follow-{kind}", border=True):
        if job.is_over:
            _ended(service, job)
        else:
            _progress(service, job.id)


@st.fragment(run_every=POLL_EVERY_S)
def _progress(service: Service, job_id: str) -> None:
    job = state.attempt(lambda: service.client.jobs.get(job_id))
    if isinstance(job, FaciesError):
        show_problem(job)
        return
    if job.is_over:
        forget_counts()
        st.rerun(scope="app")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{KINDS.get(job.kind, job.kind)}** {_about(job)}")
        st.button("Stop", key=f"follow-stop-{job.kind}", icon=":material/stop:", on_click=_stop, args=(service, job_id))
    st.progress(min(1.0, job.done / job.total) if job.total else 0.0, text=progress_of(job))


def _ended(service: Service, job: JobOut) -> None:
    words = "was stopped" if job.state == "cancelled" else "failed"
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f":material/error: **{KINDS.get(job.kind, job.kind)}** {_about(job)} {words}.")
        st.button("Go on", key=f"follow-retry-{job.kind}", on_click=_retry, args=(service, job))
    if job.error is not None:
        st.text(job.error.message)


def _about(job: JobOut) -> str:
    model = job.parameters.get("model")
    return markup.code(str(model)) if model else ""


def _stop(service: Service, job_id: str) -> None:
    state.attempt(lambda: service.client.jobs.cancel(job_id))


def _retry(service: Service, job: JobOut) -> None:
    done = state.attempt(lambda: service.client.jobs.retry(job.id))
    if isinstance(done, FaciesError):
        st.session_state[f"refused-{job.kind}"] = done
