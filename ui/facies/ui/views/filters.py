"""The row above the results: which images may come, with live counts, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_search import CountBody, CountOut
from facies.ui import state
from facies.ui.service import Service, signature
from facies.ui.where import ALWAYS, Bounds, FilterChoice, read_texts, to_texts, to_where

MOST_VALUES = 200
"""Values of a field that its list offers; any other can be typed."""


def show(service: Service, collection: CollectionOut) -> tuple[FilterChoice, CountOut | None]:
    """Draw the filters; return what was chosen, and the counts where the service gives them."""
    kinds = {**ALWAYS, **collection.fields}
    told, strange = read_texts(state.current_filter(), kinds)
    _forget_strange(strange)
    choice = _chosen(collection, told)
    counts = _count(service, collection, choice)
    by = {} if counts is None else counts.by
    if collection.labels:
        _values(collection, "label", "Only these labels", by, choice)
    others = sorted(collection.fields)
    with st.popover("Filter", icon=":material/tune:", key="metadata-filter"):
        if counts is not None:
            st.markdown(f"**{counts.images:,}** of {collection.images:,} images pass")
        if collection.labels:
            _values(collection, "state", "State of the label", by, choice)
        for name in others:
            if collection.fields[name] == "keyword":
                _values(collection, name, name, by, choice)
            else:
                _range(collection, name, whole=collection.fields[name] == "integer", bounds=choice.bounds.get(name))
    state.set_filter(to_texts(choice))
    return choice, counts


def _key(collection: CollectionOut, name: str) -> str:
    return f"filter-{collection.name}-{name}"


def _chosen(collection: CollectionOut, told: FilterChoice) -> FilterChoice:
    """What the widgets say; of those that have not been drawn yet, what the address or an earlier visit says."""
    words, bounds = {}, {}
    for name, kind in {**ALWAYS, **collection.fields}.items():
        key = _key(collection, name)
        if kind == "keyword":
            words[name] = tuple(st.session_state.get(key, told.words.get(name, ())))
        else:
            low, high = told.bounds.get(name, (None, None))
            ends = (st.session_state.get(f"{key}-low", low), st.session_state.get(f"{key}-high", high))
            whole = kind == "integer"
            bounds[name] = (_end(ends[0], whole=whole), _end(ends[1], whole=whole))
    return FilterChoice(words, bounds)


def _count(service: Service, collection: CollectionOut, choice: FilterChoice) -> CountOut | None:
    fields = [name for name, kind in {**ALWAYS, **collection.fields}.items() if kind == "keyword"]
    if not collection.labels:
        fields = [name for name in fields if name not in ALWAYS]
    body = CountBody(where=to_where(choice), by={name: to_where(choice.without(name)) for name in fields})
    key = ("count", signature(collection), body.model_dump_json())
    counts = state.attempt(lambda: state.remembered(key, lambda: service.client.count(collection.name, body)))
    return None if isinstance(counts, FaciesError) else counts  # the search itself will say what is wrong


def _values(
    collection: CollectionOut, name: str, title: str, by: Mapping[str, Mapping[str, int]], choice: FilterChoice
) -> None:
    key = _key(collection, name)
    chosen = list(choice.words.get(name, ()))
    if key not in st.session_state:
        st.session_state[key] = chosen
    counts = by.get(name, {})
    offered = sorted(counts) if name == "label" else list(counts)[:MOST_VALUES]
    st.multiselect(
        title,
        list(dict.fromkeys([*offered, *chosen])),
        key=key,
        format_func=partial(_with_count, counts),
        placeholder="All labels" if name == "label" else "any",
        accept_new_options=name not in ALWAYS,
    )


def _with_count(counts: Mapping[str, int], value: str) -> str:
    return f"{value} ({counts.get(value, 0):,})"


def _range(collection: CollectionOut, name: str, *, whole: bool, bounds: Bounds | None) -> None:
    key = _key(collection, name)
    step = 1 if whole else None
    with st.container(horizontal=True):
        for end, words, value in zip(("low", "high"), ("from", "to"), bounds or (None, None), strict=True):
            if f"{key}-{end}" not in st.session_state:
                st.session_state[f"{key}-{end}"] = value
            st.number_input(f"{name} {words}", step=step, key=f"{key}-{end}", value=None, placeholder="any")


def _end(value: float | None, *, whole: bool) -> float | None:
    return None if value is None else int(value) if whole else float(value)


def _forget_strange(strange: list[str]) -> None:
    for text in strange:
        st.warning(f"The address filters by {text!r}, which means nothing in this collection: left out.")
