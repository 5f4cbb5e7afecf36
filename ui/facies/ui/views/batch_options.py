"""The left side of the page of batches: how files are named, and which labels are in question."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import classify_state
from facies.ui.batch import BatchOptions
from facies.ui.service import Service, load_taxonomy

_KEY: Final = "batch-{}"
_DEFAULT_ROLL_UP: Final = 0.9


def show(service: Service, collection: CollectionOut) -> None:
    """Draw the options; each change counts from the next batch on."""
    options = _fitting(collection, classify_state.current_options())
    _seed(options)
    st.number_input(
        "Precision",
        *classify_state.PRECISION,
        step=0.01,
        value=None,
        format="%.3g",
        key=_KEY.format("precision"),
        placeholder="no verdict",
        help="A label is given where it is right in so many cases; else a set of labels, or unknown. Empty: all get "
        "their most probable label.",
        on_change=_take,
    )
    if len(collection.vectors) > 1:
        st.selectbox(
            "Compared by",
            [vector.name for vector in collection.vectors],
            index=None,
            key=_KEY.format("vector"),
            placeholder=f"{collection.vectors[0].name} (the default)",
            on_change=_take,
        )
    if collection.fields:
        st.selectbox(
            "Group",
            sorted(collection.fields),
            index=None,
            key=_KEY.format("group"),
            placeholder="no grouping",
            help="Images that share a value, for example of one slide, never vouch for each other: what is learnt "
            "about sureness then holds for new slides too.",
            on_change=_take,
        )
    if collection.taxonomy is not None:
        _by_taxonomy(service, collection.taxonomy)
    else:
        st.caption(
            "With a taxonomy, labels can be narrowed by list, age or depth, and names rolled up to a higher rank: "
            "see the page Taxonomy."
        )


def _by_taxonomy(service: Service, taxonomy: str) -> None:
    names = sorted(one.name for one in load_taxonomy(service, taxonomy).taxa)
    st.multiselect(
        "Only these taxa, and what belongs to them", names, key=_KEY.format("only"), placeholder="all", on_change=_take
    )
    with st.container(horizontal=True):
        for end, word in (("low", "Age from"), ("high", "to, Ma")):
            st.number_input(word, value=None, key=_KEY.format(f"age-{end}"), placeholder="any", on_change=_take)
    with st.container(horizontal=True):
        for end, word in (("low", "Depth from"), ("high", "to, m")):
            st.number_input(word, value=None, key=_KEY.format(f"depth-{end}"), placeholder="any", on_change=_take)
    st.number_input(
        "Roll up until",
        *classify_state.ROLL_UP,
        step=0.05,
        value=None,
        key=_KEY.format("roll_up"),
        placeholder="no roll-up",
        help=f"Also the lowest taxon above the first label that is so probable, for example {_DEFAULT_ROLL_UP}.",
        on_change=_take,
    )


def _fitting(collection: CollectionOut, options: BatchOptions) -> BatchOptions:
    """Leave out what another collection had and this one has not."""
    vector = options.vector if any(one.name == options.vector for one in collection.vectors) else None
    group = options.group if options.group in collection.fields else None
    fitting = replace(options, vector=vector, group=group)
    if collection.taxonomy is None:
        fitting = replace(fitting, roll_up=None, only=(), age=(None, None), depth=(None, None))
    classify_state.set_options(fitting)
    return fitting


def _seed(options: BatchOptions) -> None:
    """Let the fields show what is in force: fields that were not drawn for a while have forgotten it."""
    values = {
        "precision": options.precision,
        "vector": options.vector,
        "group": options.group,
        "only": list(options.only),
        "age-low": options.age[0],
        "age-high": options.age[1],
        "depth-low": options.depth[0],
        "depth-high": options.depth[1],
        "roll_up": options.roll_up,
    }
    for name, value in values.items():
        st.session_state[_KEY.format(name)] = value


def _take() -> None:
    told = st.session_state
    classify_state.set_options(
        BatchOptions(
            vector=told.get(_KEY.format("vector")),
            precision=told[_KEY.format("precision")],
            group=told.get(_KEY.format("group")),
            roll_up=told.get(_KEY.format("roll_up")),
            only=tuple(told.get(_KEY.format("only"), ())),
            age=(told.get(_KEY.format("age-low")), told.get(_KEY.format("age-high"))),
            depth=(told.get(_KEY.format("depth-low")), told.get(_KEY.format("depth-high"))),
        )
    )
