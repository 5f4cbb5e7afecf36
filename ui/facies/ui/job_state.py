"""What one visitor's session remembers of the page of jobs, and its mirror in the page's address."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import cast, get_args

import streamlit as st

from facies.core.jobs import JobState
from facies.ui import address


@dataclass(frozen=True, slots=True)
class Choice:
    """Which jobs are listed, and which one is open."""

    state: JobState | None = None
    kind: str | None = None
    job: str | None = None


def current() -> Choice:
    """What was chosen."""
    return cast(Choice, st.session_state.get("jobs_choice", Choice()))


def choose(*, state: JobState | None, kind: str | None) -> None:
    """List other jobs."""
    st.session_state["jobs_choice"] = replace(current(), state=state, kind=kind)


def open_job(job_id: str | None) -> None:
    """Look at one of them more closely, or at none."""
    st.session_state["jobs_choice"] = replace(current(), job=job_id)


def read_address() -> None:
    """Follow the address where it says something new: ``?state=failed&kind=index&job=ID``."""
    told = {name: st.query_params.get(name) for name in ("state", "kind", "job")}
    if told["state"] not in get_args(JobState):
        told["state"] = None
    if any(told.values()) and address.says_new(told, st.session_state.get("jobs_told")):
        st.session_state["jobs_choice"] = Choice(cast("JobState | None", told["state"]), told["kind"], told["job"])
    st.session_state["jobs_told"] = told


def write_address() -> None:
    """Let the address say what is listed, and which job is open."""
    told = asdict(current())
    st.session_state["jobs_told"] = told
    st.query_params.from_dict({name: value for name, value in told.items() if value is not None})
