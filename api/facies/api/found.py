"""An image found, and what was made of it on its way into the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from facies.core.records import MetadataValue


@dataclass(frozen=True, slots=True)
class Found:
    """An image found.

    Attributes:
        id: of the image.
        similarity: cosine to the query, in [-1, 1].
        group: its value of the field that is grouped by.
        folded: how many images are folded into it.
        folded_ids: the first of them.
        similarities: where several vectors are fused, the cosine in each that the image has.
    """

    id: str
    similarity: float
    group: MetadataValue | None = None
    folded: int = 0
    folded_ids: tuple[str, ...] = ()
    similarities: Mapping[str, float] = field(default_factory=dict)


FoundSteps: TypeAlias = Iterator[list[Found]]
"""Steps of a ranking (see `facies.api.candidates`) from which images may have been left out."""
