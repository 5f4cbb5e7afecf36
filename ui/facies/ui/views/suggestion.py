"""What the validated images say that an example is."""

from __future__ import annotations

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_classify import ClassifiedOut
from facies.ui import markup, state
from facies.ui.problems import title_of
from facies.ui.query import Query, QueryExample, classify_request
from facies.ui.service import Service, signature

K = 15


def show(service: Service, collection: CollectionOut, query: Query) -> None:
    """Draw the names for the example in focus; nothing where the collection has no labels."""
    example = query.focused
    if example is None or not collection.labelled:
        return
    with st.container(key="suggestion", gap="small"):
        st.subheader("What is it?", anchor=False)
        try:
            answer, validated = _classify(service, collection, example)
        except FaciesError as error:
            st.caption(f"{title_of(error)}.")
            return
        rows = [(p.label, p.probability, f"{p.probability:.0%}") for p in answer.top]
        st.html(markup.bar_list(rows, kind="votes"))
        st.caption(f"Probability, calibrated on {validated:,} validated images.")


def _classify(service: Service, collection: CollectionOut, example: QueryExample) -> tuple[ClassifiedOut, int]:
    body, files = classify_request(example, k=K)
    key = ("classify", signature(collection), example.key, body.model_dump_json())
    answer = state.remembered(key, lambda: service.client.classify(collection.name, body, files))
    return answer.predictions[0], answer.validated or 0
