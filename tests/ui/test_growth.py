from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.wire_growth import CutBody, GrowOut, GrowthState
from facies.models.bisection import Cut, Ranking, Session, judge_page
from facies.ui.growth import count_looks, looks_words, share_parts

ID = "00000000-0000-5000-8000-000000000001"


def grow_out(ask: Literal["page", "audit", "accept"] = "page", *, wrong: bool = False, **numbers: int) -> GrowOut:
    cut = CutBody(lead=0.5, id=ID)
    state = GrowthState(label="azolla", vector="v", made_by="0", examples=[ID], wrong=cut if wrong else None)
    counts: dict[str, Any] = {"candidates": 0, "right": 0, "unseen": 0, "open": 0, **numbers}
    return GrowOut(state=state, ask=ask, images=[], audit=None, **counts)


@given(st.integers(1, 400), st.integers(1, 30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_whatever_a_person_says_no_more_pages_come_than_was_said(total: int, page: int, answers: list[bool]) -> None:
    ranking = Ranking([f"{n:04d}" for n in range(total)], -np.arange(total, dtype=np.float64))
    session, pages, promised = Session(), 0, None
    for right in answers:
        shown = ranking.next_page(session, page)
        if not shown:
            break
        first, end = ranking.bounds(session)
        wrong = session.wrong is not None
        told = grow_out(wrong=wrong, candidates=total, right=first, open=end - first)
        promised = pages + count_looks(told, page) if promised is None else promised
        assert pages + count_looks(told, page) <= promised
        session = judge_page(session, shown, "right" if right else "wrong")
        pages += 1
    assert ranking.next_page(session, page) == []
    assert promised is not None
    assert pages <= promised
    assert isinstance(session.right, Cut | None)


def test_it_is_said_in_words() -> None:
    assert looks_words(grow_out("audit"), 20) == "no page is left to judge"
    assert looks_words(grow_out(wrong=True, candidates=90, right=20, open=20), 20) == "this page is the last"
    assert looks_words(grow_out(candidates=1000, open=1000), 20).startswith("at most ")


@pytest.mark.parametrize("size", [100, 10_000, 1_000_000])
def test_a_hundred_times_as_many_images_take_few_pages_more(size: int) -> None:
    assert count_looks(grow_out(candidates=size, open=size), 20) < 2 * size.bit_length()


def test_the_parts_are_all_candidates() -> None:
    parts = share_parts(grow_out(candidates=100, right=40, unseen=15, open=30))
    assert [(name, count) for name, count, _ in parts] == [
        ("right, looked at", 25),
        ("right, not looked at", 15),
        ("open", 30),
        ("not this", 30),
    ]
