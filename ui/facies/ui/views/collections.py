"""Collections: what there is, how it was made, and ways to add to it or to take it away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, load_collections
from facies.ui.views import collection_detail, collection_dialogs, indexing

MOSAIC = 5


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    state.read_job()
    collections = load_collections(service, state.current_collection())
    with st.container(key="collections-head", horizontal=True, vertical_alignment="center"):
        st.header("Collections", anchor=False)
        if st.button("New collection", icon=":material/add:", type="primary", key="new-collection"):
            collection_dialogs.ask_new(service)
    with st.container():  # always there, so that what comes below keeps its place when a run begins or is dismissed
        indexing.show_job(service)
    if not collections:
        _none_yet()
        return
    chosen = _chosen(collections)
    cards, detail = st.columns([10, 24], gap="large")
    with cards, st.container(key="collection-cards", gap="small"):
        for collection in collections:
            _card(service, collection, is_chosen=collection.name == chosen.name)
    with detail:
        tab = collection_detail.show(service, chosen)
    state.write_collection_address(tab)


def _chosen(collections: Sequence[CollectionOut]) -> CollectionOut:
    wanted = state.current_collection()
    found = next((c for c in collections if c.name == wanted), None)
    if found is None:
        if wanted is not None:
            st.warning(f"There is no collection {wanted!r} any more.", icon=":material/help:")
        found = max(collections, key=lambda c: c.images)
        state.set_collection(found.name)
    return found


def _card(service: Service, collection: CollectionOut, *, is_chosen: bool) -> None:
    with st.container(key=f"card-{'chosen' if is_chosen else 'other'}-{collection.name}", border=True, gap="small"):
        st.html(markup.mosaic(thumbnails(service, collection, MOSAIC)))
        names = st.container(gap=None)
        names.button(
            collection.name,
            key=f"open-{collection.name}",
            type="tertiary",
            help="Shown on the right" if is_chosen else "Show this collection",
            on_click=state.set_collection,
            args=(collection.name,),
        )
        images = "1 image" if collection.images == 1 else f"{collection.images:,} images"
        names.caption(f"{images} \u00b7 {len(collection.labels):,} labels \u00b7 {collection.preset}")


def thumbnails(service: Service, collection: CollectionOut, count: int) -> list[tuple[str, str]]:
    """Addresses and descriptions of a few images, for the eye."""
    if not collection.images:
        return []
    key = ("mosaic", collection.name, collection.images, count)
    page = state.attempt(lambda: state.remembered(key, lambda: service.client.images(collection.name, limit=count)))
    if isinstance(page, FaciesError):
        show_problem(page)
        return []
    return [(service.link(image.thumbnail), image.label or "image without label") for image in page.images]


def _none_yet() -> None:
    with st.container(key="nothing", border=True):
        st.markdown("**No collection yet.** Make one above, then index a folder of images into it.")
        st.caption("or on the command line")
        st.code("facies index FOLDER --collection NAME --labels folder", language="bash")
