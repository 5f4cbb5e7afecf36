"""Backups: one file with everything, made while the service goes on; and how one restores it."""

from __future__ import annotations

import shlex
from typing import Any, cast

import streamlit as st

from facies.core.wire_jobs import JobOut
from facies.ui import markup
from facies.ui.service import Service
from facies.ui.views import job_follow
from facies.ui.words import duration, size, took

SHOWN = 10


def show(service: Service) -> None:
    """Draw the form, the job that goes on, and what was made."""
    st.markdown(
        "Catalogue, vectors, thumbnails and uploads of **all collections**, and all drawings, go into one file. "
        "Originals that were indexed in place are not in it."
    )
    jobs = service.client.jobs.list(kind="backup", limit=SHOWN).jobs
    newest = jobs[0] if jobs else None
    _form(service, is_busy=newest is not None and not newest.is_over)
    job_follow.show(service, "backup", newest)
    done = [job for job in jobs if job.state == "done" and isinstance(job.result, dict)]
    if not done:
        st.caption("No backup was made here yet.")
    for job in done:
        _made(service, job)
    if done:
        _restore(str(_result(done[0])["file"]))


def _form(service: Service, *, is_busy: bool) -> None:
    with st.form("backup", border=False):
        folder = st.text_input(
            "Folder on the server",
            key="backup-folder",
            placeholder="none: the file is kept with the job, to be downloaded",
            help="Only below the folders that the service allows: its data folder and FACIES_API__ALLOWED_ROOTS. "
            "A backup belongs on another disk.",
        )
        weights = st.checkbox("Also downloaded model weights", key="backup-weights")
        wanted = st.form_submit_button("Back up", type="primary", icon=":material/archive:", disabled=is_busy)
    if wanted:
        parameters = {"weights": weights} | ({"folder": folder.strip()} if folder.strip() else {})
        job_follow.order(service, "backup", parameters)
        st.rerun()


def _made(service: Service, job: JobOut) -> None:
    result = _result(job)
    with st.container(key=f"backup-{job.id}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{markup.code(str(result['file']))}", width="stretch")
            file = next((one for one in job.files if one.role == "result"), None)
            if file is not None:
                st.link_button("Download", service.link(file.path), icon=":material/download:")
        told = [
            f"{job.created_at:%d %B %Y %H:%M} UTC",
            f"{result['collections']} collections",
            f"{result['images']:,} images",
            size(result["file_bytes"]),
        ]
        if job.finished_at is not None:
            told.append(f"took {took(job, job.finished_at) or duration(0)}")
        st.caption(" \u00b7 ".join(told))
        for note in result.get("notes") or []:
            st.caption(note)


def _restore(file: str) -> None:
    st.subheader("To restore", anchor=False)
    st.caption("On the command line, into a data folder that holds nothing yet; then start the service on it.")
    st.code(f"FACIES_DATA_DIR=/new/place facies restore {shlex.quote(file)}", language="bash")


def _result(job: JobOut) -> dict[str, Any]:
    return cast("dict[str, Any]", job.result)
