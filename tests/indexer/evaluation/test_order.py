from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facies.core.errors import ConfigurationError
from facies.indexer.evaluation.order import Order, Target, check_order, list_targets, parse_target
from facies.indexer.evaluation.subjects import Grouping


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("lite:fast", Target("lite", "fast")),
        ("lite", Target("lite", "default")),
        ("timm:resnet18", Target("timm:resnet18", "default")),
        ("timm:resnet18:8 views; output", Target("timm:resnet18", "8 views; output")),
        (" lite : fast ", Target("lite", "fast")),
    ],
)
def test_a_card_and_its_recipe(text: str, target: Target) -> None:
    assert parse_target(text) == target


@pytest.mark.parametrize("text", ["", ":fast", "lite:", "timm:"])
def test_half_of_it_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="CARD:RECIPE"):
        parse_target(text)


@pytest.mark.parametrize(
    ("options", "targets"),
    [
        ({"source": "s", "model": "m"}, [Target("m")]),
        ({"source": "s", "model": "m", "recipe": "r"}, [Target("m", "r")]),
        ({"source": "s", "compare": ("a:x", "b", "a:x")}, [Target("a", "x"), Target("b")]),
        ({"source": "s", "model": "m", "compare": ("m:default", "b")}, [Target("m"), Target("b")]),
        ({"collection": "c"}, [Target(None)]),
        ({"collection": "c", "vector": "v"}, [Target(None, vector="v")]),
        ({"collection": "c", "compare": ("v", "w:x")}, [Target(None, vector="v"), Target("w", "x")]),
        ({"collection": "c", "vector": "v", "compare": ("w",)}, [Target(None, vector="v"), Target("w")]),
    ],
)
def test_what_is_evaluated(options: dict[str, Any], targets: list[Target]) -> None:
    order = Order(**options)
    check_order(order)
    assert list_targets(order, stored=("v",) if order.collection else ()) == targets


def test_a_comparison_takes_two() -> None:
    with pytest.raises(ConfigurationError, match="at least two"):
        list_targets(Order("s", model="m", compare=("m",)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either SOURCE"),
        ({"source": "s", "collection": "c"}, "either SOURCE"),
        ({"source": "s"}, "--model CARD"),
        ({"source": "s", "model": "m", "vector": "v"}, "--collection too"),
        ({"collection": "c", "model": "m", "vector": "v"}, "one of them"),
        ({"collection": "c", "labels": "folder"}, "validated labels"),
        ({"source": "s", "model": "m", "labels": "none"}, "nothing to measure"),
        ({"source": "s", "compare": ("a", "b"), "weights": Path("w")}, "--weights belongs"),
        ({"collection": "c", "recipe": "r"}, "--recipe belongs"),
        ({"source": "s", "model": "m", "group_parts": 1}, "--group too"),
        ({"collection": "c", "euclidean": True}, "raw outputs"),
        ({"source": "s", "model": "m", "compare": ("b",), "euclidean": True}, "one recipe"),
        ({"source": "s", "model": "m", "compare": ("b",), "dump": Path("d.npz")}, "--dump"),
        ({"source": "s", "model": "m", "rerank": False, "rerank_by": "diffusion"}, "--no-rerank"),
        ({"source": "s", "model": "m", "precisions": (0.9,)}, "--protocol autolabel or bisection too"),
        ({"source": "s", "model": "m", "protocol": "bisection", "precisions": (0.9, 0.95)}, "takes one --precision"),
        ({"source": "s", "model": "m", "protocol": "bisection", "group": "slide"}, "--group plays no part"),
        ({"source": "s", "model": "m", "protocol": "unknowns", "precisions": (0.9,)}, "--precision is of labelling"),
        ({"source": "s", "model": "m", "protocol": "bisection", "rerank": True}, "--rerank is not of --protocol bis"),
        ({"source": "s", "model": "m", "protocol": "autolabel", "rerank_by": "diffusion"}, "--rerank-by is not of"),
        ({"source": "s", "model": "m", "protocol": "autolabel", "dump": Path("d.npz")}, "--dump is not of"),
        ({"source": "s", "model": "m", "dump": Path("d.txt")}, ".npz"),
        ({"source": "s", "model": "m", "report": Path("folder")}, ".html"),
    ],
)
def test_what_contradicts_itself_says_the_remedy(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        check_order(Order(**options))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "d.npz").touch()
    with pytest.raises(ConfigurationError, match="exists already"):
        check_order(Order("s", model="m", dump=tmp_path / "d.npz"))


def test_labels_and_groups_by_what_was_given() -> None:
    assert [Order(name).where_labels_are for name in ("x", "x.zip", "x.TSV")] == ["folder", "folder", "manifest"]
    assert Order("x.tsv", labels="folder").where_labels_are == "folder"
    assert Order("x").grouping is None
    assert Order("x", group="source", group_parts=1).grouping == Grouping("source", 1)
