"""Questions asked before a collection is made or deleted."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionBody, CollectionOut
from facies.ui import state
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts, load_models

Preset = Literal["microfossils", "figures", "scenes", "generic"]

PRESETS: Final[dict[Preset, str]] = {
    "microfossils": "Palynomorphs, foraminifera, other small fossils",
    "figures": "Charts, logs, maps and other figures from reports",
    "scenes": "Landscapes and field photographs",
    "generic": "Anything else",
}


@st.dialog("New collection")
def ask_new(service: Service) -> None:
    """Ask for name, preset and model, and make the collection."""
    name = st.text_input("Name", key="new-name", placeholder="for example palynology-6407")
    preset: Preset = st.radio(
        "What it will hold",
        list(PRESETS),
        captions=list(PRESETS.values()),
        format_func=str.capitalize,
        key="new-preset",
    )
    model = model_choice(service, key="new-model", placeholder="The preset chooses")
    if st.button("Make it", type="primary", key="make-collection", disabled=not name.strip()):
        body = CollectionBody(name=name.strip(), preset=preset, model=model)
        with st.spinner("Loading the model"):
            made = state.attempt(lambda: service.client.create_collection(body))
        if isinstance(made, FaciesError):
            show_problem(made)
            return
        forget_counts()
        state.set_collection(made.name)
        state.keep_notes(made.name, made.notes)
        st.rerun()


@st.dialog("Delete collection")
def ask_delete(service: Service, collection: CollectionOut) -> None:
    """Ask for the name as a confirmation, and delete."""
    st.markdown(
        f"**{collection.images:,} images** with their vectors and **{collection.labelled:,} labels** will be gone. "
        "This cannot be undone."
    )
    typed = st.text_input(f"Type {collection.name} to confirm", key="delete-name", autocomplete="off")
    if st.button("Delete for good", type="primary", key="delete-now", disabled=typed.strip() != collection.name):
        gone = state.attempt(lambda: service.client.delete_collection(collection.name))
        if isinstance(gone, FaciesError):
            show_problem(gone)
            return
        forget_counts()
        state.set_collection(None)
        st.rerun()


def model_choice(service: Service, *, key: str, placeholder: str) -> str | None:
    """A choice among the model cards; those whose weights are at hand come first."""
    cards = state.attempt(lambda: load_models(service))
    if isinstance(cards, FaciesError):
        show_problem(cards)
        return None
    by_name = {card.name: card for card in sorted(cards, key=lambda card: (not card.available, card.name))}
    return st.selectbox(
        "Model",
        list(by_name),
        index=None,
        key=key,
        placeholder=placeholder,
        format_func=lambda name: name if by_name[name].available else f"{name} (weights to be fetched)",
    )
