"""Which images are worked on, and by what they are compared: in one place for all sections of the label page."""

from __future__ import annotations

import streamlit as st

from facies.core.wire import CollectionOut
from facies.ui import label_state, state
from facies.ui.label_state import Scope
from facies.ui.service import Service, signature
from facies.ui.where import Bounds, FilterChoice


def show(service: Service, collection: CollectionOut, *, groups: bool = True) -> None:
    """Draw the button that opens it.

    Args:
        service: that holds the collection.
        collection: the collection.
        groups: whether images of one group play a part.
    """
    scope = label_state.current().scope
    count = scope.only.count + (scope.vector is not None) + (groups and scope.group is not None)
    words = "Which images" + (f" \u00b7 {count} set" if count else "")
    with st.popover(words, icon=":material/tune:", key="label-scope"):
        whole = state.remembered(("facets", signature(collection)), lambda: service.client.collection(collection.name))
        st.caption("Only images that pass all of these are worked on; what is learnt from stays whole.")
        _labels(collection, scope)
        for name, kind in sorted(collection.fields.items()):
            if kind == "keyword":
                _words(name, whole.facets.get(name, {}), scope)
            else:
                _bounds(name, scope, whole=kind == "integer")
        _vector(collection, scope)
        if groups:
            _group(collection, scope)
        if count:
            st.button(
                "Clear all", key="scope-clear", type="tertiary", on_click=label_state.change, kwargs={"scope": Scope()}
            )


def _labels(collection: CollectionOut, scope: Scope) -> None:
    names = list(dict.fromkeys([*sorted(collection.labels), *_words_of(scope, "label")]))
    label_state.mirror("scope-labels", list(_words_of(scope, "label")))
    st.multiselect(
        "Labels they have now",
        names,
        key="scope-labels",
        format_func=lambda name: f"{name} ({collection.labels.get(name, 0):,})",
        placeholder="Any, or none",
        on_change=lambda: _narrow_words("label", tuple(st.session_state["scope-labels"])),
    )


def _words(name: str, values: dict[str, int], scope: Scope) -> None:
    chosen = _words_of(scope, name)
    key = f"scope-{name}"
    label_state.mirror(key, list(chosen))
    st.multiselect(
        name,
        list(dict.fromkeys([*values, *chosen])),
        key=key,
        format_func=lambda value: f"{value} ({values[value]:,})" if value in values else value,
        placeholder="Any",
        accept_new_options=True,
        on_change=lambda: _narrow_words(name, tuple(st.session_state[key])),
    )


def _bounds(name: str, scope: Scope, *, whole: bool) -> None:
    ends = scope.only.bounds.get(name, (None, None))
    keys = (f"scope-{name}-low", f"scope-{name}-high")

    def narrow() -> None:
        low, high = (st.session_state[key] for key in keys)
        _narrow_bounds(name, (low, high) if not whole else (_whole(low), _whole(high)))

    with st.container(horizontal=True):
        for key, word, end in zip(keys, ("from", "to"), ends, strict=True):
            label_state.mirror(key, None if end is None else float(end))
            st.number_input(f"{name} {word}", step=1.0 if whole else None, key=key, placeholder="any", on_change=narrow)


def _vector(collection: CollectionOut, scope: Scope) -> None:
    if len(collection.vectors) < 2 and scope.vector is None:
        return
    names = list(dict.fromkeys([*(one.name for one in collection.vectors), *([scope.vector] if scope.vector else [])]))
    label_state.mirror("scope-vector", scope.vector)
    st.selectbox(
        "Compared by the vector",
        names,
        index=None,
        key="scope-vector",
        placeholder=f"{names[0]}, the default",
        on_change=lambda: label_state.scope_to(vector=st.session_state["scope-vector"]),
    )


def _group(collection: CollectionOut, scope: Scope) -> None:
    names = list(dict.fromkeys([*sorted(collection.fields), *([scope.group] if scope.group else [])]))
    if not names:
        return
    label_state.mirror("scope-group", scope.group)
    st.selectbox(
        "Images of one ... do not vouch for each other",
        names,
        index=None,
        key="scope-group",
        placeholder="None; for example slide or well",
        help="Images of one slide look alike for other reasons than their taxon, which makes any way of naming look "
        "better than it is.",
        on_change=lambda: label_state.scope_to(group=st.session_state["scope-group"]),
    )


def _only() -> FilterChoice:
    return label_state.current().scope.only


def _words_of(scope: Scope, name: str) -> tuple[str, ...]:
    return scope.only.words.get(name, ())


def _narrow_words(name: str, values: tuple[str, ...]) -> None:
    only = _only().without(name)
    label_state.scope_to(only=FilterChoice({**only.words, **({name: values} if values else {})}, only.bounds))


def _narrow_bounds(name: str, ends: Bounds) -> None:
    only = _only().without(name)
    label_state.scope_to(
        only=FilterChoice(only.words, {**only.bounds, **({name: ends} if ends != (None, None) else {})})
    )


def _whole(end: float | None) -> int | None:
    return None if end is None else int(end)
