"""Maps of collections: every image a point in the plane, near those that it resembles.

A map is laid out once, from a number of images that is called *fitted*. Its layout is frozen then; images that come
later are placed among their neighbours, part after part. So a place that somebody remembers, and a polygon that
somebody drew, stay true. When too much is new, another map is laid out, from the positions of the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

MapMethod: TypeAlias = Literal["umap", "pca"]
Ids: TypeAlias = NDArray[np.void]
"""Ids of images, the 16 bytes of each UUID in the order of its text: (n,) of dtype ``V16``."""

ID_TYPE: Final = np.dtype("V16")
POSITION_TYPE: Final = np.dtype("<f4")


@dataclass(frozen=True, slots=True)
class MapFacts:
    """How a map is made.

    Attributes:
        vector: the named vector of the collection whose neighbours are neighbours on the map.
        digest: of the fingerprint of that vector; another one means other neighbours.
        method: ``umap``, or ``pca``, which is at hand at once and stands until the other is ready.
        fitted: how many images the layout was computed from.
        start: the number of the map whose positions it started from; None where it started from principal components.
        trustworthiness: in [0, 1], of a seeded sample of the fitted images; None where there are too few of them.
        parameters: seed, neighbours, smallest distance and whatever else decides the layout.
    """

    vector: str
    digest: str
    method: MapMethod
    fitted: int
    start: int | None = None
    trustworthiness: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapRecord:
    """A map, as the catalogue knows it.

    Attributes:
        number: which it is; later maps have higher numbers.
        collection: of which collection.
        facts: how it was made.
        points: images on it, those that were placed later among them.
        parts: how many times points were added; positions of the first parts never change.
        created_at: when its layout was ready.
    """

    number: int
    collection: str
    facts: MapFacts
    points: int
    parts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MapPoints:
    """Points of a map.

    Attributes:
        ids: of the images, (n,), `Ids`.
        positions: (n, 2), float32, finite; x to the right, y upwards, without unit.
    """

    ids: Ids
    positions: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.ids.dtype != ID_TYPE or self.positions.shape != (len(self.ids), 2):
            raise ValueError(
                f"ids are {self.ids.dtype} {self.ids.shape} and positions {self.positions.shape}, expected V16 (n,) "
                "and (n, 2)"
            )

    def __len__(self) -> int:
        return len(self.ids)


def pack_ids(texts: list[str]) -> Ids:
    """Turn UUIDs as text into their bytes.

    >>> pack_ids(["00000000-0000-0000-0000-0000000000ff"]).tobytes().hex()
    '000000000000000000000000000000ff'

    Raises:
        ValueError: one is no UUID of 36 characters.
    """
    joined = "".join(texts).replace("-", "")
    if len(joined) != 32 * len(texts):
        raise ValueError("an id is no UUID of 36 characters")
    return np.frombuffer(bytes.fromhex(joined), dtype=ID_TYPE)


def unpack_ids(ids: Ids) -> list[str]:
    """Turn the bytes of UUIDs into text.

    >>> unpack_ids(pack_ids(["6ba7b812-9dad-11d1-80b4-00c04fd430c8"]))
    ['6ba7b812-9dad-11d1-80b4-00c04fd430c8']
    """
    return [str(UUID(bytes=one)) for one in ids.tolist()]
