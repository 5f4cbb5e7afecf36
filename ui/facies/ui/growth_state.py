"""The growing of a label that this session is at: the service keeps nothing of it, so all of it is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal, cast

import streamlit as st

from facies.core.errors import FaciesError
from facies.core.wire_growth import (
    GrowAcceptBody,
    GrowAuditBody,
    GrowAuditedBody,
    GrowBody,
    GrowOut,
    GrowPageBody,
    GrowStateBody,
)
from facies.ui.label_state import Work
from facies.ui.state import attempt

_KEY: Final = "label-growth"
PAGES: Final = (5, 10, 20, 50, 100, 200)
"""Images of a page that can be chosen."""
AUDIT: Final = 20
"""Images of a sample, at least: of fewer the interval says nothing."""


@dataclass(slots=True)
class Growing:
    """A session.

    Attributes:
        collection: whose images are candidates.
        told: the service's last answer: the whole session, and what is to be judged next.
        page: images of a page.
        precision: wanted of what is accepted unseen.
        out: ids on the page that is shown that do not belong.
        audits: how many samples were drawn; each has a seed of its own.
        turn: how many answers came; a button knows for which of them it was drawn.
        order: what is to be asked next, and the turn that it is for; asked while the page is drawn, once all that was
            said of it is heard.
        past: of each thing said of the page, what was out before, and the batch of labels that were given by it.
        problem: what went wrong with the last order.
        is_over: whether the label is given.
        lock: held while something is asked: Streamlit begins the next page before the last one has ended.
    """

    collection: str
    told: GrowOut
    page: int
    precision: float = 0.95
    out: set[str] = field(default_factory=set)
    audits: int = 0
    turn: int = 0
    order: tuple[int, Callable[[], object]] | None = None
    past: list[tuple[set[str], int | None]] = field(default_factory=list)
    problem: FaciesError | None = None
    is_over: bool = False
    lock: Lock = field(default_factory=Lock)

    @property
    def audit(self) -> int:
        """Images of a sample."""
        return max(self.page, AUDIT)

    def take_out(self, ids: Iterable[str], *, out: bool = True) -> None:
        """Say that images of the page do not belong, or that they do."""
        there = {image.id for image in self.told.images}
        self.out = (self.out | set(ids)) & there if out else self.out - set(ids)

    def take_out_from(self, image_id: str) -> None:
        """Say that an image of the page and all behind it do not belong."""
        ids = [image.id for image in self.told.images]
        if image_id in ids:
            self.take_out(ids[ids.index(image_id) :])

    def go_on(self, told: GrowOut) -> None:
        """Take in the next answer."""
        self.told = told
        self.out = set()
        self.past = []
        self.turn += 1

    def ask_for(self, turn: int, order: Callable[[], object]) -> None:
        """Have something asked, where the page that it was said of is still the one; a key may be pressed twice."""
        if turn == self.turn:
            self.order = (turn, order)

    def carry_out(self) -> None:
        """Ask what is to be asked."""
        with self.lock:
            order, self.order = self.order, None
            if order is not None and order[0] == self.turn and not self.is_over:
                done = attempt(order[1])
                self.problem = done if isinstance(done, FaciesError) else None

    def judged(self, verdict: Literal["right", "wrong"]) -> GrowPageBody:
        """What a person says of the page."""
        return GrowPageBody(state=self.told.state, verdict=verdict, wrong=sorted(self.out), page=self.page)

    def sampled(self) -> GrowAuditBody:
        """The question for a sample of what nobody has seen, another one each time."""
        return GrowAuditBody(state=self.told.state, images=self.audit, seed=self.audits)

    def audited(self) -> GrowAuditedBody:
        """What a person says of the sample."""
        return GrowAuditedBody(state=self.told.state, wrong=sorted(self.out), precision=self.precision)

    def shortened(self) -> GrowStateBody:
        """To accept less."""
        return GrowStateBody(state=self.told.state)

    def accepted(self, *, validate_unseen: bool, reject: bool) -> GrowAcceptBody:
        """To give the label."""
        return GrowAcceptBody(state=self.told.state, validate_unseen=validate_unseen, reject=reject)


def started(work: Work, page: int) -> GrowBody:
    """What is to be grown."""
    return GrowBody(
        label=work.label or "", examples=list(work.like), vector=work.scope.vector, where=work.scope.where, page=page
    )


def current(collection: str) -> Growing | None:
    """The session of this collection."""
    found = cast("Growing | None", st.session_state.get(_KEY))
    return found if found is not None and found.collection == collection and not found.is_over else None


def keep(growing: Growing | None) -> None:
    """Be at another session, or at none."""
    st.session_state[_KEY] = growing
