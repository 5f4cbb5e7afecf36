"""Labels that a person gives in a gallery: sent as one batch, told of, and taken back; on every page in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st

from facies.core.errors import FaciesError, LabelBatchNotFoundError, LabelBatchUndoneError
from facies.core.wire import CollectionOut
from facies.core.wire_labels import LabelBatchOut, LabelBody, LabelIn
from facies.ui import markup, state
from facies.ui.components.grid import KEYS, Naming
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts

_GIVEN, _KEYS, _OUTCOME = "naming-given", "naming-keys", "naming-outcome"


def choices(collection: CollectionOut, first: Sequence[str] = ()) -> Naming:
    """What images of a collection can be labelled with: its labels, the most frequent ones on keys.

    A key keeps its label for as long as the session lasts, whatever becomes more frequent: fingers learn where it is.

    Args:
        collection: the collection.
        first: labels that come before those, such as the one that a queue is about.
    """
    frequent = sorted(collection.labels, key=lambda label: (-collection.labels[label], label))
    learnt = st.session_state.setdefault(_KEYS, {}).setdefault(collection.name, [])
    learnt += [label for label in frequent if label not in learnt][: max(0, KEYS - len(learnt))]
    return Naming(sorted({*collection.labels, *first}), list(dict.fromkeys([*first, *learnt]))[:KEYS])


def act(service: Service, collection: CollectionOut, action: Mapping[str, Any]) -> None:
    """Do what was asked in a gallery, where it is about labels: ``label`` or ``undo``."""
    if action["type"] == "label":
        give(service, collection, action["items"])
    elif action["type"] == "undo":
        undo(service, collection)


def give(service: Service, collection: CollectionOut, items: Sequence[Mapping[str, Any]]) -> None:
    """Give labels as one batch, which this session can take back.

    Args:
        service: that holds the collection.
        collection: that the images belong to.
        items: fields of `LabelIn`.
    """
    body = LabelBody(labels=[LabelIn(**item) for item in items])
    done = state.attempt(lambda: service.client.labels.give(collection.name, body))
    if isinstance(done, LabelBatchOut):
        _given(collection).append(done.number)
    keep_outcome(collection, _words(items, done), done)


def undo(service: Service, collection: CollectionOut) -> None:
    """Take back the last batch that this session gave and has not taken back yet."""
    given = _given(collection)
    if not given:
        keep_outcome(collection, "Nothing to undo: this session has given no labels here that still stand.", None)
        return
    undone = state.attempt(lambda: service.client.labels.undo(collection.name, given[-1]))
    if isinstance(undone, FaciesError):
        if isinstance(undone, LabelBatchUndoneError | LabelBatchNotFoundError):
            given.pop()  # somebody else was quicker; the next undo is for the batch before
        keep_outcome(collection, "", undone)
        return
    keep_outcome(collection, f"Batch {given.pop()} is undone: its images are as they were.", None)


def remember_batch(collection: CollectionOut, batch: LabelBatchOut) -> None:
    """Let the next undo take this batch back: another way of labelling has given it."""
    _given(collection).append(batch.number)


def forget_batch(collection: CollectionOut, number: int) -> None:
    """Leave a batch out of what the next undo may take back: it was taken back elsewhere."""
    given = _given(collection)
    if number in given:
        given.remove(number)


def standing(collection: CollectionOut) -> tuple[int, ...]:
    """Numbers of the batches that this session gave and has not taken back."""
    return tuple(_given(collection))


def problem(collection: CollectionOut) -> FaciesError | None:
    """What went wrong with the last labelling; None where it went well."""
    name, _, done = st.session_state.get(_OUTCOME, (None, "", None))
    return done if name == collection.name and isinstance(done, FaciesError) else None


def keep_outcome(collection: CollectionOut, words: str, done: LabelBatchOut | FaciesError | None) -> None:
    """Keep what came of labelling, to be shown by `show_outcome`, and read the counts afresh."""
    forget_counts()
    st.session_state[_OUTCOME] = (collection.name, words, done)


def show_outcome(service: Service, collection: CollectionOut) -> None:
    """Draw what came of the last labelling, with a way back; nothing where there was none."""
    name, words, done = st.session_state.get(_OUTCOME, (None, "", None))
    if name != collection.name:
        return
    if isinstance(done, FaciesError):
        show_problem(done)
        return
    given = _given(collection)
    with st.container(key="naming-outcome-bar", horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check_circle: {words}" if done is not None else f":material/info: {words}")
        if done is not None and done.number in given:
            st.button(
                "Undo",
                key="naming-undo",
                icon=":material/undo:",
                type="tertiary",
                on_click=undo,
                args=(service, collection),
            )


def forget_outcome() -> None:
    """Say no more of what was labelled."""
    st.session_state.pop(_OUTCOME, None)


def _given(collection: CollectionOut) -> list[int]:
    every = st.session_state.setdefault(_GIVEN, {})
    return cast(list[int], every.setdefault(collection.name, []))


def _words(items: Sequence[Mapping[str, Any]], done: LabelBatchOut | FaciesError) -> str:
    if isinstance(done, FaciesError):
        return ""
    counts = Counter((item["label"], item["state"]) for item in items)
    told = [
        f"**{markup.plain(label)}**" + ("" if kind == "validated" else f" ({kind})")
        for (label, kind), _ in counts.most_common(3)
    ]
    others = f" and {len(counts) - 3} more" if len(counts) > 3 else ""
    images = "1 image is" if done.images == 1 else f"{done.images:,} images are"
    kept = len(items) - done.images
    left = f" Near copies that stay as somebody has validated them: {kept:,}." if kept else ""
    return f"{images} now {', '.join(told)}{others}.{left}"
