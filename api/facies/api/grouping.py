"""Groups: at most so many images of one slide, well or label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from facies.api.found import FoundSteps
from facies.api.point_reader import PointReader
from facies.core.filters import Filter
from facies.core.records import MetadataValue
from facies.core.workspace import Workspace

Sizes: TypeAlias = Mapping[str, int]
"""How many images each group has."""

_MOST_GROUPS = 1000
"""With more of them a page is filled long before the last one is met, so that counting them is no use."""


def group_steps(
    steps: FoundSteps, field: str, per_group: int, reader: PointReader, count: Callable[[], Sizes | None]
) -> FoundSteps:
    """Keep the first images of each value of a field; an image without the field stands for itself.

    Args:
        steps: the ranking.
        field: ``label``, ``state`` or a metadata field, as filters see it.
        per_group: how many images of each value stay, at least 1.
        reader: of the images.
        count: gives the sizes of all groups, where every image is in one; asked once the first step was not enough, and
            then the list ends with the last group that is filled, not after thousands of images more.
    """
    taken: Counter[MetadataValue] = Counter()
    sizes: Sizes | None = None
    for number, step in enumerate(steps):
        kept = []
        for found, value in zip(step, reader.values([found.id for found in step], field), strict=True):
            if value is None:
                kept.append(found)
            elif taken[value] < per_group:
                taken[value] += 1
                kept.append(replace(found, group=value))
        yield kept
        if number == 0:
            sizes = count()
        if sizes is not None and all(taken[value] >= min(per_group, size) for value, size in sizes.items()):
            return


def count_groups(workspace: Workspace, collection: str, field: str, where: Filter | None) -> Sizes | None:
    """The sizes of the groups of the images that match; None where that cannot be told, or some are in no group."""
    store = workspace.store
    if store.schema(collection).indexes.get(field) != "keyword":
        return None
    sizes = store.facet(collection, field, where=where, limit=_MOST_GROUPS + 1)
    complete = len(sizes) <= _MOST_GROUPS and sum(sizes.values()) == store.count(collection, where)
    return sizes if complete else None
