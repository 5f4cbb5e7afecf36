from collections.abc import Callable

import pytest

from facies.api.where import ALWAYS, check_fields
from facies.core.errors import QueryError
from facies.core.filters import All, Any_, AnyOf, Equals, Filter, Not, Range
from facies.core.records import FieldKind

KINDS: dict[str, FieldKind] = {**ALWAYS, "well": "keyword", "depth_m": "float"}


@pytest.mark.parametrize(
    "where",
    [
        Equals("label", "areoligera"),
        AnyOf("well", ("a", "b")),
        Range("depth_m", gte=1),
        Equals("depth_m", 3),
        Not(All((Equals("state", "validated"), Any_((Range("depth_m", lt=2), Equals("well", "a")))))),
    ],
)
def test_fields_that_are_there_pass(where: Filter) -> None:
    check_fields(where, KINDS, "m")


@pytest.mark.parametrize("leaf", [Equals("wel", "a"), AnyOf("Well", ("a",)), Range("depth", gt=1)])
@pytest.mark.parametrize("wrap", [lambda f: f, Not, lambda f: All((f,)), lambda f: Any_((Equals("label", "a"), f))])
def test_a_misspelt_field_is_named_beside_those_that_exist(leaf: Filter, wrap: Callable[[Filter], Filter]) -> None:
    with pytest.raises(QueryError, match=r"has no field .*; it has depth_m, label, sha256, state, well"):
        check_fields(wrap(leaf), KINDS, "m")


def test_text_is_not_compared_by_size() -> None:
    with pytest.raises(QueryError, match="holds text"):
        check_fields(Range("label", gte=1), KINDS, "m")


@pytest.mark.parametrize("leaf", [Equals("depth_m", "abc"), AnyOf("depth_m", (1, "abc"))])
def test_a_number_is_not_compared_with_text(leaf: Filter) -> None:
    with pytest.raises(QueryError, match="field 'depth_m' of collection 'm' holds numbers, got 'abc'"):
        check_fields(leaf, KINDS, "m")
