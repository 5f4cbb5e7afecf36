"""Batches: all labels that were ever given together, by whom and by what; each can be taken back, and brought back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire import CollectionOut
from facies.core.wire_labels import LabelBatchOut, LabelCountsOut
from facies.ui import batches, markup, naming, state
from facies.ui.problems import show_problem
from facies.ui.service import Service

PAGE: Final = 25


def show(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    """Draw the list."""
    try:
        page = service.client.labels.batches(collection.name, limit=PAGE * state.pages_shown("batches"))
    except FaciesError as error:
        show_problem(error)
        return
    if not page.batches:
        with st.container(key="nothing", border=True):
            st.markdown("**No label was ever given here.** What you label comes in batches, which are listed here.")
        return
    undone_by = batches.find_undoings(page.batches)
    for one in page.batches:
        if one.undoes is None:
            _batch(service, collection, one, undone_by.get(one.number))
        else:
            _undoing(one, page.batches)
    if page.next_before is not None:
        st.button("Show older batches", key="batches-more", on_click=state.show_more, args=("batches",))


def _batch(service: Service, collection: CollectionOut, one: LabelBatchOut, undoing: LabelBatchOut | None) -> None:
    with st.container(key=f"batch-{one.number}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            gone = "" if one.in_effect else " :gray-badge[undone]"
            st.markdown(
                f"**{one.number}** \u00b7 {batches.SOURCES[one.source]} \u00b7 {_images(one.images)}{gone}",
                width="stretch",
            )
            st.caption(f"{markup.plain(one.actor)} \u00b7 {one.created_at:%d %b %Y %H:%M}", width="content")
            if one.in_effect and st.button("Undo", key=f"undo-{one.number}", icon=":material/undo:"):
                ask_undo(service, collection, one, one)
            if undoing is not None and st.button("Bring back", key=f"redo-{one.number}", icon=":material/redo:"):
                ask_undo(service, collection, one, undoing)
        told = batches.describe(one)
        if told:
            st.caption(markup.plain(told))


def _undoing(one: LabelBatchOut, found: Sequence[LabelBatchOut]) -> None:
    st.caption(
        f":material/undo: **{one.number}** {batches.undoing_words(one, found)} \u00b7 {markup.plain(one.actor)} \u00b7 "
        f"{one.created_at:%d %b %Y %H:%M}"
    )


@st.dialog("Labels of a batch")
def ask_undo(service: Service, collection: CollectionOut, one: LabelBatchOut, taken: LabelBatchOut) -> None:
    """Ask before a batch is undone, or brought back by undoing its undoing.

    Args:
        service: that holds the collection.
        collection: the collection.
        one: the batch that gave labels.
        taken: what is undone: the same, or its undoing.
    """
    back = taken is not one
    what = f"batch {one.number} ({batches.SOURCES[one.source]}, {_images(one.images)})"
    st.markdown(
        f"Bring {what} back? Its labels count again, where nothing was said later."
        if back
        else f"Undo {what}? Its images are then called what they were called without it; what was said later stays."
    )
    if st.button("Bring it back" if back else "Undo it", key="batch-now", type="primary"):
        done = state.attempt(lambda: service.client.labels.undo(collection.name, taken.number))
        if isinstance(done, FaciesError):
            show_problem(done)
            return
        naming.forget_batch(collection, one.number)
        words = f"Batch {one.number} is {'in effect again' if back else 'undone'}."
        naming.keep_outcome(collection, words)
        st.rerun()


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
