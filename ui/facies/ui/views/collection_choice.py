"""Which collection a page is about; and what to do where there is none."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import state


def choose(collections: Sequence[CollectionOut]) -> CollectionOut | None:
    """Choose a collection, the largest at first; None where the address names one that is not there."""
    by_name = {c.name: c for c in collections}
    wanted = state.current_collection()
    if wanted is None:
        wanted = max(collections, key=lambda c: c.images).name
        state.set_collection(wanted)
    st.session_state["collection-choice"] = wanted if wanted in by_name else None
    st.selectbox(
        "Collection",
        list(by_name),
        index=None,
        key="collection-choice",
        format_func=lambda name: f"{name}  \u00b7  {by_name[name].images:,} images",
        placeholder="Choose a collection",
        on_change=lambda: state.set_collection(st.session_state["collection-choice"]),
    )
    if wanted not in by_name:
        st.warning(
            f"There is no collection {wanted!r}. Choose one of the {len(by_name)} above.", icon=":material/help:"
        )
        return None
    return by_name[wanted]


def welcome() -> None:
    """Say how to make the first collection."""
    with st.container(key="welcome", horizontal_alignment="center"):
        st.header("No collection yet", anchor=False)
        st.markdown(
            "A collection holds images, their vectors and their labels. Make one and index a folder of images into it."
        )
        st.page_link(st.session_state["pages"]["collections"], label="Make the first collection", icon=":material/add:")
        st.caption("or on the command line")
        st.code("facies index FOLDER --collection NAME --labels folder", language="bash")
