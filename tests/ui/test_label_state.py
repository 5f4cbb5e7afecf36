from __future__ import annotations

import pytest

from facies.ui.label_state import PRECISIONS, SIZES, Scope, Work, from_params, to_params
from facies.ui.where import FilterChoice

NAME = "Õpik\u2019s spore №7 \u2014 花粉"
ONE = "00000000-0000-5000-8000-000000000001"
KINDS = {"label": "keyword", "well": "keyword", "depth_m": "float"}


@pytest.mark.parametrize(
    "work",
    [
        Work(),
        Work("automatic", precision=0.8, per_class=True, gate=False, scope=Scope(group="slide")),
        Work("queue", "errors", size=5000, fold=False, scope=Scope(FilterChoice({"label": ("a b",)}), "dino", "slide")),
        Work("grow", label=NAME, like=(ONE,), scope=Scope(vector="dino")),
        Work("unknowns", scope=Scope(FilterChoice(bounds={"depth_m": (None, 3.5)}))),
        Work("batches"),
    ],
)
def test_work_comes_back_from_the_address_as_it_went(work: Work) -> None:
    assert from_params(to_params(work), KINDS) == work


def test_what_makes_no_sense_is_left_at_the_usual() -> None:
    told = {
        "work": ["x"],
        "by": ["y"],
        "size": ["7"],
        "precision": ["high"],
        "only": ["", "=", "depth_m=x..", "nowhere=a"],
    }
    assert from_params(told, KINDS) == Work()


def test_only_what_has_a_part_in_the_work_is_told() -> None:
    work = Work("batches", "errors", label="azolla", scope=Scope(FilterChoice({"label": ("a",)}), "dino", "slide"))
    assert to_params(work) == {"work": ["batches"]}
    assert Work().precision in PRECISIONS
    assert Work().size in SIZES
