"""One collection: its numbers, labels and model, and the ways to add images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import markup, state
from facies.ui.service import Service
from facies.ui.views import (
    bad_files,
    collection_backup,
    collection_dialogs,
    collection_health,
    collection_models,
    duplicates,
    indexing,
    labels_out,
    range_chart,
    uploads,
)

LABELS_SHOWN = 24

FIRST: Final = "Labels"


def show(service: Service, collection: CollectionOut) -> str:
    """Draw the collection; gives the name of the tab that is open."""
    _head(collection)
    for note in state.notes_of(collection.name):
        st.info(note, icon=":material/info:")
    _numbers(collection)
    drawn: dict[str, Callable[[], None]] = {
        "Labels": lambda: _labels(collection),
        "Labels out": lambda: labels_out.show(service, collection),
        "Range chart": lambda: range_chart.show(service, collection),
        "Models": lambda: collection_models.show(service, collection),
        "Index a folder": lambda: indexing.show_form(service, collection),
        "Upload images": lambda: uploads.show(service, collection),
        "Duplicates": lambda: duplicates.show(service, collection),
        "Bad files": lambda: bad_files.show(service, collection),
        "Health": lambda: collection_health.show(service, collection),
        "Backup": lambda: collection_backup.show(service),
        "Delete": lambda: _delete(service, collection),
    }
    told = next((name for name in drawn if _in_address(name) == st.query_params.get("tab")), FIRST)
    # Tabs that get another default are others, and forget which one is open.
    told = st.session_state.setdefault(f"first-tab-{collection.name}", told)
    tabs = dict(
        zip(drawn, st.tabs(list(drawn), key=f"tabs-{collection.name}", default=told, on_change="rerun"), strict=True)
    )
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                drawn[name]()
    return next((_in_address(name) for name, tab in tabs.items() if tab.open), _in_address(FIRST))


def _in_address(name: str) -> str:
    """A tab as the address names it."""
    return name.lower().replace(" ", "-")


def _delete(service: Service, collection: CollectionOut) -> None:
    st.markdown(
        f"Takes away the collection **{collection.name}**, its vectors and its labels. "
        "Original files that were indexed from a folder stay where they are."
    )
    if st.button("Delete this collection", icon=":material/delete:", key="delete-collection"):
        collection_dialogs.ask_delete(service, collection)


def _head(collection: CollectionOut) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width="content"):
            st.subheader(collection.name, anchor=False)
            st.caption(f"preset {collection.preset} \u00b7 made on {collection.created_at:%d %B %Y}")
        if st.button("Search in it", icon=":material/image_search:", key="search-in-it"):
            st.switch_page(st.session_state["pages"]["search"])


def _numbers(collection: CollectionOut) -> None:
    share = f"{collection.labelled / collection.images:.0%}" if collection.images else "\u2013"
    dims = ", ".join(str(v.dim) for v in collection.vectors) or "\u2013"
    st.html(
        markup.figures(
            [
                ("images", f"{collection.images:,}"),
                ("labelled", share),
                ("labels", f"{len(collection.labels):,}"),
                ("vector dimensions", dims),
            ]
        )
    )


def _labels(collection: CollectionOut) -> None:
    counts = sorted(collection.labels.items(), key=lambda item: (-item[1], item[0]))
    if not counts:
        st.caption(
            "No image has a label yet. Folder names or a manifest can bring labels along when a folder is indexed."
        )
        return
    st.html(markup.count_bars(counts[:LABELS_SHOWN]))
    if len(counts) > LABELS_SHOWN:
        with st.expander(f"{len(counts) - LABELS_SHOWN} more labels"):
            st.html(markup.count_bars(counts[LABELS_SHOWN:]))
