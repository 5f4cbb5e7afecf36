"""Jobs: what goes on in the background, what came of it, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, cast, get_args

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.jobs import JobState
from facies.core.wire_jobs import JobFileOut, JobOut
from facies.ui import job_state, markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.words import KINDS, STATES, progress_of, size, took

POLL_EVERY_S: Final = 2.0
PAGE: Final = 25
LOG_LINES: Final = 200


def show(service: Service) -> None:
    """Draw the page."""
    job_state.read_address()
    with st.container(key="jobs-head", horizontal=True, vertical_alignment="bottom"):
        st.header("Jobs", anchor=False)
        _choices()
    _problem()
    _list(service)


def _choices() -> None:
    chosen = job_state.current()
    st.session_state["jobs-state"] = chosen.state
    st.session_state["jobs-kind"] = chosen.kind
    st.selectbox(
        "State",
        get_args(JobState),
        index=None,
        key="jobs-state",
        format_func=lambda one: STATES[one][1],
        placeholder="All states",
        on_change=_filter,
        width=180,
    )
    st.selectbox(
        "Kind",
        list(KINDS),
        index=None,
        key="jobs-kind",
        format_func=lambda one: KINDS[one],
        placeholder="All kinds",
        on_change=_filter,
        width=200,
    )


def _filter() -> None:
    job_state.choose(state=cast("JobState | None", st.session_state["jobs-state"]), kind=st.session_state["jobs-kind"])
    st.session_state["jobs_pages"] = 1


@st.fragment(run_every=POLL_EVERY_S)
def _list(service: Service) -> None:
    """All of it, looked at again every two seconds, since jobs of others move too."""
    chosen = job_state.current()
    job_state.write_address()  # here, since opening a job draws no more than this
    try:
        page = service.client.jobs.list(state=chosen.state, kind=chosen.kind, limit=PAGE * state.pages_shown("jobs"))
    except FaciesError as error:
        show_problem(error)
        return
    if not page.jobs:
        _none(chosen)
        return
    for job in page.jobs:
        _job(service, job, is_open=job.id == chosen.job)
    if page.after is not None:
        st.button("Show older jobs", key="jobs-more", on_click=state.show_more, args=("jobs",))


def _none(chosen: job_state.Choice) -> None:
    with st.container(key="nothing", border=True):
        if chosen.state is None and chosen.kind is None:
            st.markdown(
                "**Nothing was ever ordered here.** Indexing a folder, making a map or segmenting a core starts a job."
            )
        else:
            st.markdown("**No such job.** Choose another state or kind above.")


def _job(service: Service, job: JobOut, *, is_open: bool) -> None:
    icon, word = STATES[job.state]
    with st.container(key=f"job-{job.id}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            about = f" \u00b7 {markup.plain(job.collection)}" if job.collection else ""
            st.markdown(f"{icon} **{KINDS.get(job.kind, job.kind)}**{about} :gray[\u00b7 {word}]", width="stretch")
            st.caption(_times(job), width="content")
            _buttons(service, job, is_open=is_open)
        if not job.is_over:
            part = min(1.0, job.done / job.total) if job.total else 0.0
            st.progress(part, text=progress_of(job))
        if job.error is not None:
            st.text(job.error.message)
        if is_open:
            _details(service, job)


def _times(job: JobOut) -> str:
    spent = took(job, datetime.now(UTC))
    return f"{job.created_at:%d %b %H:%M} \u00b7 {markup.plain(job.actor)}" + (f" \u00b7 {spent}" if spent else "")


def _buttons(service: Service, job: JobOut, *, is_open: bool) -> None:
    if not job.is_over and not job.cancel_requested:
        st.button("Stop", key=f"stop-{job.id}", icon=":material/stop:", on_click=_cancel, args=(service, job.id))
    if job.state in ("failed", "cancelled"):
        st.button("Try again", key=f"retry-{job.id}", icon=":material/replay:", on_click=_retry, args=(service, job.id))
    words = "Less" if is_open else "More"
    st.button(
        words, key=f"open-{job.id}", type="tertiary", on_click=job_state.open_job, args=(None if is_open else job.id,)
    )


def _details(service: Service, job: JobOut) -> None:
    about = [("id", job.id), ("attempt", f"{job.attempt} of at most {job.max_attempts}")]
    about += [("worker", job.worker)] if job.worker else []
    st.html(markup.facts(about))
    files = [file for file in job.files if file.role == "result"]
    if files:
        show_files(service, files)
    parameters, result, told = st.tabs(["Ordered", "Result", "Log"], key=f"tabs-{job.id}")
    with parameters:
        st.json(job.parameters, expanded=2)
    with result:
        if job.result is None:
            st.caption("Nothing yet." if not job.is_over else "None.")
        else:
            st.json(job.result, expanded=1)
    with told:
        _log(service, job)


def show_files(service: Service, files: Sequence[JobFileOut]) -> None:
    """A table of files with a link to each."""
    rows = [{"file": one.name, "size": size(one.bytes), "download": service.link(one.path)} for one in files]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={"download": st.column_config.LinkColumn("download", display_text="Download")},
    )


def _log(service: Service, job: JobOut) -> None:
    log = state.attempt(lambda: service.client.jobs.log(job.id))
    if isinstance(log, FaciesError):
        show_problem(log)
        return
    lines = [f"{one.at:%Y-%m-%d %H:%M:%S} {one.level:<7} {one.line}" for one in log.lines[-LOG_LINES:]]
    st.code("\n".join(lines) or "(nothing was told)", language=None, wrap_lines=True, height=240)


def _cancel(service: Service, job_id: str) -> None:
    _keep(state.attempt(lambda: service.client.jobs.cancel(job_id)))


def _retry(service: Service, job_id: str) -> None:
    _keep(state.attempt(lambda: service.client.jobs.retry(job_id)))


def _keep(answer: JobOut | FaciesError) -> None:
    if isinstance(answer, FaciesError):
        st.session_state["jobs_problem"] = answer


def _problem() -> None:
    told = st.session_state.pop("jobs_problem", None)
    if isinstance(told, FaciesError):
        show_problem(told)
