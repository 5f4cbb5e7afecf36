"""Labels of a collection held against its taxonomy: what is certain is merged at once, guesses one by one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_taxonomy import LabelMatchOut, MergedLabelsOut, MergeLabelsBody
from facies.ui import markup, state
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts


def show(service: Service, collection: CollectionOut, taxonomy: str) -> None:
    """Draw what does not fit, and ways to put it right."""
    _done(service, collection)
    labels = service.client.taxonomy.check_labels(collection.name).labels
    accepted = [one for one in labels if one.kind == "name"]
    certain = [one for one in labels if one.name is not None and one.kind != "name"]
    unknown = [one for one in labels if one.name is None]
    st.markdown(
        f"**{len(accepted):,}** of {len(labels):,} labels are accepted names of {markup.plain(taxonomy)}."
        + ("" if certain or unknown else " Nothing is to be put right.")
    )
    if certain:
        _certain(service, collection, certain)
    if unknown:
        _unknown(service, collection, unknown)


def _certain(service: Service, collection: CollectionOut, found: Sequence[LabelMatchOut]) -> None:
    st.subheader("Synonyms, codes and other spellings", anchor=False)
    st.dataframe([{"label": one.label, "becomes": one.name, "images": one.images} for one in found], hide_index=True)
    st.button(
        f"Merge {'it' if len(found) == 1 else f'all {len(found)}'}",
        key="merge-settled",
        type="primary",
        icon=":material/merge:",
        on_click=_merge,
        args=(service, collection.name, MergeLabelsBody(settled=True)),
    )


def _unknown(service: Service, collection: CollectionOut, found: Sequence[LabelMatchOut]) -> None:
    st.subheader("Unknown to the taxonomy", anchor=False)
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center", key=f"unknown-{one.label}"):
            images = "1 image" if one.images == 1 else f"{one.images:,} images"
            st.markdown(f"**{markup.plain(one.label)}** :gray[\u00b7 {images}]", width=320)
            for near in one.suggestions:
                letters = "1 letter" if near.distance == 1 else f"{near.distance} letters"
                st.button(
                    f"is {markup.plain(near.name)}",
                    key=f"merge-{one.label}-{near.name}",
                    help=f"{letters} off {markup.plain(repr(near.spelling))}",
                    on_click=_merge,
                    args=(service, collection.name, MergeLabelsBody(pairs={one.label: near.name})),
                )
            if not one.suggestions:
                st.caption("Nothing is spelt like it.", width="content")


def _merge(service: Service, collection: str, body: MergeLabelsBody) -> None:
    st.session_state["merged"] = state.attempt(lambda: service.client.taxonomy.merge_labels(collection, body))
    forget_counts()


def _undo(service: Service, collection: str, batch: int) -> None:
    undone = state.attempt(lambda: service.client.labels.undo(collection, batch))
    st.session_state["merged"] = undone if isinstance(undone, FaciesError) else None
    forget_counts()


def _done(service: Service, collection: CollectionOut) -> None:
    told = st.session_state.get("merged")
    if isinstance(told, FaciesError):
        show_problem(told)
    elif isinstance(told, MergedLabelsOut) and told.collection == collection.name and told.batch is not None:
        with st.container(key="merge-done", border=True, horizontal=True, vertical_alignment="center"):
            labels = "1 label was" if len(told.merged) == 1 else f"{len(told.merged):,} labels were"
            st.markdown(f":material/check_circle: {labels} merged, of **{told.images:,}** images.")
            st.button(
                "Undo",
                key="merge-undo",
                icon=":material/undo:",
                on_click=_undo,
                args=(service, collection.name, told.batch),
            )
