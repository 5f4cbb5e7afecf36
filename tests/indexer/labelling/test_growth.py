from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.labelling.growth import (
    Growth,
    answer_audit,
    answer_page,
    describe,
    describe_open,
    list_unseen,
    locate,
    shorten,
)
from facies.models.bisection import Audited, Cut, Ranking, Session

CUTS = [Cut(1.0 - place / 100, f"{place:03d}") for place in range(60)]
RANKING = Ranking([cut.id for cut in CUTS], np.array([cut.lead for cut in CUTS]))
START = Growth("a", "one", "0" * 16, ("x",))
GROWN = replace(
    START, session=Session(right=CUTS[39], wrong=CUTS[45], kept=("000", "001"), taken_out=("002",), pages=2)
)


def test_a_stage_counts_what_is_accepted_unseen_and_open() -> None:
    stage = locate(RANKING, GROWN)
    assert (stage.candidates, stage.right, stage.unseen, stage.open) == (60, 39, 37, 5)
    assert [cut.id for cut in list_unseen(RANKING, GROWN.session)] == [f"{place:03d}" for place in range(3, 40)]


def test_what_nobody_looked_at_between_the_cuts_is_told() -> None:
    asked = replace(GROWN, page=tuple(CUTS[40:43]))
    told = "5 candidates with leads of +0.600 to +0.560 were not looked at"
    assert describe_open(RANKING, GROWN) == f"{told}: they stay as they were"
    assert describe_open(RANKING, asked) == (
        f"the last page, of 3 images, was not answered; {told}: they stay as they were"
    )
    without_end = replace(GROWN, session=replace(GROWN.session, wrong=None))
    assert describe_open(RANKING, without_end) == (
        "20 candidates with leads of +0.600 to +0.410 were not looked at, since no page was wrong: they stay as they "
        "were"
    )
    seen = replace(GROWN.session, kept=("040", "041"), taken_out=("042", "043", "044"))
    assert describe_open(RANKING, replace(GROWN, session=seen)) is None
    assert describe_open(RANKING, replace(GROWN, session=replace(GROWN.session, wrong=CUTS[40]))) is None


def test_a_page_that_is_answered_is_not_answered_twice() -> None:
    shown = replace(START, page=tuple(CUTS[:5]))
    once = answer_page(shown, "right", {"003"})
    assert (once.session.right, once.session.kept, once.session.taken_out) == (
        CUTS[4],
        ("000", "001", "002", "004"),
        ("003",),
    )
    with pytest.raises(QueryError, match="no page"):
        answer_page(once, "right")


def test_audits_add_up_until_the_cut_moves() -> None:
    first = answer_audit(replace(GROWN, sample=tuple(CUTS[10:20])), set(), 0.9)
    assert first.audited == Audited(10, 10)
    second = answer_audit(replace(first, sample=tuple(CUTS[20:25])), {"024"}, 0.8)
    assert second.audited == Audited(14, 15)
    assert second.shorter is None
    assert locate(RANKING, second).unseen == 37 - 15
    assert answer_page(replace(second, page=tuple(CUTS[41:44])), "wrong").audited is None


def test_an_audit_with_too_many_wrong_says_where_to_cut() -> None:
    sample = tuple(CUTS[place] for place in (5, 10, 15, 20, 25, 30))
    answered = answer_audit(replace(GROWN, sample=sample), {"020", "025", "030"}, 0.9)
    assert answered.shorter == CUTS[15]
    cut = shorten(answered)
    assert (cut.session.right, cut.audited) == (CUTS[15], None)
    assert set(cut.session.kept) == {"000", "001", "005", "010", "015"}
    assert locate(RANKING, cut).unseen == 10
    nothing = shorten(answer_audit(replace(GROWN, sample=sample), {cut.id for cut in sample}, 0.9))
    assert nothing.session.right is None
    assert locate(RANKING, nothing).unseen == 0


def test_what_is_told_of_a_session_is_plain() -> None:
    told = describe(answer_audit(replace(GROWN, sample=tuple(CUTS[10:20]), seed=4), {"012"}, 0.5), 27)
    assert told["audit"] == {
        "right": 9,
        "images": 10,
        "low": pytest.approx(0.555, abs=1e-3),
        "high": pytest.approx(0.997, abs=1e-3),
        "seed": 4,
    }
    assert (told["cut"], told["pages"], told["unseen"]) == ({"lead": CUTS[39].lead, "id": "039"}, 2, 27)
    assert describe(START, 0)["audit"] is None


def test_bad_input_is_told() -> None:
    with pytest.raises(QueryError, match="no audit to answer"):
        answer_audit(GROWN, set(), 0.9)
    with pytest.raises(QueryError, match="precision wanted is 0"):
        answer_audit(replace(GROWN, sample=tuple(CUTS[:2])), set(), 0.0)
    with pytest.raises(QueryError, match="no audit says where"):
        shorten(GROWN)
