from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import QueryError
from facies.models.abstention import bound_share
from facies.models.bisection import (
    Cut,
    Ranking,
    Session,
    Verdict,
    compute_leads,
    draw_audit,
    judge_audit,
    judge_page,
    suggest_cut,
)
from tests.models.test_label_errors import clusters


def ranking(count: int) -> Ranking:
    """Images ``0000``, ``0001`` ... by falling lead; every three have the same one."""
    return Ranking([f"{i:04d}" for i in range(count)], -(np.arange(count) // 3).astype(np.float64))


def judged(found: Ranking, right: int, size: int) -> Session:
    """A person who takes the first ``right`` images for right, and judges until nothing is left to ask."""
    session = Session()
    while page := found.next_page(session, size):
        wrong = {cut.id for cut in page if int(cut.id) >= right}
        verdict: Verdict = "wrong" if len(wrong) > len(page) / 2 else "right"
        session = judge_page(session, page, verdict, wrong if verdict == "right" else set())
    return session


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 30))
def test_the_end_of_a_label_is_found_to_less_than_a_page(count: int, right: int, size: int) -> None:
    right = min(right, count)
    found = ranking(count)
    session = judged(found, right, size)
    low, high = found.bounds(session)
    assert high - low < size or not session.pages
    assert low - size / 2 <= right <= high + size / 2
    assert all(int(cut.id) < right for cut in found.accepted(session))
    assert set(session.kept) <= {cut.id for cut in found.accepted(session)}


@given(st.integers(1, 5_000), st.integers(1, 30))
def test_pages_are_as_few_as_doublings_and_halvings(right: int, size: int) -> None:
    session = judged(ranking(5_000), right, size)
    assert session.pages <= 2 * np.log2(right / size + 2) + 4


@given(st.data())
def test_images_may_leave_the_list_between_two_pages(data: st.DataObject) -> None:
    count, size = 200, data.draw(st.integers(1, 20))
    right = data.draw(st.integers(0, count))
    ids, session = [f"{i:04d}" for i in range(count)], Session()
    for _ in range(40):
        found = Ranking(ids, np.array([-float(int(key)) for key in ids]))
        page = found.next_page(session, size)
        if not page:
            break
        wrong = {cut.id for cut in page if int(cut.id) >= right}
        verdict: Verdict = "wrong" if len(wrong) > len(page) / 2 else "right"
        session = judge_page(session, page, verdict, wrong)
        gone = set(data.draw(st.lists(st.sampled_from(ids), max_size=3))) if ids else set()
        ids = [key for key in ids if key not in gone]
    assert not found.next_page(session, size)
    assert all(int(cut.id) < right for cut in found.accepted(session))


def test_the_first_page_may_be_short_and_ends_it() -> None:
    found = ranking(4)
    page = found.next_page(Session(), 10)
    assert [cut.id for cut in page] == ["0000", "0001", "0002", "0003"]
    session = judge_page(Session(), page, "right", {"0002"})
    assert found.next_page(session, 10) == []
    assert [cut.id for cut in found.accepted(session)] == ["0000", "0001", "0003"]
    assert ranking(0).next_page(Session(), 10) == []


def test_a_mostly_wrong_page_keeps_nothing_but_whom_was_taken_out_by_name() -> None:
    found = ranking(50)
    page = found.next_page(Session(), 10)
    session = judge_page(Session(), page, "wrong", {page[3].id})
    assert (session.kept, session.taken_out, session.wrong) == ((), (page[3].id,), page[0])
    assert found.accepted(session) == []
    assert found.next_page(session, 10) == []


def test_pages_are_never_of_what_is_known() -> None:
    found, session = ranking(500), Session()
    shown: list[str] = []
    while page := found.next_page(session, 7):
        shown += [cut.id for cut in page]
        session = judge_page(session, page, "right" if int(page[-1].id) < 230 else "wrong")
    assert len(shown) == len(set(shown))


def test_an_audit_is_drawn_evenly_and_again_the_same() -> None:
    cuts = ranking(100).cuts()
    one = draw_audit(cuts, 20, 5)
    assert one == draw_audit(cuts, 20, 5)
    assert one != draw_audit(cuts, 20, 6)
    assert one == sorted(one, key=lambda cut: (-cut.lead, cut.id))
    assert draw_audit(cuts, 200, 5) == cuts
    drawn = np.bincount([int(cut.id) for seed in range(500) for cut in draw_audit(cuts, 20, seed)], minlength=100)
    assert abs(drawn - 100).max() < 5 * np.sqrt(100 * 0.8)


@pytest.mark.parametrize("lacking", [0, 1, 5, 20])
def test_an_audit_bounds_the_share_of_the_unseen(lacking: int) -> None:
    sample = draw_audit(ranking(300).cuts(), 20, 0)
    wrong = {cut.id for cut in sample[:lacking]}
    session, audited = judge_audit(Session(), sample, wrong)
    assert (audited.low, audited.high) == bound_share(20 - lacking, 20)
    assert set(session.taken_out) == wrong
    assert set(session.kept) | wrong == {cut.id for cut in sample}


@given(st.lists(st.booleans(), max_size=25), st.sampled_from([0.5, 0.9, 1.0]))
def test_no_longer_start_of_the_audit_has_the_share(right: list[bool], precision: float) -> None:
    sample = ranking(len(right)).cuts()
    wrong = {cut.id for cut, ok in zip(sample, right, strict=True) if not ok}
    enough = [n for n in range(1, len(right) + 1) if sum(right[:n]) >= precision * n]
    assert suggest_cut(sample, wrong, precision) == (sample[max(enough) - 1] if enough else None)


def test_leads_are_those_of_means_and_do_not_depend_on_company() -> None:
    vectors, codes = clusters()
    own, others = vectors[codes == 0][:5], [vectors[codes == code][:5] for code in (1, 2, 3)]
    found = compute_leads(vectors, own, others)
    middles = [one.mean(axis=0) / np.linalg.norm(one.mean(axis=0)) for one in (own, *others)]
    expected = vectors @ middles[0] - np.max([vectors @ middle for middle in middles[1:]], axis=0)
    assert found == pytest.approx(expected, abs=1e-5)
    assert found[codes == 0].min() > np.median(found[codes != 0])
    apart = np.concatenate([compute_leads(vectors[i : i + 1], own, others) for i in range(len(vectors))])
    assert (apart == found).all()
    assert compute_leads(vectors, own) == pytest.approx(vectors @ middles[0], abs=1e-5)


def test_bad_input_is_told() -> None:
    page = ranking(5).cuts()
    with pytest.raises(QueryError, match="at least 1"):
        ranking(5).next_page(Session(), 0)
    with pytest.raises(QueryError, match="no page to judge"):
        judge_page(Session(), [], "right")
    with pytest.raises(QueryError, match="not on the page"):
        judge_page(Session(), page[:2], "right", {"0004"})
    with pytest.raises(QueryError, match="not in the sample"):
        judge_audit(Session(), page[:2], {"0004"})
    with pytest.raises(QueryError, match="expected at least 1 image"):
        draw_audit(page, 0, 1)
    with pytest.raises(QueryError, match="no example"):
        compute_leads(np.eye(2, dtype=np.float32), np.empty((0, 2), np.float32))
    assert Cut(0.5, "a") == Cut(0.5, "a")
