"""What was done in the browser and is to be done here: in order, each deed once, none lost.

A component sends all its deeds that it does not know to be done, every time: of what comes faster than the page is
drawn, Streamlit keeps only the last. And once something else was pressed, Streamlit ends a callback, and a page,
wherever they look into the session, while the next ones begin already, in a thread of their own. So a deed waits here
until it was done, one at a time; what an interruption has left is done before the next page is drawn
(`facies.ui.app.guarded`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Final, cast

import streamlit as st

from facies.ui.components.component import Action

_KEY: Final = "inbox"


@dataclass(slots=True)
class Inbox:
    """The deeds of a session.

    Attributes:
        taken: of each component, the number of the last deed that came.
        done: of each component, the number of the last one that was done.
        waiting: those between, of all components in the order in which they came, each with what does it.
        lock: held by the thread that is at it.
    """

    taken: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[str, int, Callable[[], object]]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def take(self, key: str, deeds: Iterable[Action], do: Callable[[Action], object]) -> None:
        """Take in what a component sent.

        Args:
            key: of the component.
            deeds: each with a ``number``, which grows; some may have come before.
            do: does one of them. What ends it half way, does so before anything was done.
        """
        with self.lock:
            for deed in deeds:
                if deed["number"] > self.taken.get(key, 0):
                    self.taken[key] = deed["number"]
                    self.waiting.append((key, deed["number"], partial(do, deed)))

    def work(self) -> None:
        """Do all that waits. What fails counts as done; what is interrupted waits on."""
        with self.lock:
            while self.waiting:
                key, number, do = self.waiting[0]
                try:
                    do()
                except Exception:  # whatever went wrong would go wrong again; Streamlit's interruption is none
                    self._strike(key, number)
                    raise
                self._strike(key, number)

    def _strike(self, key: str, number: int) -> None:
        self.done[key] = number
        del self.waiting[0]


def current() -> Inbox:
    """The deeds of this session."""
    return cast(Inbox, st.session_state.setdefault(_KEY, Inbox()))
