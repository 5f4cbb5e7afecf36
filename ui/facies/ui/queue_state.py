"""How far this session has come with a queue: what was loaded, what was labelled since, and what was passed over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import streamlit as st

from facies.core.wire_review import MOST_LEFT_OUT, QueueBody, QueueItemOut, QueueOut
from facies.ui.label_state import Work
from facies.ui.review_queue import ids_of, list_waiting

_KEY: Final = "label-queue"


@dataclass(slots=True)
class Loaded:
    """A queue as the service gave it.

    Attributes:
        collection: whose images wait.
        work: what was asked for.
        told: the service's answer.
        done: of each batch of labels that this session gave here, the images.
        passed: images that a person went past without a label.
        is_stale: whether it is to be loaded anew.
    """

    collection: str
    work: Work
    told: QueueOut
    done: dict[int, set[str]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    is_stale: bool = False

    def waiting(self, standing: Iterable[int]) -> list[QueueItemOut]:
        """Items that wait still.

        Args:
            standing: numbers of this session's batches that were not undone.
        """
        return list_waiting(self.told.items, [self.done[one] for one in standing if one in self.done], self.passed)

    def gone(self, standing: Iterable[int]) -> set[str]:
        """Images that were labelled or passed over here."""
        return self.passed.union(*(self.done[one] for one in standing if one in self.done))

    def reviewed(self, standing: Iterable[int]) -> int:
        """Images labelled in this queue, over all that was loaded of it."""
        return len(set[str]().union(*(self.done[one] for one in standing if one in self.done)))


def loaded(collection: str, work: Work) -> Loaded | None:
    """The queue that is worked at; None where another one was loaded."""
    found = cast("Loaded | None", st.session_state.get(_KEY))
    return found if found is not None and (found.collection, found.work) == (collection, work) else None


def keep(collection: str, work: Work, told: QueueOut) -> Loaded:
    """Work at a queue that was just loaded; what was done and passed over before counts on."""
    before = loaded(collection, work)
    made = Loaded(collection, work, told)
    if before is not None:
        made.done, made.passed = before.done, before.passed
        made.told = told.model_copy(update={"items": list_waiting(told.items, [], before.passed)})
    st.session_state[_KEY] = made
    return made


def drop() -> None:
    """Have the queue loaded anew, from its beginning."""
    st.session_state.pop(_KEY, None)


def go_past(queue: Loaded, standing: Sequence[int]) -> None:
    """Pass over what waits still, and have more loaded."""
    for item in queue.waiting(standing):
        queue.passed |= ids_of(item)
    load_more(queue)


def load_more(queue: Loaded) -> None:
    """Have the queue loaded anew, without what was passed over."""
    queue.is_stale = True


def body_of(work: Work, gone: Iterable[str] = ()) -> QueueBody:
    """The question for a queue, without what was labelled or passed over."""
    return QueueBody(
        by=work.by,
        limit=work.size,
        without=sorted(gone)[:MOST_LEFT_OUT],
        vector=work.scope.vector,
        group=work.scope.group,
        where=work.scope.where,
        fold=work.fold,
    )
