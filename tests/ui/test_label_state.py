from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.ui.label_state import PRECISIONS, SIZES, Scope, Work, from_params, read_only, to_params, write_only
from facies.ui.where import FilterChoice

NAME = "Õpik\u2019s spore №7 \u2014 花粉"
ONE = "00000000-0000-5000-8000-000000000001"
words = st.text("abcÕé花 №\u20197/-", min_size=1, max_size=8).map(str.strip).filter(bool)
names = st.sampled_from(["well", "slide", "Tiefe_m"])
choices = st.builds(
    FilterChoice,
    labels=st.lists(words, max_size=2, unique=True).map(tuple),
    words=st.dictionaries(names, st.lists(words, min_size=1, max_size=3, unique=True).map(tuple), max_size=2),
    bounds=st.dictionaries(
        st.sampled_from(["depth_m", "age"]), st.tuples(st.integers(-99, 0), st.integers(1, 5000)), max_size=2
    ),
)


@given(choices)
def test_a_filter_comes_back_from_the_address_as_it_went(choice: FilterChoice) -> None:
    assert read_only(write_only(choice)) == choice


@pytest.mark.parametrize(
    "work",
    [
        Work(),
        Work("automatic", precision=0.8, per_class=True, gate=False, scope=Scope(group="slide")),
        Work("queue", "errors", size=5000, fold=False, scope=Scope(FilterChoice(labels=("a b",)), "dino", "slide")),
        Work("grow", label=NAME, like=(ONE,), scope=Scope(vector="dino")),
        Work("unknowns", scope=Scope(FilterChoice(bounds={"depth_m": (None, 3.5)}))),
        Work("batches"),
    ],
)
def test_work_comes_back_from_the_address_as_it_went(work: Work) -> None:
    assert from_params(to_params(work)) == work


def test_what_makes_no_sense_is_left_at_the_usual() -> None:
    told = {"work": ["x"], "by": ["y"], "size": ["7"], "precision": ["high"], "only": ["", "=", "depth_m>=1e", "a=|"]}
    assert from_params(told) == Work()


def test_only_what_has_a_part_in_the_work_is_told() -> None:
    work = Work("batches", "errors", label="azolla", scope=Scope(FilterChoice(labels=("a",)), "dino", "slide"))
    assert to_params(work) == {"work": ["batches"]}
    assert Work().precision in PRECISIONS
    assert Work().size in SIZES
