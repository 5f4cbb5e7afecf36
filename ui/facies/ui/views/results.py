"""The neighbours of the query, page by page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_search import NeighbourOut, SearchOut
from facies.ui import markup, naming, state
from facies.ui.asked import Asked
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.problems import show_problem
from facies.ui.query import example_of_id
from facies.ui.service import Service, signature
from facies.ui.views import arranging, filters, side_by_side

KEYS = """The bar on a tile is the cosine similarity; **P97** says that it is higher than that of 97 % of the pairs of
images with one label. Keys: arrows choose, **f** finds similar images, **+** and **-** mark what should count for
and against, **1** to **9** or **l** label, **u** takes back, **d** shows the details."""


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the filters and the neighbours."""
    query = state.current_query()
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        choice, counts = filters.show(service, collection)
        arrangement = arranging.show(collection, examples=len(query.examples))
    asked = Asked(query, choice, arrangement, collection.images if counts is None else counts.images)
    state.reset_pages("result", (repr(choice), arrangement, collection.name))
    try:
        if arrangement.is_beside:
            side_by_side.show(service, collection, asked)
        else:
            _one_list(service, collection, asked)
    except FaciesError as error:
        show_problem(error)


def _one_list(service: Service, collection: CollectionOut, asked: Asked) -> None:
    k = asked.arrangement.k
    with st.spinner("Searching"):
        pages = [_search(service, collection, asked, page * k) for page in range(state.pages_shown("result"))]
    found = [neighbour for page in pages for neighbour in page.neighbours]
    if not found:
        _nothing(asked, pages[0].notes)
        return
    more = len(pages[-1].neighbours) == k and len(found) < asked.passing - len(asked.query.examples)
    _summary(found, asked, pages[0])
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
        on_action=partial(act, service, collection),
    )


def _search(service: Service, collection: CollectionOut, asked: Asked, offset: int) -> SearchOut:
    body, files = asked.request(offset)
    key = ("search", signature(collection), asked.uploads, body.model_dump_json())
    return state.remembered(key, lambda: service.client.search(collection.name, body, files))


def _summary(found: list[NeighbourOut], asked: Asked, first: SearchOut) -> None:
    similar = [neighbour.similarity for neighbour in found]
    count = asked.choice.count
    said = [
        *([f"{count} filter{'s' if count > 1 else ''} on"] if count else []),
        " + ".join(first.vectors) or first.vector,
        f"similarity {max(similar):.2f} to {min(similar):.2f}",
        *([f"re-ranked by {first.reranked_by.replace('_', ' ')}"] if first.reranked_by else []),
        *asked.arrangement.words(),
    ]
    with st.container(key="summary"):
        told = " \u00b7 ".join(markup.plain(words) for words in said)
        st.markdown(f"**{len(found):,}** nearest of {asked.passing:,} images :gray[\u00b7 {told}]", help=KEYS)
        for note in first.notes:
            st.caption(markup.plain(note))


def _nothing(asked: Asked, notes: list[str]) -> None:
    with st.container(key="nothing", border=True):
        if asked.choice.count:
            st.markdown("**Nothing passes the filters.** Widen or clear them above.")
        else:
            st.markdown("**Nothing else is in this collection.** Index more images to find neighbours.")
        for note in notes:
            st.caption(markup.plain(note))


def act(service: Service, collection: CollectionOut, action: Action) -> None:
    """Do what was asked in a gallery of neighbours."""
    naming.act(service, collection, action)
    if action["type"] == "similar":
        state.search_for(action["id"])
    elif action["type"] == "refine":
        state.set_query(
            state.current_query()
            .add(example_of_id(i) for i in action["positive"])
            .add(example_of_id(i, positive=False) for i in action["negative"])
        )
    elif action["type"] == "more":
        state.show_more("result")
