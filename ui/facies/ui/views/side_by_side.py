"""The neighbours by several models, beside each other."""

from __future__ import annotations

from functools import partial

import streamlit as st

from facies.core.wire import CollectionOut
from facies.core.wire_search import SearchOut
from facies.ui import markup, naming, state
from facies.ui.asked import Asked
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.service import Service, signature

PER_ROW = 3


def show(service: Service, collection: CollectionOut, asked: Asked) -> None:
    """Draw a list for each named vector that was chosen, and how much they have in common.

    Raises:
        FaciesError: the service does not answer, or refuses the query.
    """
    body, files = asked.request()
    key = ("beside", signature(collection), asked.uploads, body.model_dump_json())
    with st.spinner("Searching"):
        answer = state.remembered(key, lambda: service.client.search_side_by_side(collection.name, body, files))
    st.markdown(_common(answer.lists))
    naming.show_outcome(service, collection)
    for start in range(0, len(answer.lists), PER_ROW):
        row = answer.lists[start : start + PER_ROW]
        for column, found in zip(st.columns(len(row), gap="large"), row, strict=True):
            with column:
                _list(service, collection, found)


def _list(service: Service, collection: CollectionOut, found: SearchOut) -> None:
    st.subheader(found.vector, anchor=False)
    for note in found.notes:
        st.caption(markup.plain(note))
    show_grid(
        found.neighbours,
        service.link,
        key=f"beside-{found.vector}",
        label=f"{len(found.neighbours)} neighbours by {found.vector}",
        collection=collection.name,
        naming=naming.choices(collection),
        details_open=False,
        on_action=partial(_act, service, collection),
    )


def _common(lists: list[SearchOut]) -> str:
    """How many images all lists have."""
    common = set.intersection(*({one.id for one in found.neighbours} for found in lists))
    longest = max(len(found.neighbours) for found in lists)
    return f"**{len(common)}** of {longest} images are found by all {len(lists)} models."


def _act(service: Service, collection: CollectionOut, action: Action) -> None:
    naming.act(service, collection, action)
    if action["type"] == "similar":
        state.search_for(action["id"])
