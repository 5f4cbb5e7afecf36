from __future__ import annotations

from collections.abc import Sequence

import pytest

from facies.api.found import Found, FoundSteps
from facies.api.grouping import count_groups, group_steps
from facies.api.point_reader import PointReader
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.filters import Equals
from facies.core.records import MetadataValue
from facies.core.store import Hit, VectorQuery, VectorStore
from facies.core.wire_search import Example, SearchBody

from .drawn import draw_rows, make_drawn


class Fields(PointReader):
    """Values that are at hand, by id."""

    def __init__(self, values: dict[str, MetadataValue]) -> None:
        self.all = values

    def values(self, ids: Sequence[str], field: str) -> list[MetadataValue | None]:
        assert field == "slide"
        return [self.all.get(one) for one in ids]


def group(
    order: str, values: dict[str, MetadataValue], per_group: int, sizes: dict[str, int] | None = None
) -> list[tuple[str, MetadataValue | None]]:
    steps = iter([[Found(one, 0.5) for one in order[:3]], [Found(one, 0.5) for one in order[3:]]])
    grouped = group_steps(steps, "slide", per_group, Fields(values), lambda: sizes)
    return [(one.id, one.group) for step in grouped for one in step]


def test_the_first_of_each_value_stay_across_steps() -> None:
    values: dict[str, MetadataValue] = {"a": "x", "b": "x", "c": "y", "d": "x", "e": "y", "f": "z"}
    assert group("abcdef", values, 1) == [("a", "x"), ("c", "y"), ("f", "z")]
    assert group("abcdef", values, 2) == [("a", "x"), ("b", "x"), ("c", "y"), ("e", "y"), ("f", "z")]


def test_an_image_without_the_field_stands_for_itself() -> None:
    assert group("abcd", {"b": 3}, 1) == [("a", None), ("b", 3), ("c", None), ("d", None)]


def test_numbers_that_are_equal_are_one_group_and_text_is_another() -> None:
    assert group("abc", {"a": 3, "b": 3.0, "c": "3"}, 1) == [("a", 3), ("c", "3")]


def test_the_list_ends_when_every_group_is_filled() -> None:
    values: dict[str, MetadataValue] = {"a": "x", "b": "x", "c": "y", "d": "x", "e": "y", "f": "z"}
    read: list[int] = []

    def steps() -> FoundSteps:
        for number in range(3):
            read.append(number)
            yield [Found(one, 0.5) for one in "abcdef"[2 * number : 2 * number + 2]]

    list(group_steps(steps(), "slide", 1, Fields(values), lambda: {"x": 3, "y": 2}))
    assert read == [0, 1]
    assert group("abcdef", values, 2, {"x": 3, "y": 2, "z": 1}) == group("abcdef", values, 2)
    assert group("abcdef", values, 5, {"x": 3, "y": 2, "z": 1}) == group("abcdef", values, 5)


def test_groups_are_counted_where_every_image_is_in_one(service: Service) -> None:
    drawn = make_drawn(service, "drawn", draw_rows(70, 48))
    workspace = service.workspace
    wells = {f"w{n}": sum(payload["well"] == f"w{n}" for payload in drawn.payloads) for n in range(3)}
    assert count_groups(workspace, "drawn", "well", None) == wells
    assert count_groups(workspace, "drawn", "slide", None) is None  # every seventh image has none
    assert count_groups(workspace, "drawn", "depth_m", None) is None
    labelled = Equals("label", "taxon 1")
    assert count_groups(workspace, "drawn", "label", labelled) == {"taxon 1": workspace.store.count("drawn", labelled)}


def test_few_groups_end_a_search_early(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = make_drawn(service, "drawn", draw_rows(1500, 48))
    asked: list[int] = []
    search = type(service.workspace.store).search

    def watch(store: VectorStore, collection: str, query: VectorQuery) -> list[Hit]:
        asked.append(query.k)
        return search(store, collection, query)

    monkeypatch.setattr(type(service.workspace.store), "search", watch)
    body = SearchBody(positive=[Example(id=drawn.ids[0])], k=10, group_by="well")
    found = search_images(service, "drawn", body)
    assert (sorted(str(n.group) for n in found.neighbours), found.notes) == (["w0", "w1", "w2"], [])
    assert asked == [400]
