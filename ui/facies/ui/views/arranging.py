"""How the answer is put together: model, order, groups, near copies. A popover beside the filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import state
from facies.ui.arrangement import LARGEST_K, Arrangement

_ORDERS = {"measured": None, "always": True, "never": False}
_ORDER_WORDS = {"measured": "where it helps", "always": "always", "never": "never"}
_BESIDE, _FUSED = "beside", "fused"


def show(collection: CollectionOut, *, examples: int) -> Arrangement:
    """Draw the popover and the number of neighbours; return what was chosen.

    Args:
        collection: that is searched.
        examples: of the query; how several are joined plays a part where there are several.
    """
    told = state.current_arrangement()
    with st.popover("Arrange", icon=":material/sort:", key="arrange"):
        chosen = _models(collection, told) if len(collection.vectors) > 1 else {}
        chosen["fold"] = st.toggle(
            "Fold near copies",
            key=_seeded("fold", told.fold),
            help="Images that are all but the same lie under the first of them, and are labelled with it.",
        )
        chosen |= _groups(collection, told)
        chosen["rerank"] = _reranking(told)
        chosen["diversity"] = st.slider(
            "Diversity",
            0.0,
            1.0,
            step=0.1,
            key=_seeded("diversity", told.diversity),
            help="How much to prefer what differs from what stands before it. 0: by similarity alone.",
        )
        if examples > 1:
            chosen["strategy"] = _strategy(told)
    chosen["k"] = int(
        st.number_input(
            "Neighbours", 1, LARGEST_K, key=_seeded("k", told.k), width=130, help="How many to show at a time."
        )
    )
    arrangement = replace(told, **chosen)
    state.set_arrangement(arrangement)
    return arrangement


def _seeded(name: str, value: object) -> str:
    """The key of a widget, which begins with what the address or an earlier visit says."""
    key = f"arrange-{name}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def _models(collection: CollectionOut, told: Arrangement) -> dict[str, Any]:
    names = [vector.name for vector in collection.vectors]
    chosen = st.multiselect(
        "Models",
        list(dict.fromkeys([*names, *told.vectors])),
        key=_seeded("model", list(told.vectors)),
        placeholder=f"{names[0]} (the default)",
        help="Named vectors to search in. Of several the lists are fused, or shown side by side.",
    )
    vectors = tuple(chosen)
    if len(vectors) < 2:
        return {"vectors": vectors, "beside": False}
    way = st.segmented_control(
        "Several models",
        [_FUSED, _BESIDE],
        key=_seeded("beside", _BESIDE if told.beside else _FUSED),
        format_func={_FUSED: "one fused list", _BESIDE: "side by side"}.__getitem__,
        required=True,
    )
    return {"vectors": vectors, "beside": way == _BESIDE}


def _groups(collection: CollectionOut, told: Arrangement) -> dict[str, Any]:
    fields = ["label", *sorted(collection.fields)]
    if told.group is not None and told.group not in fields:
        fields.append(told.group)  # the service says what is wrong with it
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.selectbox(
            "Not too many of one",
            fields,
            index=None,
            key=_seeded("group", told.group),
            placeholder="no limit",
            help="A slide, specimen or well cannot fill the page: only so many images of each come.",
        )
        per = st.number_input("of each", 1, 100, key=_seeded("per", told.per_group), width=110, disabled=group is None)
    return {"group": group, "per_group": int(per)}


def _reranking(told: Arrangement) -> bool | None:
    now = next(name for name, value in _ORDERS.items() if value is told.rerank)
    chosen = st.segmented_control(
        "Re-rank",
        list(_ORDERS),
        key=_seeded("rerank", now),
        format_func=_ORDER_WORDS.__getitem__,
        required=True,
        help="Order the 400 most similar images by how they hang together on the graph of their neighbours. It finds "
        "more of a class; where it helps was measured for each kind of vector.",
    )
    return _ORDERS[str(chosen)]


def _strategy(told: Arrangement) -> str:
    ways = {"average": "their mean", "best_score": "any of them"}
    chosen = st.segmented_control(
        "Near to",
        list(ways),
        key=_seeded("strategy", told.strategy),
        format_func=ways.__getitem__,
        required=True,
        help="Of several examples: near to their mean, or to any one of them.",
    )
    return str(chosen)
