"""Copying images from a person's computer into a collection."""

from __future__ import annotations

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, UploadOut
from facies.ui import state
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts


def show(service: Service, collection: CollectionOut) -> None:
    """Copy images from this computer into the service and index them."""
    turn = st.session_state.setdefault("upload-turn", 0)
    files = st.file_uploader(
        "Images from this computer",
        accept_multiple_files=True,
        key=f"upload-{collection.name}-{turn}",
        help="They are copied into the service's data folder, then indexed.",
    )
    label = st.selectbox(
        "Label for all of them",
        sorted(collection.labels),
        index=None,
        accept_new_options=True,
        key=f"upload-label-{collection.name}",
        placeholder="None; choose one or type a new one",
    )
    words = f"Index {len(files)} images" if len(files) > 1 else "Index image" if files else "Index images"
    if st.button(words, type="primary", key="upload-now", disabled=not files):
        with st.spinner("Indexing"):
            sent = [(f.name, f.getvalue()) for f in files]
            answer = state.attempt(lambda: service.client.upload_images(collection.name, sent, label=label))
        if isinstance(answer, FaciesError):
            show_problem(answer)
            return
        st.session_state["upload-turn"] = turn + 1
        st.session_state["upload-answer"] = (collection.name, answer)
        forget_counts()
        st.rerun()
    name, answered = st.session_state.get("upload-answer", (None, None))
    if name == collection.name and not files:
        _uploaded(answered)


def _uploaded(answer: UploadOut) -> None:
    done = sum(r.status == "indexed" for r in answer.results)
    known = sum(r.status in {"unchanged", "duplicate"} for r in answer.results)
    failed = [r for r in answer.results if r.status == "failed"]
    st.success(f"{done} indexed, {known} known already, {len(failed)} refused.", icon=":material/check_circle:")
    if failed:
        st.dataframe([{"file": r.name, "reason": r.reason or ""} for r in failed], hide_index=True)
