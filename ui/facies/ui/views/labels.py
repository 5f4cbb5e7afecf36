"""Label: let images be labelled, work through queues, grow labels, name the unknown, and take back what was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import streamlit as st

from facies.core.wire import CollectionOut
from facies.core.wire_labels import LabelCountsOut
from facies.ui import label_state, markup, naming, state
from facies.ui.label_state import Kind
from facies.ui.markup import Share
from facies.ui.service import Service, load_collections
from facies.ui.views import collection_choice, label_auto, label_batches, label_growth, label_queue, label_unknowns
from facies.ui.where import ALWAYS

SECTIONS: Final = {
    "automatic": ("Automatic", ":material/auto_awesome:", label_auto.show),
    "queue": ("Queues", ":material/checklist:", label_queue.show),
    "grow": ("Grow", ":material/unfold_more:", label_growth.show),
    "unknowns": ("Unknowns", ":material/question_mark:", label_unknowns.show),
    "batches": ("Batches", ":material/history:", label_batches.show),
}


def show(service: Service) -> None:
    """Draw the page."""
    state.read_address()
    collections = load_collections(service, state.current_collection())
    is_link = label_state.read_address(_kinds(collections))
    if not collections:
        collection_choice.welcome()
        return
    with st.container(key="label-head", horizontal=True, vertical_alignment="bottom"):
        collection = collection_choice.choose(collections)
        _sections()
    if collection is None:
        return
    if st.session_state.setdefault("label_collection", collection.name) != collection.name:
        st.session_state["label_collection"] = collection.name
        if not is_link:
            label_state.begin_elsewhere()
    if not collection.images:
        _empty(collection)
    else:
        counts = service.client.labels.counts(collection.name)
        _progress(counts)
        naming.show_outcome(service, collection)
        SECTIONS[label_state.current().kind][2](service, collection, counts)
    label_state.write_address()


def _kinds(collections: Sequence[CollectionOut]) -> dict[str, str]:
    """The fields that the address may narrow by."""
    name = state.current_collection()
    largest = max(collections, key=lambda one: one.images, default=None)
    chosen = next((one for one in collections if one.name == name), largest)
    return {**ALWAYS, **(chosen.fields if chosen else {})}


def _sections() -> None:
    label_state.mirror("label-section", label_state.current().kind)
    st.segmented_control(
        "What to do",
        list(SECTIONS),
        key="label-section",
        format_func=lambda kind: f"{SECTIONS[kind][1]} {SECTIONS[kind][0]}",
        on_change=_turn,
        label_visibility="collapsed",
    )


def _turn() -> None:
    kind = st.session_state["label-section"]
    if kind is not None:  # a click on the chosen one takes the choice away
        label_state.change(kind=cast(Kind, kind))
        label_auto.forget_wish()
        naming.forget_outcome()


def _progress(counts: LabelCountsOut) -> None:
    """How far the collection has come."""
    parts: list[tuple[str, int, Share]] = [
        ("validated", counts.validated, "sure"),
        ("predicted", counts.predicted, "likely"),
        ("dubious", counts.dubious, "open"),
        ("rejected", counts.rejected, "against"),
        ("without a label", counts.unnamed, "rest"),
    ]
    st.html(markup.share_bar(f"Labels of {counts.images:,} images", parts))


def _empty(collection: CollectionOut) -> None:
    with st.container(key="nothing", border=True):
        st.markdown(f"**{markup.plain(collection.name)} holds no images yet.** Index some first.")
        st.page_link(
            st.session_state["pages"]["collections"], label="Open Collections", icon=":material/photo_library:"
        )
