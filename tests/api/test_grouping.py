from __future__ import annotations

from facies.api.found import Found
from facies.api.grouping import group_steps
from facies.api.point_reader import PointReader
from facies.core.records import MetadataValue


class Fields(PointReader):
    """Values that are at hand, by id."""

    def __init__(self, values: dict[str, MetadataValue]) -> None:
        self.all = values

    def values(self, ids: object, field: str) -> list[MetadataValue | None]:
        assert field == "slide"
        return [self.all.get(one) for one in ids]  # type: ignore[attr-defined]  # a list of ids


def group(order: str, values: dict[str, MetadataValue], per_group: int) -> list[tuple[str, MetadataValue | None]]:
    steps = iter([[Found(one, 0.5) for one in order[:3]], [Found(one, 0.5) for one in order[3:]]])
    return [(one.id, one.group) for step in group_steps(steps, "slide", per_group, Fields(values)) for one in step]


def test_the_first_of_each_value_stay_across_steps() -> None:
    values: dict[str, MetadataValue] = {"a": "x", "b": "x", "c": "y", "d": "x", "e": "y", "f": "z"}
    assert group("abcdef", values, 1) == [("a", "x"), ("c", "y"), ("f", "z")]
    assert group("abcdef", values, 2) == [("a", "x"), ("b", "x"), ("c", "y"), ("e", "y"), ("f", "z")]


def test_an_image_without_the_field_stands_for_itself() -> None:
    assert group("abcd", {"b": 3}, 1) == [("a", None), ("b", 3), ("c", None), ("d", None)]


def test_numbers_that_are_equal_are_one_group_and_text_is_another() -> None:
    assert group("abc", {"a": 3, "b": 3.0, "c": "3"}, 1) == [("a", 3), ("c", "3")]
