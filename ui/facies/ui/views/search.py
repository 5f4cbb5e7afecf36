"""Search: put a query together, see its neighbours, refine it; or browse the collection to find a start."""

from __future__ import annotations

import streamlit as st

from facies.core.errors import FaciesError, ImageNotFoundError
from facies.core.wire import CollectionOut, ImageOut
from facies.ui import state
from facies.ui.problems import show_problem
from facies.ui.query import Query
from facies.ui.service import Service, load_collections
from facies.ui.views import browse, collection_choice, query_panel, results


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    collections = load_collections(service, state.current_collection())
    if not collections:
        collection_choice.welcome()
        return
    panel, main = st.columns([10, 31], gap="large")
    with panel, st.container(key="query-panel", gap="medium"):
        collection = collection_choice.choose(collections)
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


def _known_images(service: Service, collection: CollectionOut, query: Query) -> dict[str, ImageOut] | FaciesError:
    """Those examples of the query that are images of the collection; the error where one is not."""
    ids = [e.image_id for e in query.examples if e.image_id is not None]

    try:
        return {image_id: state.load_image(service, collection, image_id) for image_id in ids}
    except ImageNotFoundError as error:
        return error
