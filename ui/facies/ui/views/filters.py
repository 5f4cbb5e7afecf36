"""The row above the neighbours: how many, and which images may be among them."""

from __future__ import annotations

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui.where import Bounds, FilterChoice, split_words

DEFAULT_K = 24
LARGEST_K = 200


def show(collection: CollectionOut) -> tuple[int, FilterChoice]:
    """Draw the row; return how many neighbours a page holds and the filter."""
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        labels = _labels(collection) if collection.labels else ()
        words, bounds = _fields(collection) if collection.fields else ({}, {})
        k = st.number_input(
            "Neighbours", 1, LARGEST_K, DEFAULT_K, key="k", width=130, help="How many to show at a time."
        )
    return int(k), FilterChoice(labels, words, bounds)


def _labels(collection: CollectionOut) -> tuple[str, ...]:
    chosen = st.multiselect(
        "Only these labels",
        sorted(collection.labels),
        key=f"labels-{collection.name}",
        format_func=lambda label: f"{label} ({collection.labels[label]:,})",
        placeholder="All labels",
    )
    return tuple(chosen)


def _fields(collection: CollectionOut) -> tuple[dict[str, tuple[str, ...]], dict[str, Bounds]]:
    words: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, Bounds] = {}
    with st.popover("Metadata", icon=":material/tune:", key="metadata-filter"):
        st.caption("Values in one field are parted by |, for example 6407/6-5 | 34/10-1.")
        for name, kind in sorted(collection.fields.items()):
            key = f"field-{collection.name}-{name}"
            if kind == "keyword":
                words[name] = split_words(st.text_input(name, key=key, placeholder="any"))
            else:
                bounds[name] = _range(name, key, whole=kind == "integer")
    return words, bounds


def _range(name: str, key: str, *, whole: bool) -> Bounds:
    step = 1.0 if whole else None
    with st.container(horizontal=True):
        low = st.number_input(f"{name} from", value=None, step=step, key=f"{key}-low", placeholder="any")
        high = st.number_input(f"{name} to", value=None, step=step, key=f"{key}-high", placeholder="any")
    if whole:
        return (None if low is None else int(low), None if high is None else int(high))
    return (low, high)
