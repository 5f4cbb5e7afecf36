"""What the labelled neighbours of an example say it is."""

from __future__ import annotations

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import ClassifiedOut, CollectionOut
from facies.ui import markup, state
from facies.ui.problems import title_of
from facies.ui.query import Query, QueryExample, classify_request
from facies.ui.service import Service, signature

K = 15
TOP = 5


def show(service: Service, collection: CollectionOut, query: Query) -> None:
    """Draw the votes for the example in focus; nothing where the collection has no labels."""
    example = query.focused
    if example is None or not collection.labelled:
        return
    with st.container(key="suggestion", gap="small"):
        st.subheader("What is it?", anchor=False)
        try:
            answer = _classify(service, collection, example)
        except FaciesError as error:
            st.caption(f"{title_of(error)}.")
            return
        rows = [(p.label, p.probability, f"{p.probability:.0%}") for p in answer.top]
        st.html(markup.bar_list(rows, kind="votes"))
        voters = min(K, collection.labelled)
        st.caption(f"Share of the votes of the {voters} nearest labelled images; nearer ones weigh more.")


def _classify(service: Service, collection: CollectionOut, example: QueryExample) -> ClassifiedOut:
    body, files = classify_request(example, k=K, top=TOP)
    key = ("classify", signature(collection), example.key, body.model_dump_json())
    return state.remembered(key, lambda: service.client.classify(collection.name, body, files)).predictions[0]
