"""The order of answers: into a search, into an address, and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from facies.core.wire_search import Example, SearchBody
from facies.ui.arrangement import PARAMS, Arrangement, read_params

ONE = Example(id="00000000-0000-5000-8000-000000000001")
arrangements = st.builds(
    Arrangement,
    k=st.integers(1, 200),
    vectors=st.lists(st.text(min_size=1), unique=True, max_size=8).map(tuple),
    beside=st.booleans(),
    rerank=st.none() | st.booleans(),
    fold=st.booleans(),
    diversity=st.integers(0, 10).map(lambda tenths: tenths / 10),
    group=st.none() | st.text(min_size=1),
    per_group=st.integers(1, 100),
    strategy=st.sampled_from(["average", "best_score"]),
)


def listed(told: dict[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in told.items()}


@given(arrangements)
def test_an_address_brings_the_same_arrangement_back(arrangement: Arrangement) -> None:
    told = arrangement.to_params()
    assert set(told) <= set(PARAMS)
    assert read_params(listed(told)) == arrangement


@given(arrangements)
def test_every_arrangement_is_a_search(arrangement: Arrangement) -> None:
    body = SearchBody(positive=[ONE], k=arrangement.k, **arrangement.options())
    several = len(arrangement.vectors) > 1
    assert body.vectors == (list(arrangement.vectors) if several else None)
    assert (body.fold is not None) == arrangement.fold
    assert (body.rerank, body.group_by, body.strategy) == (arrangement.rerank, arrangement.group, arrangement.strategy)
    assert body.per_group == (arrangement.per_group if arrangement.group else 1)


def test_what_stands_at_its_default_is_not_told() -> None:
    assert Arrangement().to_params() == {}
    assert Arrangement().options() == {}
    assert Arrangement().words() == []


def test_nonsense_in_an_address_counts_as_not_said() -> None:
    told = {"k": ["many"], "diversity": ["7"], "rerank": ["maybe"], "strategy": ["worst"], "per": ["0"], "group": [""]}
    assert read_params(told) == Arrangement()


def test_only_several_models_stand_beside_each_other() -> None:
    assert not Arrangement(vectors=("a",), beside=True).is_beside
    assert Arrangement(vectors=("a", "b"), beside=True).is_beside


def test_what_differs_is_said() -> None:
    arrangement = Arrangement(fold=True, group="slide", per_group=2, diversity=0.3, strategy="best_score")
    assert arrangement.words() == ["near copies folded", "2 of each slide", "diversity 0.3", "nearest to any example"]
