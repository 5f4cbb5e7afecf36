"""The images of a collection, to look through and to start a search from."""

from __future__ import annotations

from functools import partial

import streamlit as st

from facies.core.wire import CollectionOut, ImagePage
from facies.ui import naming, state
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.service import Service, signature

PAGE = 48


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the gallery."""
    if not collection.images:
        _empty(collection)
        return
    with st.container(key="browse-head", horizontal=True, vertical_alignment="bottom"):
        with st.container(gap=None):
            st.header(collection.name, anchor=False)
            st.markdown("Start from one of these images, or bring your own on the left.")
        label = _label(collection)
    state.reset_pages("browse", (collection.name, label))
    pages = [_load(service, collection, label, page) for page in range(state.pages_shown("browse"))]
    images = [image for page in pages for image in page.images]
    naming.show_outcome(service, collection)
    show_grid(
        images,
        service.link,
        key="gallery",
        label=f"{len(images)} of {pages[0].total} images of {collection.name}",
        collection=collection.name,
        naming=naming.choices(collection),
        more=len(images) < pages[0].total,
        on_action=partial(_act, service, collection),
    )


def _label(collection: CollectionOut) -> str | None:
    if not collection.labels:
        return None
    return st.selectbox(
        "Label",
        sorted(collection.labels),
        index=None,
        key=f"browse-label-{collection.name}",
        format_func=lambda label: f"{label} ({collection.labels[label]:,})",
        placeholder="All labels",
        width=260,
    )


def _load(service: Service, collection: CollectionOut, label: str | None, page: int) -> ImagePage:
    key = ("browse", signature(collection), label, page)
    return state.remembered(
        key, lambda: service.client.images(collection.name, offset=page * PAGE, limit=PAGE, label=label)
    )


def _empty(collection: CollectionOut) -> None:
    with st.container(key="nothing", border=True):
        st.markdown(f"**{collection.name} holds no images yet.** Index a folder or upload some first.")
        st.page_link(
            st.session_state["pages"]["collections"], label="Open Collections", icon=":material/photo_library:"
        )
        st.code(f"facies index FOLDER --collection {collection.name}", language="bash")


def _act(service: Service, collection: CollectionOut, action: Action) -> None:
    naming.act(service, collection, action)
    if action["type"] == "similar":
        state.search_for(action["id"])
    elif action["type"] == "more":
        state.show_more("browse")
