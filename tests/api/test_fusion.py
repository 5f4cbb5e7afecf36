from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from facies.api.fusion import fuse_ranks, fuse_steps
from facies.core.store import Hit

RANKINGS = st.lists(st.lists(st.sampled_from("abcdefghij"), unique=True), min_size=2, max_size=4)


@given(RANKINGS)
def test_the_order_is_that_of_the_exact_sums(lists: list[list[str]]) -> None:
    sums = {
        one: sum(Fraction(1, 61 + ranking.index(one)) for ranking in lists if one in ranking)
        for one in set().union(*lists)
    }
    found = fuse_ranks(lists)
    assert sorted(found) == sorted(sums)
    worth = [sums[one] for one in found]
    assert worth == sorted(worth, reverse=True)


def test_of_equals_the_first_ranking_decides() -> None:
    assert fuse_ranks([["a", "b"], ["b", "a"]]) == ["a", "b"]
    assert fuse_ranks([["a"], ["b"]]) == ["a", "b"]


def test_what_lies_beyond_the_first_steps_follows_once() -> None:
    def steps(*parts: str, similarity: float) -> Iterator[list[Hit]]:
        return iter([[Hit(one, similarity) for one in part] for part in parts])

    fused = fuse_steps([steps("ab", "cx", similarity=0.9), steps("bx", "ad", "z", similarity=0.1)])
    assert [[one.id for one in step] for step in fused] == [["b", "a", "x"], ["c"], ["d"], ["z"]]


def test_an_empty_ranking_takes_no_part() -> None:
    fused = list(fuse_steps([iter([[]]), iter([[Hit("a", 0.5)]])]))
    assert [[one.id for one in step] for step in fused] == [["a"]]
    assert [list(step) for step in fuse_steps([iter(()), iter(())])] == [[]]
