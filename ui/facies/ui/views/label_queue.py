"""Queues: images that are worth a look, one gallery at a time, named by keys; what got a name leaves the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias, cast

import streamlit as st

from facies.core.errors import FaciesError, StaleLabelError
from facies.core.wire import CollectionOut
from facies.core.wire_labels import LabelBatchOut, LabelCountsOut
from facies.core.wire_review import QueueItemOut
from facies.ui import label_state, markup, naming, queue_state
from facies.ui.components.component import Action
from facies.ui.components.grid import show_grid
from facies.ui.label_state import SIZES, Reason, Work
from facies.ui.problems import show_problem
from facies.ui.queue_state import Loaded
from facies.ui.review_queue import NEEDS_TEACHING, REASONS, accept, ids_of, list_sure, tiles_of
from facies.ui.service import Service, signature
from facies.ui.views import label_auto, label_scope, label_start

Items: TypeAlias = Sequence[Mapping[str, Any]]

KEYS: Final = """Choose tiles with the arrows (with Shift a range, **Space** one more, **a** all, **i** the others),
then name them: **Enter** accepts the suggestion, **1** to **9** give a frequent label, **l** goes to the field for any
other, **x** says that it is not this, **q** that it is doubtful, **u** undoes the last labels, **d** opens the details
with the reference plate. **n** goes on to the next images, **g** goes back to the tiles."""


def show(service: Service, collection: CollectionOut, counts: LabelCountsOut) -> None:
    """Draw the queue."""
    work = label_state.current()
    _orders(service, collection, work)
    if work.by in NEEDS_TEACHING and not label_start.show_unless_taught(counts):
        return
    queue = queue_state.loaded(collection.name, work)
    standing = naming.standing(collection)
    if queue is None or queue.is_stale:
        try:
            with st.spinner("Looking for images that are worth a look"):
                told = service.client.review.queue(
                    collection.name, queue_state.body_of(work, () if queue is None else queue.gone(standing))
                )
        except FaciesError as error:
            show_problem(error)
            return
        queue = queue_state.keep(collection.name, work, told)
    waiting = queue.waiting(standing)
    _head(service, collection, queue, waiting, standing)
    if not waiting:
        _through(queue, standing)
        return
    tiles = [tile for item in waiting for tile in tiles_of(item, work.by)]
    show_grid(
        tiles,
        service.link,
        key=f"queue-{work.by}",
        label=f"{len(tiles)} images that wait: {REASONS[work.by][0]}",
        collection=collection.name,
        naming=naming.choices(collection),
        focus=True,
        on_action=partial(_act, service, collection, queue),
    )


def _orders(service: Service, collection: CollectionOut, work: Work) -> None:
    with st.container(key="queue-orders", horizontal=True, vertical_alignment="bottom"):
        label_state.mirror("queue-by", work.by)
        label_state.mirror("queue-size", work.size)
        st.selectbox(
            "Queue",
            list(REASONS),
            key="queue-by",
            format_func=lambda by: REASONS[by][0],
            help="\n".join(f"- **{name}**: {words}" for name, words in REASONS.values()),
            on_change=lambda: label_state.change(by=cast(Reason, st.session_state["queue-by"])),
            width=220,
        )
        st.selectbox(
            "Images at a time",
            SIZES,
            key="queue-size",
            format_func=lambda size: f"{size:,}",
            on_change=lambda: label_state.change(size=st.session_state["queue-size"]),
            width=150,
        )
        label_scope.show(service, collection)
        label_state.mirror("queue-fold", work.fold)
        st.checkbox(
            "near copies as one",
            key="queue-fold",
            help="Images that are all but the same wait as one, and get the label that it gets.",
            on_change=lambda: label_state.change(fold=st.session_state["queue-fold"]),
        )


def _head(
    service: Service, collection: CollectionOut, queue: Loaded, waiting: Sequence[QueueItemOut], standing: Sequence[int]
) -> None:
    reviewed = queue.reviewed(standing)
    left = sum(len(ids_of(item)) for item in waiting)
    with st.container(key="queue-head", horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{reviewed:,}** of {reviewed + left:,} reviewed in this session "
            f":gray[\u00b7 {REASONS[queue.work.by][1]} {queue.told.looked_at:,} were looked at.]",
            help=KEYS,
            width="stretch",
        )
        if any(item.suggestions for item in waiting):
            _accept_sure(service, collection, queue, waiting)
        if waiting:
            words = "Passes over what is left here, and looks for more."
            _go_on(queue, standing, "Next images", key="queue-next", help=words)
        st.button(
            "Look again",
            key="queue-again",
            icon=":material/refresh:",
            type="tertiary",
            help="Begins with the first images again; those that you passed over come back.",
            on_click=queue_state.drop,
        )
    for note in queue.told.notes:
        st.caption(f":material/info: {markup.plain(note[:1].upper() + note[1:])}.")


def _go_on(queue: Loaded, standing: Sequence[int], words: str, **options: Any) -> None:
    st.button(
        words,
        icon=":material/skip_next:",
        shortcut="n",
        on_click=queue_state.go_past,
        args=(queue, standing),
        **options,
    )


def _accept_sure(service: Service, collection: CollectionOut, queue: Loaded, waiting: Sequence[QueueItemOut]) -> None:
    with st.popover("Accept the sure ones", icon=":material/done_all:", key="queue-accept"):
        least = st.slider("Probability of at least", 0.0, 1.0, 0.9, 0.01, key="queue-least", format="%.2f")
        sure = list_sure(waiting, least)
        labels = accept(sure)
        words = "1 image" if len(labels) == 1 else f"{len(labels):,} images"
        st.caption(
            f"{words} of {len(waiting):,} here. Their suggestions become validated labels, in one batch."
            if sure
            else f"No image here has a suggestion that is so sure; the surest has {_surest(waiting):.2f}."
        )
        st.button(
            f"Accept {words}",
            key="queue-accept-now",
            type="primary",
            disabled=not sure,
            on_click=_accept,
            args=(service, collection, queue, labels),
        )


def _surest(waiting: Sequence[QueueItemOut]) -> float:
    return max((item.suggestions[0].probability for item in waiting if item.suggestions), default=0.0)


def _through(queue: Loaded, standing: Sequence[int]) -> None:
    with st.container(key="nothing", border=True):
        if queue.told.items:
            st.markdown(f"**These are done.** {queue.reviewed(standing):,} images got a label from you in this queue.")
            with st.container(horizontal=True):
                _go_on(queue, standing, "More of this queue", key="queue-more", type="primary")
            return
        passed = f" You passed over {len(queue.passed):,} images: *Look again* shows them." if queue.passed else ""
        st.markdown(f"**Nothing more is in this queue.**{passed}")
        st.caption("Choose another queue above; or have what is sure labelled, in *Automatic*.")


def _act(service: Service, collection: CollectionOut, queue: Loaded, action: Action) -> None:
    if action["type"] == "label":
        _keep(queue, action["items"], naming.give(service, collection, action["items"]))
    else:
        label_auto.act(service, collection, action)


def _accept(service: Service, collection: CollectionOut, queue: Loaded, items: Items) -> None:
    once = (signature(collection), tuple(item["id"] for item in items))
    _keep(queue, items, naming.give(service, collection, items, once=once))


def _keep(queue: Loaded, items: Items, done: naming.Done) -> None:
    """Keep which images of the queue labels were for."""
    if isinstance(done, LabelBatchOut):
        queue.done[done.number] = {item["id"] for item in items}
    elif isinstance(done, StaleLabelError):
        queue_state.load_more(queue)  # somebody was faster: shows what the images are called by now
