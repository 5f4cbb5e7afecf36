"""Kinds of metadata fields."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from facies.core.catalog.metadata import compute_common_kind, compute_kind

values = st.lists(st.one_of(st.integers(), st.floats(), st.text()), min_size=1)


@given(values=values)
def test_the_kind_of_a_field_does_not_depend_on_the_order_of_its_values(values: list[str | int | float]) -> None:
    kinds = [compute_kind(value) for value in values]
    assert reduce(compute_common_kind, kinds) == reduce(compute_common_kind, reversed(kinds))


@given(values=values)
def test_a_field_has_the_narrowest_kind_that_holds_all(values: list[str | int | float]) -> None:
    types = {type(value) for value in values}
    kind = reduce(compute_common_kind, map(compute_kind, values))
    assert kind == ("keyword" if str in types else "float" if float in types else "integer")
