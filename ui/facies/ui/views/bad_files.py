"""Files that the indexing of a collection could not read, with the reasons; across jobs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_upkeep import BadFileOut
from facies.ui import state
from facies.ui.problems import show_problem
from facies.ui.service import Service
from facies.ui.words import KINDS


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the list; or say that there is none."""
    found = state.attempt(lambda: service.client.upkeep.bad_files(collection.name))
    if isinstance(found, FaciesError):
        show_problem(found)
        return
    if not found.files:
        jobs = "1 job" if found.jobs == 1 else f"{found.jobs:,} jobs"
        st.caption(
            f"No file was refused; {jobs} looked at files for {collection.name}."
            if found.jobs
            else "No job has looked at files yet. What the command line indexes by itself is listed there."
        )
        return
    words = "1 file" if len(found.files) == 1 else f"{len(found.files):,} files"
    st.markdown(f"**{words}** could not be read. Mend or replace them, then index their folder again.")
    st.dataframe(
        [
            {"file": one.path, "reason": one.reason, "found by": KINDS.get(one.kind, one.kind), "at": one.at}
            for one in found.files
        ],
        hide_index=True,
        column_config={"at": st.column_config.DatetimeColumn("at", format="D MMM YYYY, HH:mm")},
    )
    st.download_button(
        "Download the whole table",
        data=lambda: write_table(found.files),
        file_name=f"{collection.name}-bad-files.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="bad-files-csv",
    )


def write_table(files: Sequence[BadFileOut]) -> str:
    """The list as CSV."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["file", "reason", "job", "kind", "at"])
    table.writerows(
        [one.path, one.reason, one.job, one.kind, "" if one.at is None else one.at.isoformat()] for one in files
    )
    return out.getvalue()
