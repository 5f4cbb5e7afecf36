"""Labels that a person gives in a gallery: sent as one batch, told of, and taken back; on every page in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, TypeAlias, TypeVar, cast

import streamlit as st

from facies.core.errors import FaciesError, LabelBatchNotFoundError, LabelBatchUndoneError, QueryError
from facies.core.wire import CollectionOut
from facies.core.wire_labels import MOST_LABELS, LabelBatchOut, LabelBody, LabelIn
from facies.ui import markup, state
from facies.ui.components.grid import KEYS, Naming
from facies.ui.problems import show_problem
from facies.ui.service import Service, forget_counts

T = TypeVar("T")
Done: TypeAlias = LabelBatchOut | FaciesError | None

_KEY: Final = "naming"
_NOTHING: Final[tuple[str, str, Done]] = ("", "", None)


@dataclass(slots=True)
class Kept:
    """What a session keeps of the labels that it gives.

    Once something else was pressed, Streamlit ends a callback wherever it looks into the session, while the next one
    begins already. So this is looked up before the service is asked, and only written to afterwards, by one at a time:
    no batch is given that `undo` does not know of, and none twice.

    Attributes:
        given: of each collection, the batches that stand, by number.
        keys: of each collection, the labels on keys.
        obeyed: orders that must not be carried out twice.
        lock: held by whoever gives labels or takes them back.
        outcome: the collection that was labelled last, what came of it in words, and the batch or what went wrong.
    """

    given: dict[str, list[int]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    obeyed: set[Hashable] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)
    outcome: tuple[str, str, Done] = _NOTHING

    def of(self, collection: CollectionOut) -> list[int]:
        """Numbers of the batches of a collection."""
        return self.given.setdefault(collection.name, [])

    def tell(self, collection: CollectionOut, words: str, done: Done) -> None:
        """Keep what came of labelling, and read the counts afresh."""
        forget_counts()
        self.outcome = (collection.name, words, done)


def kept() -> Kept:
    """What this session keeps."""
    return cast(Kept, st.session_state.setdefault(_KEY, Kept()))


def choices(collection: CollectionOut, first: Sequence[str] = ()) -> Naming:
    """What images of a collection can be labelled with: its labels, the most frequent ones on keys.

    A key keeps its label for as long as the session lasts, whatever becomes more frequent: fingers learn where it is.

    Args:
        collection: the collection.
        first: labels that come before those, such as the one that a queue is about.
    """
    frequent = sorted(collection.labels, key=lambda label: (-collection.labels[label], label))
    learnt = kept().keys.setdefault(collection.name, [])
    learnt += [label for label in frequent if label not in learnt][: max(0, KEYS - len(learnt))]
    return Naming(sorted({*collection.labels, *first}), list(dict.fromkeys([*first, *learnt]))[:KEYS])


def act(service: Service, collection: CollectionOut, action: Mapping[str, Any]) -> None:
    """Do what was asked in a gallery, where it is about labels: ``label`` or ``undo``."""
    if action["type"] == "label":
        give(service, collection, action["items"])
    elif action["type"] == "undo":
        undo(service, collection)


def give(
    service: Service, collection: CollectionOut, items: Sequence[Mapping[str, Any]], *, once: Hashable = None
) -> Done:
    """Give labels as one batch, which this session can take back.

    Args:
        service: that holds the collection.
        collection: that the images belong to.
        items: fields of `LabelIn`.
        once: see `carry_out`.
    """

    def ask() -> LabelBatchOut:
        if len(items) > MOST_LABELS:
            raise QueryError(f"{len(items):,} images at once, expected at most {MOST_LABELS:,}; choose fewer of them")
        body = LabelBody(labels=[LabelIn(**item) for item in items])
        return service.client.labels.give(collection.name, body)

    return carry_out(collection, ask, lambda done: (_words(items, done), done), once=once)


def carry_out(
    collection: CollectionOut,
    ask: Callable[[], T],
    tell: Callable[[T], tuple[str, LabelBatchOut | None]],
    *,
    once: Hashable = None,
) -> T | FaciesError | None:
    """Have labels given in whatever way; what came of it is kept for `show_outcome`, and the batch for `undo`.

    Args:
        collection: that is labelled.
        ask: has the service do it.
        tell: the outcome in words, and the batch, where there is one.
        once: what it is ordered by, such as the preview that was shown; a second order by the same one, the second
            click of a double one, is passed over, unless the first went wrong.
    """
    memory = kept()
    with memory.lock:
        if once is not None and once in memory.obeyed:
            return None
        done = state.attempt(ask)
        if isinstance(done, FaciesError):
            memory.tell(collection, "", done)
            return done
        if once is not None:
            memory.obeyed.add(once)
        words, batch = tell(done)
        if batch is not None:
            memory.of(collection).append(batch.number)
        memory.tell(collection, words, batch)
        return done


def undo(service: Service, collection: CollectionOut, number: int | None = None) -> None:
    """Take back a batch that this session gave and has not taken back yet: the last one, where none is named."""
    memory = kept()
    given = memory.of(collection)
    with memory.lock:
        taken = number if number is not None else given[-1] if given else None
        if taken is None:
            words = "Nothing to undo: this session has given no labels here that still stand."
            memory.tell(collection, words, None)
        elif taken in given:  # else it is the second click of a double one
            _take_back(service, collection, memory, taken)


def _take_back(service: Service, collection: CollectionOut, memory: Kept, number: int) -> None:
    undone = state.attempt(lambda: service.client.labels.undo(collection.name, number))
    if isinstance(undone, FaciesError):
        if isinstance(undone, LabelBatchUndoneError | LabelBatchNotFoundError):
            memory.of(collection).remove(number)  # somebody else was quicker; the next undo is for the batch before
        memory.tell(collection, "", undone)
        return
    memory.of(collection).remove(number)
    memory.tell(collection, f"Batch {number} is undone: its images are as they were.", None)


def forget_batch(collection: CollectionOut, number: int) -> None:
    """Leave a batch out of what the next undo may take back: it was taken back elsewhere."""
    given = kept().of(collection)
    if number in given:
        given.remove(number)


def standing(collection: CollectionOut) -> tuple[int, ...]:
    """Numbers of the batches that this session gave and has not taken back."""
    return tuple(kept().of(collection))


def keep_outcome(collection: CollectionOut, words: str) -> None:
    """Keep what came of something else about labels, to be shown by `show_outcome`, and read the counts afresh."""
    kept().tell(collection, words, None)


def show_outcome(service: Service, collection: CollectionOut) -> None:
    """Draw what came of the last labelling, with a way back; nothing where there was none."""
    memory = kept()
    name, words, done = memory.outcome
    if name != collection.name:
        return
    if isinstance(done, FaciesError):
        show_problem(done)
        return
    with st.container(key="naming-outcome-bar", horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check_circle: {words}" if done is not None else f":material/info: {words}")
        if done is not None and done.number in memory.of(collection):
            st.button(
                "Undo",
                key="naming-undo",
                icon=":material/undo:",
                type="tertiary",
                on_click=undo,
                args=(service, collection, done.number),
            )


def forget_outcome() -> None:
    """Say no more of what was labelled."""
    kept().outcome = _NOTHING


def _words(items: Sequence[Mapping[str, Any]], done: LabelBatchOut) -> str:
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
