"""Classify: name a whole batch of files by the validated images of a collection, and see how well that goes."""

from __future__ import annotations

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import classify_state, state
from facies.ui.service import Service, load_collections
from facies.ui.views import batch_files, batch_options, batch_run, batch_table, collection_choice, confusion_panel


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    classify_state.read_address()
    collections = load_collections(service, state.current_collection())
    if not collections:
        collection_choice.welcome()
        return
    panel, main = st.columns([10, 31], gap="large")
    with panel, st.container(key="batch-panel", gap="medium"):
        collection = collection_choice.choose(collections)
        if collection is None:
            return
        batch_options.show(service, collection)
    with main, st.container(key="main-panel"):
        if collection.labelled:
            _main(service, collection)
        else:
            _nothing_validated(collection)
    classify_state.write_address()


def _main(service: Service, collection: CollectionOut) -> None:
    batch, own = st.tabs(["Your files", "The collection itself"], key="classify-tabs", on_change="rerun")
    if batch.open:
        with batch:
            files = batch_files.show(collection)
            run = batch_run.show(service, collection, files)
            if run is not None:
                batch_table.show(service, collection, run, files)
    if own.open:
        with own:
            confusion_panel.show_own(service, collection, classify_state.current_options())


def _nothing_validated(collection: CollectionOut) -> None:
    with st.container(key="nothing", border=True):
        st.markdown(
            f"**No image of {collection.name} has a label yet**, so there is nothing to name others by. Label some on "
            "the map, or index a folder whose sub-folders are named after what they hold."
        )
        st.page_link(
            st.session_state["pages"]["collections"], label="Open Collections", icon=":material/photo_library:"
        )
        st.code(f"facies index FOLDER --collection {collection.name} --labels folder", language="bash")
