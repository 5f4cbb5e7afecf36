"""Groups: at most so many images of one slide, well or label."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from facies.api.found import FoundSteps
from facies.api.point_reader import PointReader
from facies.core.records import MetadataValue


def group_steps(steps: FoundSteps, field: str, per_group: int, reader: PointReader) -> FoundSteps:
    """Keep the first images of each value of a field; an image without the field stands for itself.

    Args:
        steps: the ranking.
        field: ``label``, ``state`` or a metadata field, as filters see it.
        per_group: how many images of each value stay, at least 1.
        reader: of the images.
    """
    taken: Counter[MetadataValue] = Counter()
    for step in steps:
        kept = []
        for found, value in zip(step, reader.values([found.id for found in step], field), strict=True):
            if value is None:
                kept.append(found)
            elif taken[value] < per_group:
                taken[value] += 1
                kept.append(replace(found, group=value))
        yield kept
