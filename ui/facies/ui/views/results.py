"""The neighbours of the query, page by page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from facies.core.client import File
from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_search import NeighbourOut, SearchBody, SearchOut
from facies.ui import naming, state
from facies.ui.components.grid import Action, show_grid
from facies.ui.problems import show_problem
from facies.ui.query import Query, example_of_id, search_request
from facies.ui.service import Service, signature
from facies.ui.views import filters
from facies.ui.where import FilterChoice, to_where

KEYS = """Keys, once a tile is chosen: arrows move, Enter opens the details, **f** finds similar images,
**+** and **-** mark what should count for and against, Escape closes."""


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the filters and the neighbours."""
    k, choice = filters.show(collection)
    query = state.current_query()
    state.reset_pages("result", (k, repr(choice), collection.name))
    try:
        with st.spinner("Searching"):
            where = to_where(choice)
            pages = [
                _search(service, collection, query, *search_request(query, k=k, offset=page * k, where=where))
                for page in range(state.pages_shown("result"))
            ]
    except FaciesError as error:
        show_problem(error)
        return
    found = [neighbour for page in pages for neighbour in page.neighbours]
    if not found:
        _nothing(choice)
        return
    more = len(pages[-1].neighbours) == k and len(found) < collection.images - len(query.examples)
    _summary(collection, found, choice, pages[0].vector)
    naming.show_outcome(service, collection)
    show_grid(
        found,
        service.link,
        key="results",
        label=f"{len(found)} neighbours, most similar first",
        collection=collection.name,
        can_mark=True,
        naming=naming.choices(collection),
        more=more,
        on_action=partial(_act, service, collection),
    )


def _search(
    service: Service, collection: CollectionOut, query: Query, body: SearchBody, files: list[File]
) -> SearchOut:
    uploads = tuple(e.key for e in query.examples if e.data is not None)
    key = ("search", signature(collection), uploads, body.model_dump_json())
    return state.remembered(key, lambda: service.client.search(collection.name, body, files))


def _summary(collection: CollectionOut, found: list[NeighbourOut], choice: FilterChoice, vector: str) -> None:
    with st.container(key="summary"):
        filtered = f", {choice.count} filter{'s' if choice.count > 1 else ''} on" if choice.count else ""
        st.markdown(
            f"**{len(found):,}** nearest of {collection.images:,} images{filtered} "
            f":gray[\u00b7 {vector} \u00b7 similarity {found[0].similarity:.2f} to {found[-1].similarity:.2f}]",
            help=KEYS,
        )


def _nothing(choice: FilterChoice) -> None:
    with st.container(key="nothing", border=True):
        if choice.count:
            st.markdown("**Nothing passes the filters.** Widen or clear them above.")
        else:
            st.markdown("**Nothing else is in this collection.** Index more images to find neighbours.")


def _act(service: Service, collection: CollectionOut, action: Action) -> None:
    naming.act(service, collection, action)
    query = state.current_query()
    if action["type"] == "similar":
        state.set_query(Query().add([example_of_id(action["id"])]))
    elif action["type"] == "refine":
        state.set_query(
            query.add(example_of_id(i) for i in action["positive"]).add(
                example_of_id(i, positive=False) for i in action["negative"]
            )
        )
    elif action["type"] == "more":
        state.show_more("result")
