"""Search: put a query together, see its neighbours, refine it; or browse the collection to find a start."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError, ImageNotFoundError
from facies.core.wire import CollectionOut, ImageOut
from facies.ui import state
from facies.ui.problems import show_problem
from facies.ui.query import Query
from facies.ui.service import Service, load_collections
from facies.ui.views import browse, query_panel, results


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    collections = load_collections(service, state.current_collection())
    if not collections:
        _welcome()
        return
    panel, main = st.columns([10, 31], gap="large")
    with panel, st.container(key="query-panel", gap="medium"):
        collection = _choose(collections)
        if collection is None:
            return
        images = _known_images(service, collection, state.current_query())
        query_panel.show(service, collection, images)
    with main, st.container(key="main-panel"):
        if isinstance(images, FaciesError):
            show_problem(images)
            st.caption("An id belongs to one collection. Check which one is chosen, or start over with another image.")
        elif state.current_query().is_searchable:
            results.show(service, collection)
        else:
            browse.show(service, collection)
    state.write_address()


def _choose(collections: Sequence[CollectionOut]) -> CollectionOut | None:
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


def _known_images(service: Service, collection: CollectionOut, query: Query) -> dict[str, ImageOut] | FaciesError:
    """Those examples of the query that are images of the collection; the error where one is not."""
    ids = [e.image_id for e in query.examples if e.image_id is not None]

    def load(image_id: str) -> ImageOut:
        return state.remembered(
            ("image", collection.name, image_id), lambda: service.client.image(collection.name, image_id)
        )

    try:
        return {image_id: load(image_id) for image_id in ids}
    except ImageNotFoundError as error:
        return error


def _welcome() -> None:
    with st.container(key="welcome", horizontal_alignment="center"):
        st.header("No collection yet", anchor=False)
        st.markdown(
            "A collection holds images, their vectors and their labels. Make one and index a folder of images into it."
        )
        st.page_link(st.session_state["pages"]["collections"], label="Make the first collection", icon=":material/add:")
        st.caption("or on the command line")
        st.code("facies index FOLDER --collection NAME --labels folder", language="bash")
