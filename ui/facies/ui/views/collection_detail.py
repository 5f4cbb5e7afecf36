"""One collection: its numbers, labels and model, and the ways to add images."""

from __future__ import annotations

from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut, ModelOut, VectorOut
from facies.ui import markup, state
from facies.ui.service import Service, load_models
from facies.ui.views import collection_dialogs, indexing, uploads

LABELS_SHOWN = 24

FINGERPRINT_WORDS: Final = {
    "card": "model card",
    "weights_sha256": "weights (SHA-256)",
    "preprocessing": "preprocessing",
    "recipe": "recipe",
    "runtime": "runtime",
    "precision": "precision",
}


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the collection."""
    _head(collection)
    for note in state.notes_of(collection.name):
        st.info(note, icon=":material/info:")
    _numbers(collection)
    labels, model, folder, upload, delete = st.tabs(
        ["Labels", "Model", "Index a folder", "Upload images", "Delete"], key=f"tabs-{collection.name}"
    )
    with labels:
        _labels(collection)
    with model:
        _models(service, collection)
    with folder:
        indexing.show_form(service, collection)
    with upload:
        uploads.show(service, collection)
    with delete:
        st.markdown(
            f"Takes away the collection **{collection.name}**, its vectors and its labels. "
            "Original files that were indexed from a folder stay where they are."
        )
        if st.button("Delete this collection", icon=":material/delete:", key="delete-collection"):
            collection_dialogs.ask_delete(service, collection)


def _head(collection: CollectionOut) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width="content"):
            st.subheader(collection.name, anchor=False)
            st.caption(f"preset {collection.preset} \u00b7 made on {collection.created_at:%d %B %Y}")
        if st.button("Search in it", icon=":material/image_search:", key="search-in-it"):
            st.switch_page(st.session_state["pages"]["search"])


def _numbers(collection: CollectionOut) -> None:
    share = f"{collection.labelled / collection.images:.0%}" if collection.images else "\u2013"
    dims = ", ".join(str(v.dim) for v in collection.vectors) or "\u2013"
    st.html(
        markup.figures(
            [
                ("images", f"{collection.images:,}"),
                ("labelled", share),
                ("labels", f"{len(collection.labels):,}"),
                ("vector dimensions", dims),
            ]
        )
    )


def _labels(collection: CollectionOut) -> None:
    counts = sorted(collection.labels.items(), key=lambda item: (-item[1], item[0]))
    if not counts:
        st.caption(
            "No image has a label yet. Folder names or a manifest can bring labels along when a folder is indexed."
        )
        return
    st.html(markup.count_bars(counts[:LABELS_SHOWN]))
    if len(counts) > LABELS_SHOWN:
        with st.expander(f"{len(counts) - LABELS_SHOWN} more labels"):
            st.html(markup.count_bars(counts[LABELS_SHOWN:]))


def _models(service: Service, collection: CollectionOut) -> None:
    if not collection.vectors:
        st.caption("No vectors yet: the first images that are indexed decide the model.")
        return
    cards = state.attempt(lambda: load_models(service))
    known = {} if isinstance(cards, FaciesError) else {card.name: card for card in cards}
    for vector in collection.vectors:
        _model(vector, known.get(vector.fingerprint.get("card", vector.name)))


def _model(vector: VectorOut, card: ModelOut | None) -> None:
    title = card.title if card else vector.name
    named = "" if vector.name in (title, vector.fingerprint.get("card")) else f" \u00b7 {vector.name}"
    st.markdown(f"**{title}**{named}")
    if card is not None:
        lines = [("publication", card.publication), ("licence", card.licence), ("input", f"{card.input_px} px")]
        if card.notes:
            lines.append(("notes", card.notes))
        st.html(markup.facts(lines))
    st.caption("How the vectors were made. A query has to be made in the same way, or it is refused.")
    fingerprint = [(FINGERPRINT_WORDS.get(name, name), value) for name, value in vector.fingerprint.items()]
    computed = (
        [] if vector.source is None else [("computed from", vector.source), ("projection", str(vector.projection))]
    )
    st.html(
        markup.facts([*computed, *fingerprint, ("dimension", str(vector.dim)), ("fingerprint digest", vector.digest)])
    )
